"""What a watcher is told: the events that come of its place in the log and of what stands behind it.

A watcher keeps that place and nothing else, so one that reads slowly takes no memory, and what happens meanwhile
reaches it as one burst.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from falcon.asgi import SSEvent

from server.store.following import Following, before, place
from server.store.gate import lsn_json
from server.store.threads import Threads
from substrate import json
from substrate.errors import Conflict, Invalid, NotFound, StoreError, shown
from substrate.interface import Call, Lsn, Namespace

FRAMES_AT_ONCE = 1_000
OPERATIONS_AT_ONCE = 10_000
AT_ONCE = 8
P = ParamSpec("P")
T = TypeVar("T")
_NAMES = {"put": "put", "del": "delete"}


@dataclass(slots=True)
class Watcher:
    """One reader: of which tables, whether of the changes themselves; `told`: the place up to which it knows all.

    `behind`: whether more than it was told stands in the log already.
    """

    namespace: Namespace
    schemas: tuple[str, ...]
    by_changes: bool
    told: Lsn | None
    behind: bool = False


@dataclass(slots=True)
class Burst:
    """What a part of the log means to a watcher: the changes, the tables that changed, the place of its last frame."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)


class Teller:
    """Makes events for watchers. `calls` makes the bounds of reading a whole table, `rows` are the most it may have."""

    def __init__(self, threads: Threads, calls: Callable[[], Call], rows: int) -> None:
        self._threads = threads
        self._calls = calls
        self._rows = rows
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def first(self, watcher: Watcher, following: Following, since: Lsn | None) -> list[SSEvent]:
        """The events that a new watcher gets at once. `since`: the place that it knew. Raises StoreError."""
        if since is not None:
            watcher.told = since
            return await self.next(watcher, following)
        watcher.told = before(await self._threads.quick(watcher.namespace.lsn))
        return [] if watcher.by_changes else await self._snapshots(watcher, following, watcher.schemas, None)

    async def next(self, watcher: Watcher, following: Following) -> list[SSEvent]:
        """The events of what the log holds behind the watcher's place, at most a burst of it. Raises StoreError."""
        try:
            found = await following.burst(watcher.told, lambda: self._run(_read, watcher.namespace, watcher.told))
        except Conflict:
            return await self._anew(watcher, following)
        watcher.behind = len(found) == FRAMES_AT_ONCE or sum(len(ops) for _, ops in found) >= OPERATIONS_AT_ONCE
        if not found:
            return []
        earlier, watcher.told = watcher.told, found[-1][0]
        burst = _burst(watcher.schemas, (op for _, ops in found for op in ops))
        if burst.dropped:
            raise NotFound(f"the table {shown(min(burst.dropped))} has been deleted", schema=min(burst.dropped))
        if watcher.by_changes:
            return [_changes(watcher.told, burst.changes)] if burst.changes else []
        changed = [schema for schema in watcher.schemas if schema in burst.changed]
        return await self._snapshots(watcher, following, changed, earlier)

    async def _anew(self, watcher: Watcher, following: Following) -> list[SSEvent]:
        """The log no longer reaches back to the place of the watcher, so it gets the tables as they are."""
        watcher.told = before(await self._threads.quick(watcher.namespace.lsn))
        reset = _event("reset", {"lsn": _lsn(watcher.told)})
        return [reset, *await self._snapshots(watcher, following, watcher.schemas, None)]

    async def _snapshots(
        self, watcher: Watcher, following: Following, schemas: Iterable[str], earlier: Lsn | None
    ) -> list[SSEvent]:
        """An event for each table. Only the last has the new id: who is cut off before it gets all of them again."""
        told = watcher.told
        events = []
        for schema in schemas:
            rows = await following.snapshot((schema, told), partial(self._read_rows, watcher, schema))
            events.append(_snapshot(schema, told, rows, earlier))
        if events:
            events[-1].event_id = _place(told)
        return events

    async def _read_rows(self, watcher: Watcher, schema: str) -> bytes:
        call = self._calls()
        call.rows = self._rows
        try:
            return await self._threads.run(
                lambda: json.dumps(watcher.namespace.query({"Scan": {"schema": schema}}, call))
            )
        except Invalid as error:
            if "limit" not in error.detail:
                raise
            message = f"{shown(schema)} has more than {self._rows:,} rows: watch it with mode=changes"
            raise Invalid(message, schema=schema, limit=self._rows) from None

    async def _run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Watchers take few of the threads, however many they are."""
        async with self._turns:
            return await self._threads.run(work, *arguments, **named)


def error_event(error: StoreError) -> SSEvent:
    """The event that ends a stream."""
    return _event(
        "error", {"error": error.code, "message": error.message} | ({"detail": error.detail} if error.detail else {})
    )


def _read(namespace: Namespace, after: Lsn | None) -> list[tuple[Lsn, list[Any]]]:
    """The frames behind a place with their operations, not more than fit into a burst. Raises Conflict when trimmed."""
    found, operations = [], 0
    for lsn, ops in namespace.changes(after, FRAMES_AT_ONCE):
        found.append((lsn, ops))
        operations += len(ops)
        if operations >= OPERATIONS_AT_ONCE:
            break
    return found


def _burst(schemas: tuple[str, ...], ops: Iterable[dict[str, Any]]) -> Burst:
    burst = Burst()
    for op in ops:
        schema = op["id"] if op["op"] == "schema" else op.get("schema")  # others have ids of their own
        if schema not in schemas:
            continue
        kind = op["op"]
        burst.changed.add(schema)
        if kind in _NAMES:
            burst.changes.append(
                {"op": _NAMES[kind], **{name: op[name] for name in ("schema", "key", "row", "version") if name in op}}
            )
        elif kind == "drop":
            burst.dropped.add(schema)
        elif kind == "schema":
            burst.dropped.discard(schema)
    return burst


def _changes(told: Lsn, changes: list[dict[str, Any]]) -> SSEvent:
    event = _event("changes", {"changes": changes, "lsn": _lsn(told)})
    event.event_id = _place(told)
    return event


def _snapshot(schema: str, told: Lsn | None, rows: bytes, earlier: Lsn | None) -> SSEvent:
    data = b'{"schema":%b,"rows":%b,"lsn":%b}' % (json.dumps(schema), rows, json.dumps(_lsn(told)))
    return SSEvent(event="snapshot", data=data, event_id=_place(earlier) if earlier else None)


def _event(name: str, data: Any) -> SSEvent:
    return SSEvent(event=name, data=json.dumps(data))


def _lsn(told: Lsn | None) -> Any:
    return lsn_json(told or Lsn(0, 0))


def _place(told: Lsn | None) -> str:
    return place(told or Lsn(0, 0))
