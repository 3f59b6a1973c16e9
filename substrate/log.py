"""The change log: what a frame is, where it stands, and how long it is kept.

    {"lsn":{"segment":0,"offset":0},"epoch":0,"tenant":"user_ada","at_secs":1790000000,"ops":[...],"crc":"1c291ca3"}

A put with a greater version than 1 is `"new":true` where there was no row, since one under its key had been deleted.
A frame's place is the sum of the bytes of the frames before it in its segment; a segment that has reached 64 MiB is
followed by the next. `crc` is the CRC-32 (ISO 3309, as zlib computes it) of the bytes before `,"crc"`, in hexadecimal.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast

from substrate import json
from substrate.counts import LOG_BYTES
from substrate.engine import Connection
from substrate.errors import Conflict
from substrate.interface import Lsn

SEGMENT_BYTES = 64 * 2**20
KEEP_SECONDS = 7 * 86_400
KEEP_BYTES = 2**30
_SHIFT = 32
_MASK = (1 << _SHIFT) - 1
_FETCHED = 100
_POSITION = """
SELECT segment, place, epoch, (SELECT place FROM _oc_log ORDER BY place DESC LIMIT 1),
    (SELECT length(frame) FROM _oc_log ORDER BY place DESC LIMIT 1)
FROM _oc_meta
"""

Op = dict[str, Any]
Pending: TypeAlias = tuple[Lsn, int, bytes]
"""A frame that is not in the log yet: its place, its time, its bytes."""


def encoded(lsn: Lsn, epoch: int, tenant: str, at_secs: int, ops: list[Op]) -> bytes:
    """The bytes of a frame."""
    return framed(lsn, epoch, json.dumps(tenant), at_secs, json.dumps(ops))


def framed(lsn: Lsn, epoch: int, tenant: bytes, at_secs: int, ops: bytes) -> bytes:
    """The bytes of a frame around a tenant's name and operations that are JSON already."""
    form = b'{"lsn":{"segment":%d,"offset":%d},"epoch":%d,"tenant":%b,"at_secs":%d,"ops":%b'
    body = form % (*lsn, epoch, tenant, at_secs, ops)
    return b'%b,"crc":"%08x"}' % (body, zlib.crc32(body))


def behind(lsn: Lsn, size: int) -> Lsn:
    """Where the frame after one of this size stands."""
    offset = lsn.offset + size
    return Lsn(lsn.segment, offset) if offset < SEGMENT_BYTES else Lsn(lsn.segment + 1, 0)


def place(lsn: Lsn) -> int:
    """An LSN as one number, in the same order."""
    return lsn.segment << _SHIFT | lsn.offset


def lsn_at(number: int) -> Lsn:
    """The LSN of such a number."""
    return Lsn(number >> _SHIFT, number & _MASK)


def position(connection: Connection) -> tuple[Lsn, int]:
    """Where the next frame will stand, and the epoch of the namespace.

    That is behind the last frame. Only where there is none it is noted, so that a commit has one page less to write.
    """
    [row] = connection.execute(_POSITION)
    segment, offset, epoch, last, size = cast("tuple[int, int, int, int | None, int]", row)
    noted = Lsn(segment, offset)
    return noted if last is None else max(noted, behind(lsn_at(last), size)), epoch


def append(connection: Connection, frames: Sequence[Pending]) -> None:
    """Adds frames, each with its place and its time."""
    connection.many(
        "INSERT INTO _oc_log (place, at_secs, frame) VALUES (?, ?, ?)",
        [(place(lsn), at_secs, frame) for lsn, at_secs, frame in frames],
    )
    LOG_BYTES.add(sum(len(frame) for _, _, frame in frames))


def frames(connection: Connection, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, bytes]]:
    """The frames behind a place (None: from the first that is left), at most `limit`, each with its own."""
    last = -1 if after is None else place(after)
    while limit > 0:
        found: list[Any] = connection.execute(
            "SELECT place, frame FROM _oc_log WHERE place > ? ORDER BY place LIMIT ?", (last, min(limit, _FETCHED))
        )
        for number, frame in found:
            last = number
            yield lsn_at(number), bytes(frame)
        if len(found) < _FETCHED:
            return
        limit -= len(found)


def reaches_back_to(connection: Connection, after: Lsn, next_lsn: Lsn) -> None:
    """Raises Conflict where frames behind a place are gone, or the place is beyond the end."""
    first: Any = connection.execute("SELECT min(place) FROM _oc_log")[0][0]
    oldest = next_lsn if first is None else lsn_at(first)
    gone = connection.execute("SELECT 1 FROM _oc_log WHERE place = ?", (place(after),)) == [] and after < oldest
    if (gone and place(after) > 0) or after > next_lsn:
        shown = {"segment": oldest.segment, "offset": oldest.offset}
        raise Conflict("the change log does not reach back that far", oldest=shown)


def trim(connection: Connection, now: int, lsn: Lsn, needed: int | None = None) -> None:
    """Deletes frames that are kept no longer: a week old, or more than a gigabyte back; none from `needed` on.

    The last one always stays: its end is where the next one will stand.
    """
    young: Any = connection.execute(
        "SELECT place FROM _oc_log WHERE at_secs >= ? ORDER BY place LIMIT 1", (now - KEEP_SECONDS,)
    )
    last: Any = connection.execute("SELECT max(place) FROM _oc_log")
    oldest = max(0, lsn.segment - KEEP_BYTES // SEGMENT_BYTES) << _SHIFT
    kept = max(oldest, young[0][0] if young else oldest)
    bounds = [kept, last[0][0], needed]
    connection.execute("DELETE FROM _oc_log WHERE place < ?", (min(each for each in bounds if each is not None),))
