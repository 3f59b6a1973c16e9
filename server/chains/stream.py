"""The events of an execution as server-sent events without names, which EventSource gives to `onmessage`.

The id of an event is its number, the same for everybody and in every stream.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

import falcon
import falcon.asgi
from falcon.asgi import SSEvent

from chains.executions import events, reading
from chains.executions.events import Event
from oql import json
from oql.jobs.following import Stand
from server.chains.desk import Desk, note
from server.event_streams import EventStreams
from server.following import Followed, Follower
from server.problems import Problem
from server.request import Request
from server.store.slots import Slots
from substrate.interface import Namespace

ROWS_AT_ONCE = 20
READS = 8
"""Reads of all streams of a process at once: the others wait, and leave threads to requests."""
HEARTBEAT_S = 30.0
_ID = re.compile(r"[0-9]{1,15}")

Numbered = list[tuple[int, Event]]


class ExecutionStreams:
    """The responder of /executions/{id}/stream."""

    def __init__(self, desk: Desk, follower: Follower, slots: Slots) -> None:
        self._desk = desk
        self._streams = EventStreams(follower, slots)
        self._reading = asyncio.Semaphore(READS)

    async def stream(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """Answers with events until the execution is over, or the client goes away. Raises Problem before the first."""
        _, namespace = await self._desk.caller(req)
        last = _last_event(req)
        note(req, id)
        found = await self._desk.read(reading.told_before, namespace, id, last)
        if found is None:
            raise Problem(404, "Not found")
        told, over = found
        if over:
            resp.status = falcon.HTTP_204  # an EventSource comes back after every end, and only this stops it
            return
        resp.set_header("Cache-Control", "no-cache")
        resp.set_header("Connection", "keep-alive")
        self._streams.begin(req, resp, namespace, id, ExecutionTeller(partial(self._read, namespace, id), told))

    def end(self) -> None:
        """Ends all streams: their clients come back to another process."""
        self._streams.end()

    async def _read(self, namespace: Namespace, execution: str, told: int) -> Numbered:
        async with self._reading:
            return await self._desk.threads.run(events.after, namespace, execution, told, ROWS_AT_ONCE)


class ExecutionTeller:
    """One client: `told` is the number of the last event that it has."""

    still_here = SSEvent(comment="heartbeat")
    quiet_s = HEARTBEAT_S

    def __init__(self, read: Callable[[int], Coroutine[Any, Any, Numbered]], told: int) -> None:
        self._events = read
        self._told = told
        self._read_to = 0
        """The row up to which it has all."""

    async def news(self, stand: Stand, followed: Followed, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        """See `server.event_streams.Teller`."""
        while self._read_to < stand.row and not over.is_set():
            found = await followed.once((self._told, stand.row), partial(self._events, self._told))
            for number, event in found:
                yield SSEvent(event_id=str(number), data=json.dumps(event))
                self._told = number
            if not found or self._told >= stand.row:  # the events of one commit are read together
                self._read_to = stand.row

    def end(self, stand: Stand) -> SSEvent | None:
        """Nothing: the last event has said that it is the last one."""
        return None


def _last_event(req: Request) -> int | None:
    """The number of the last event that the client has. Raises Problem (400)."""
    given = (req.get_header("Last-Event-ID") or "").strip()
    if given and not _ID.fullmatch(given):
        raise Problem(400, "Last-Event-ID must be the number of an event")
    return int(given) if given else None
