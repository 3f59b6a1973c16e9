"""Changes of a tenant's tables as they happen, as server-sent events: whole tables, or the changes themselves."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from falcon.asgi import SSEvent

from server.logs import log_fault
from server.problems import Problem
from server.request import Request
from server.store.bodies import one_of, param
from server.store.following import Follower, Following
from server.store.gate import Visit, busy
from server.store.slots import Slots
from server.store.telling import Teller, Watcher, error_event
from server.store.threads import Threads
from server.streams import OpenStreams, moved
from substrate.errors import NotFound, StoreError, shown
from substrate.interface import Lsn

_ID = re.compile(r"(\d{1,9}):(\d{1,9})")


@dataclass(slots=True, eq=False)
class _Stream:
    watcher: Watcher
    first: list[SSEvent]
    slot: int


class Watch:
    """The work of /watch, for at most `watchers` readers of a tenant."""

    def __init__(self, follower: Follower, teller: Teller, threads: Threads, slots: Slots, watchers: int) -> None:
        self._follower = follower
        self._teller = teller
        self._threads = threads
        self._slots = slots
        self._watchers = watchers
        self._open = OpenStreams()

    async def watch(self, visit: Visit) -> None:
        """Answers with events until the client goes away. Raises Problem, StoreError before the first."""
        by_changes = one_of(visit.req, "mode", "snapshot", "changes") == "changes"
        schemas, since = _schemas(visit.req), _last_event(visit.req)
        known = await self._threads.quick(visit.namespace.table_ids)
        for schema in schemas:
            if schema not in known:
                raise NotFound(f"there is no table {shown(schema)}", schema=schema[:200])
        visit.resp.content_type = "text/event-stream"
        if visit.req.method == "HEAD":
            return
        slot = self._slots.take(f"watch {visit.tenant}", self._watchers)
        if slot is None:
            raise busy(f"{self._watchers} watchers of this tenant are connected already", 5)
        watcher = Watcher(visit.namespace, schemas, by_changes, None)
        try:
            async with self._follower.following(visit.namespace) as following:
                first = await self._teller.first(watcher, following, since)
        except BaseException:
            self._slots.give(slot)
            raise
        visit.resp.sse = self._events(_Stream(watcher, first, slot), visit.req)

    def end(self) -> None:
        """Ends all streams: their readers come back to another process."""
        self._open.end()

    async def _events(self, stream: _Stream, req: Request) -> AsyncIterator[SSEvent]:
        try:
            async with self._open.open(req) as over, self._follower.following(stream.watcher.namespace) as following:
                async for event in self._told(stream, following, over):
                    yield event
        finally:
            self._slots.give(stream.slot)

    async def _told(self, stream: _Stream, following: Following, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        """The events of one reader until it is over, then perhaps one that says why."""
        for event in stream.first or [SSEvent()]:
            yield event
        stream.first = []
        try:
            while not over.is_set():
                end = following.end
                events = await self._teller.next(stream.watcher, following)
                for event in events:
                    yield event
                if not stream.watcher.behind and not await moved(following.beyond(end), over):
                    yield SSEvent()
        except StoreError as error:
            yield error_event(error)
        except Exception as error:  # noqa: BLE001 - the head of the answer has been sent
            log_fault(error)


def _schemas(req: Request) -> tuple[str, ...]:
    names = dict.fromkeys(name for name in (param(req, "schemas") or "").split(",") if name)
    if not names:
        raise Problem(400, "`schemas`: expected ids of tables, separated by commas", detail={"parameter": "schemas"})
    return tuple(names)


def _last_event(req: Request) -> Lsn | None:
    given = req.get_header("Last-Event-ID")
    if given is None:
        return None
    found = _ID.fullmatch(given.strip())
    if not found:
        raise Problem(400, "the header Last-Event-ID: expected the id of an event, `segment:offset`")
    return Lsn(int(found[1]), int(found[2]))
