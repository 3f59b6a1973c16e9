"""Watches that are behind: what they have yet to see becomes jobs, one for each event, in order.

    change log  ---+                      +---> job watch:table:shop.orders:...:0.1234.0
                   +---> match ---> frame +---> job ...
    messages    ---+                      +---> how far each watch has seen

The jobs and the places up to which the watches have seen are written in one frame, which first checks that each watch
is as it was read. So every event becomes one job, whoever looks and whenever it dies.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from oql import watches
from oql.jobs import records
from oql.local import new_id
from oql.watches import FILES, Seen, Watch
from substrate import json, manifest
from substrate.errors import Conflict, NotFound
from substrate.interface import Frame, Lsn, Namespace

EVENTS_AT_ONCE = 250
FRAMES_AT_ONCE = 500
_TICK = 0.000_001
"""Seconds between jobs, so that they are taken in the order of their events."""
_MOST_AHEAD_S = 1.0

_log = logging.getLogger("oql.worker")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a watch looks out for. `place` tells it from all others that the watch sees."""

    watch: Watch
    place: str
    told: dict[str, Any]


@dataclass(slots=True)
class Look:
    """What one look has found, how far it came, and whether there is more."""

    watches: list[Watch]
    seen: Seen
    events: list[Event] = field(default_factory=list)
    more: bool = False


def watch_due(namespace: Namespace, now: float) -> bool:
    """Makes jobs of what has happened, at most some hundreds at once; whether there is more. Raises StoreError."""
    try:
        known = watches.listed(namespace)
    except NotFound:
        return False
    looks = [_look_at_log(namespace, tables)] if (tables := _of_kind(known, "table")) else []
    if files := _of_kind(known, "fs"):
        looks.append(_look_at_files(namespace, files))
    looks.extend(_look_at_stream(namespace, stream) for stream in _of_kind(known, "stream"))
    behind = [look for look in looks if any(watch.seen.order < look.seen.order for watch in look.watches)]
    if behind:
        namespace.write(lambda frame: _keep(frame, behind, now))
    return any(look.more for look in looks)


def _of_kind(known: list[Watch], kind: str) -> list[Watch]:
    return [watch for watch in known if watch.source.kind == kind]


def _keep(frame: Frame, looks: list[Look], now: float) -> None:
    moments = _moments(frame, now)
    for look in looks:
        behind = [watch for watch in look.watches if watch.seen.order < look.seen.order]
        moved = {watch.source for watch in behind if watches.moved(frame, watch, look.seen)}
        for event in look.events:
            if event.watch.source in moved:
                _create(frame, event, next(moments))
        for channel in {source.channel for source in moved if source.kind != "table"}:
            watches.forget_seen(frame, channel)


def _moments(frame: Frame, now: float) -> Iterator[float]:
    """When each job is said to be made: behind all that were made before it, also by a look at the same moment."""
    [(last,)] = frame.system("SELECT max(created) FROM job")
    if isinstance(last, float) and now <= last < now + _MOST_AHEAD_S:
        now = last + _TICK
    return (now + number * _TICK for number in count())


def _create(frame: Frame, event: Event, now: float) -> None:
    watch = event.watch
    records.create(
        frame,
        id=new_id(7),
        kind="watch",
        name=watch.source.text,
        source=watch.program,
        request={f"event:{key}": value for key, value in event.told.items()},
        now=now,
        idempotency_key=f"watch:{watch.source.text}:{watch.created!r}:{event.place}",
    )


# tables


def _look_at_log(namespace: Namespace, tables: list[Watch]) -> Look:
    """What the log holds behind the slowest of these watches; all of them have seen as much afterwards."""
    end = namespace.lsn()
    look = Look(tables, min((watch.seen for watch in tables), key=lambda seen: seen.order))
    if look.seen.order == (*end, 0):
        return look
    read, secrets = 0, _Secrets(namespace)
    for read, (lsn, told) in enumerate(_frames(namespace, look.seen), 1):  # noqa: B007 - how many there were
        for number, operation in enumerate(told["ops"]):
            here = Seen(*lsn, number)
            look.events.extend(_row_events(tables, here, operation, told["at_secs"], secrets))
            if len(look.events) >= EVENTS_AT_ONCE:
                look.seen, look.more = Seen(*lsn, number + 1), True
                return look
        look.seen = _behind(lsn)
    look.more = read == FRAMES_AT_ONCE
    if not look.more:
        look.seen = max(look.seen, Seen(*end), key=lambda seen: seen.order)
    return look


def _row_events(
    tables: list[Watch], here: Seen, operation: dict[str, Any], at: int, secrets: "_Secrets"
) -> Iterator[Event]:
    kind = _kind_of(operation)
    if kind is None:
        return
    table = operation["schema"]
    for watch in tables:
        if watch.source.name == table and kind in watch.events and watch.seen.order <= here.order:
            row = operation.get("row")
            told = {
                "type": kind, "table": table, "key": operation["key"], "row": row and secrets.without(table, row),
                "at": at,
            }  # fmt: skip
            yield Event(watch, f"{here.segment}.{here.place}.{here.passed}", told)


def _kind_of(operation: dict[str, Any]) -> str | None:
    """What an operation of the log does to a row. A row that was deleted goes on counting its versions."""
    if operation["op"] == "del":
        return "delete"
    if operation["op"] != "put":
        return None
    return "insert" if operation["version"] == 1 or operation.get("new") else "update"


def _behind(lsn: Lsn) -> Seen:
    """Behind a frame: the next one begins later than one byte after it began."""
    return Seen(lsn.segment, lsn.offset + 1)


def _frames(namespace: Namespace, seen: Seen) -> Iterator[tuple[Lsn, dict[str, Any]]]:
    """The frames of the log from a place on, and what they tell; secrets are as they were written, encrypted."""
    for lsn, frame in _from(namespace, seen):
        if lsn >= (seen.segment, seen.place):
            yield lsn, json.loads(frame)


def _from(namespace: Namespace, seen: Seen) -> Iterator[tuple[Lsn, bytes]]:
    """The frames from a place on. Where the log has lost some of these, it begins with the oldest that is left."""
    after = _before(seen)
    try:
        found = namespace.frames(after, FRAMES_AT_ONCE)
        first = list(islice(found, 1))
    except Conflict as conflict:
        oldest: Any = conflict.detail["oldest"]
        if (oldest["segment"], oldest["offset"]) > (seen.segment, seen.place):
            _log.warning("watches of %s have missed changes: the log begins behind them", namespace.name)
        found, first = namespace.frames(None, FRAMES_AT_ONCE), []
    yield from first
    yield from found


def _before(seen: Seen) -> Lsn | None:
    """A place of which what stands behind it begins at this one, or later."""
    if seen.place:
        return Lsn(seen.segment, seen.place - 1)
    return Lsn(seen.segment - 1, 2**32 - 1) if seen.segment else None


class _Secrets:
    """Leaves the encrypted columns out of rows: what a job is told is kept in clear."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._names: dict[str, set[str] | None] = {}

    def without(self, table: str, row: dict[str, Any]) -> dict[str, Any] | None:
        """The row without its secret columns; None where the table is gone, so that nothing tells which they were."""
        if table not in self._names:
            self._names[table] = self._secret(table)
        secret = self._names[table]
        return None if secret is None else {name: value for name, value in row.items() if name not in secret}

    def _secret(self, table: str) -> set[str] | None:
        try:
            types = manifest.read(self._namespace.manifest_text(table)).types
        except NotFound:
            return None
        return {name for name, kind in types.items() if kind.secret}


# messages


def _look_at_files(namespace: Namespace, folders: list[Watch]) -> Look:
    look = Look(folders, min((watch.seen for watch in folders), key=lambda seen: seen.order))
    found = watches.messages(namespace, FILES, look.seen.place, EVENTS_AT_ONCE)
    for message in found:
        kind, path = message.value["type"], message.value["path"]
        look.events += [
            Event(watch, str(message.number), {"type": kind, "path": path, "at": message.at})
            for watch in folders
            if kind in watch.events and watches.concerns(watch.source.name, path) and watch.seen.place < message.number
        ]
        look.seen = Seen(0, message.number)
        if len(look.events) >= EVENTS_AT_ONCE:
            break
    look.more = bool(found) and (len(found) == EVENTS_AT_ONCE or found[-1].number > look.seen.place)
    return look


def _look_at_stream(namespace: Namespace, stream: Watch) -> Look:
    found = watches.messages(namespace, stream.source.channel, stream.seen.place, EVENTS_AT_ONCE)
    told = (
        (message, {"type": "message", "channel": stream.source.name, "message": message.value,
                   "number": message.number, "at": message.at})
        for message in found
    )  # fmt: skip
    events = [Event(stream, str(message.number), event) for message, event in told]
    seen = Seen(0, found[-1].number) if found else stream.seen
    return Look([stream], seen, events, more=len(found) == EVENTS_AT_ONCE)
