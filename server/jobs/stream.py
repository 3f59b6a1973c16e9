"""What a job tells of itself while it runs, as server-sent events: `trace`, `state`, and in the end `end`.

The id of a `trace` event is `row.position`: the row of the job's journal that holds it, and its place in that.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

import falcon.asgi
from falcon.asgi import SSEvent

from oql import json
from oql.jobs.following import Stand, stands, told_from
from oql.progress import Told
from server.event_streams import EventStreams
from server.following import Followed, Follower
from server.jobs.desk import Desk
from server.problems import Problem
from server.request import Request
from server.store.slots import Slots
from server.streams import COMMENT_S
from substrate.interface import Namespace

ROWS_AT_ONCE = 20
READS = 8
"""Reads of all streams of a process at once: the others wait, and leave threads to requests."""
_ID = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})")
_BEGINNING = (0, 0)

Rows: TypeAlias = list[tuple[int, list[Told]]]
"""Rows of a journal: (number, entries of the trace)."""
Read = Callable[[int], Coroutine[Any, Any, Rows]]
"""Gives at most ROWS_AT_ONCE rows of a job's journal, from one on."""


class JobStreams:
    """The responder of /v1/job/{id}/stream."""

    def __init__(self, desk: Desk, slots: Slots) -> None:
        self._desk = desk
        self._streams = EventStreams(Follower(desk.threads, stands), slots)
        self._reading = asyncio.Semaphore(READS)

    async def stream(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """Answers with events until the job is over, or the client goes away. Raises Problem before the first."""
        told = _last_event(req)
        _, namespace = await self._desk.caller(req)
        job = await self._desk.job(req, namespace, id)
        self._streams.begin(req, resp, namespace, job.id, _Teller(partial(self._read, namespace, job.id), told))

    def end(self) -> None:
        """Ends all streams: their clients come back to another process."""
        self._streams.end()

    async def _read(self, namespace: Namespace, job: str, first: int) -> Rows:
        async with self._reading:
            return await self._desk.threads.run(told_from, namespace, job, first, ROWS_AT_ONCE)


class _Teller:
    """One client: `told` is the id of the last entry that it has."""

    still_here = SSEvent()
    quiet_s = COMMENT_S

    def __init__(self, read: Read, told: tuple[int, int]) -> None:
        self._rows = read
        self._told = told
        self._state = ""
        self._read_to = 0
        """The row up to which it has all."""

    async def news(self, stand: Stand, followed: Followed, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        """See `server.event_streams.Teller`."""
        if stand.state != self._state and not stand.over:
            self._state = stand.state
            yield _event("state", {"status": stand.state})
        while self._read_to < stand.row and not over.is_set():
            first = max(self._read_to + 1, self._told[0])
            rows = await followed.once((first, stand.row), partial(self._rows, first))
            for row, entries in rows:
                for position, entry in enumerate(entries, 1):
                    if (row, position) > self._told:
                        self._told = row, position
                        yield SSEvent(event="trace", event_id=f"{row}.{position}", data=json.dumps(entry))
            self._read_to = rows[-1][0] if len(rows) == ROWS_AT_ONCE else max(stand.row, rows[-1][0] if rows else 0)

    def end(self, stand: Stand) -> SSEvent | None:
        """See `server.event_streams.Teller`."""
        return _event("end", {"status": stand.state})


def _event(name: str, data: dict[str, str]) -> SSEvent:
    return SSEvent(event=name, data=json.dumps(data))


def _last_event(req: Request) -> tuple[int, int]:
    """The id of the last event that the client has. Raises Problem (400)."""
    given = req.get_header("Last-Event-ID")
    if given is None:
        return _BEGINNING
    found = _ID.fullmatch(given.strip())
    if not found:
        raise Problem(400, "the header Last-Event-ID: expected the id of an event, `row.position`")
    return int(found[1]), int(found[2])
