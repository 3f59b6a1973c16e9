"""Pages of jobs, the newest first; a cursor holds the place of the last one shown."""

import base64
import binascii
import struct
from collections.abc import Sequence
from math import isfinite
from typing import get_args

from oql.jobs import records
from oql.jobs.states import State
from oql.values import to_json
from server.jobs.answers import job_json
from server.problems import Problem
from server.request import Request
from server.store.bodies import param
from substrate.interface import Namespace
from worker.links import Links

MOST = 100
MOST_BYTES = 4 * 2**20
"""A page that has come to so many bytes ends there."""

_STATES = get_args(State)
_MOST_CURSOR = 200

Place = tuple[float, str]


def page(
    namespace: Namespace, states: Sequence[str], limit: int, after: Place | None, links: Links, now: float
) -> bytes:
    """The answer with a page of jobs behind a place, in some states (none: in all). Raises StoreError."""
    shown: list[bytes] = []
    size, more = 0, True
    while more and len(shown) < limit and size < MOST_BYTES:
        found = records.listed(namespace, states, 1, after)
        for job in found:
            shown.append(to_json(job_json(namespace, job, links, now, trace=False)))
            size += len(shown[-1])
            after = job.created, job.id
        more = bool(found)
    rest = more and after and records.listed(namespace, states, 1, after)
    cursor = b'"%b"' % _cursor(*after).encode() if rest and after else b"null"
    return b'{"jobs":[%b],"next":%b}' % (b",".join(shown), cursor)


def states_asked(req: Request) -> list[str]:
    """The states in `?status=`, separated by commas. Raises Problem (400)."""
    asked = [name for name in (param(req, "status") or "").split(",") if name]
    if not set(asked) <= set(_STATES):
        raise _wrong("status", f"expected some of {', '.join(_STATES)}")
    return list(dict.fromkeys(asked))


def place_asked(req: Request) -> Place | None:
    """The place in `?after=`. Raises Problem (400)."""
    given = param(req, "after")
    if not given:
        return None
    try:
        raw = base64.urlsafe_b64decode(given[:_MOST_CURSOR] + "=" * (-len(given) % 4))
        place: Place = struct.unpack(">d", raw[:8])[0], raw[8:].decode()
    except (binascii.Error, ValueError, struct.error):
        raise _wrong("after", "expected what `next` said") from None
    if given != _cursor(*place) or "\0" in place[1] or not isfinite(place[0]):
        raise _wrong("after", "expected what `next` said")
    return place


def _cursor(created: float, job: str) -> str:
    return base64.urlsafe_b64encode(struct.pack(">d", created) + job.encode()).decode().rstrip("=")


def _wrong(name: str, message: str) -> Problem:
    return Problem(400, f"`{name}`: {message}", detail={"parameter": name})
