"""What a job tells of itself while it runs, as server-sent events: `trace`, `state`, and in the end `end`.

The id of a `trace` event is `row.position`: the row of the job's journal that holds it, and its place in that. A stream
keeps the last one that it has sent and nothing else, so a client that reads slowly takes no memory.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import falcon.asgi
from falcon.asgi import SSEvent

from oql import json
from oql.jobs.following import Stand, told_from
from oql.jobs.states import FINAL
from server.jobs.desk import Desk
from server.jobs.following import FollowedJob, JobFollower, Rows
from server.logs import log_fault
from server.problems import Problem
from server.request import Request
from server.store.slots import Slots
from server.streams import OpenStreams, moved
from substrate.errors import StoreError
from substrate.interface import Namespace

STREAMS = 1_024
"""Streams of an account at once."""
ROWS_AT_ONCE = 20
READS = 8
"""Reads of all streams of a process at once: the others wait, and leave threads to requests."""
_ID = re.compile(r"([0-9]{1,15})\.([0-9]{1,9})")
_BEGINNING = (0, 0)


@dataclass(slots=True, eq=False)
class _Stream:
    """One client: `told` is the id of the last entry that it has; `read`: the row up to which it has all."""

    namespace: Namespace
    job: str
    told: tuple[int, int]
    slot: int
    state: str = ""
    read: int = 0


class JobStreams:
    """The responder of /v1/job/{id}/stream."""

    def __init__(self, desk: Desk, slots: Slots) -> None:
        self._desk = desk
        self._slots = slots
        self._follower = JobFollower(desk.threads)
        self._open = OpenStreams()
        self._reading = asyncio.Semaphore(READS)

    async def stream(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """Answers with events until the job is over, or the client goes away. Raises Problem before the first."""
        told = _last_event(req)
        _, namespace = await self._desk.caller(req)
        job = await self._desk.job(req, namespace, id)
        resp.content_type = "text/event-stream"
        if req.method == "HEAD":
            return
        slot = self._slots.take(f"stream {namespace.name}", STREAMS)
        if slot is None:
            raise Problem(429, f"{STREAMS} streams of this account are open already", headers={"Retry-After": "5"})
        resp.sse = self._events(_Stream(namespace, job.id, told, slot), req)

    def end(self) -> None:
        """Ends all streams: their clients come back to another process."""
        self._open.end()

    async def _events(self, stream: _Stream, req: Request) -> AsyncIterator[SSEvent]:
        try:
            async with self._open.open(req) as over, self._follower.following(stream.namespace, stream.job) as followed:
                async for event in self._told(stream, followed, over):
                    yield event
        except StoreError as error:
            yield _event("error", {"error": error.code, "message": error.message})
        except Exception as error:  # noqa: BLE001 - the head of the answer has been sent
            log_fault(error)
        finally:
            self._slots.give(stream.slot)

    async def _told(self, stream: _Stream, followed: FollowedJob, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        while not over.is_set():
            # The stand is taken first: all that a job has told is there once it is over.
            stand = followed.stand
            if stand:
                async for event in self._news(stream, stand, followed, over):
                    yield event
                if stand.state in FINAL:
                    yield _event("end", {"status": stand.state})
            if followed.gone or (stand and stand.state in FINAL):
                return
            if not await moved(followed.beyond(stand), over):
                yield SSEvent()

    async def _read(self, namespace: Namespace, job: str, first: int) -> Rows:
        async with self._reading:
            return await self._desk.threads.run(told_from, namespace, job, first, ROWS_AT_ONCE)

    async def _news(
        self, stream: _Stream, stand: Stand, followed: FollowedJob, over: asyncio.Event
    ) -> AsyncIterator[SSEvent]:
        """The events of what the client does not know yet."""
        if stand.state != stream.state and stand.state not in FINAL:
            stream.state = stand.state
            yield _event("state", {"status": stand.state})
        while stream.read < stand.row and not over.is_set():
            first = max(stream.read + 1, stream.told[0])
            rows = await followed.once((first, stand.row), partial(self._read, stream.namespace, stream.job, first))
            for row, entries in rows:
                for position, entry in enumerate(entries, 1):
                    if (row, position) > stream.told:
                        stream.told = row, position
                        yield SSEvent(event="trace", event_id=f"{row}.{position}", data=json.dumps(entry))
            stream.read = rows[-1][0] if len(rows) == ROWS_AT_ONCE else max(stand.row, rows[-1][0] if rows else 0)


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
