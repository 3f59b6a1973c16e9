"""Server-sent events of runs: who may have a stream, what keeps it open, and when it ends.

What is told, and under which ids, is the business of a `Teller`, one for each client. It keeps the place up to which it
has told and nothing else, so a client that reads slowly takes no memory.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import falcon.asgi
from falcon.asgi import SSEvent

from oql import json
from oql.jobs.following import Stand
from server.following import Followed, Follower
from server.logs import log_fault
from server.problems import Problem
from server.request import Request
from server.store.slots import Slots
from server.streams import OpenStreams, moved
from substrate.errors import StoreError
from substrate.interface import Namespace

STREAMS = 1_024
"""Streams of an account at once."""


class Teller(Protocol):
    """What one client is told of a run. `still_here` is sent after `quiet_s` seconds without anything else."""

    still_here: SSEvent
    quiet_s: float

    def news(self, stand: Stand, followed: Followed, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        """The events that it does not know yet, up to a stand; fewer where the stream is over."""

    def end(self, stand: Stand) -> SSEvent | None:
        """What is told last, when a run that is over has nothing more to tell."""


@dataclass(frozen=True, slots=True)
class _Stream:
    namespace: Namespace
    run: str
    teller: Teller
    slot: int


class EventStreams:
    """The streams of one part of the server in one process."""

    def __init__(self, follower: Follower, slots: Slots) -> None:
        self._follower = follower
        self._slots = slots
        self._open = OpenStreams()

    def begin(self, req: Request, resp: falcon.asgi.Response, namespace: Namespace, run: str, teller: Teller) -> None:
        """Makes a stream the answer. Raises Problem (429)."""
        resp.content_type = "text/event-stream"
        if req.method == "HEAD":
            return
        slot = self._slots.take(f"stream {namespace.name}", STREAMS)
        if slot is None:
            raise Problem(429, f"{STREAMS} streams of this account are open already", headers={"Retry-After": "5"})
        resp.sse = self._events(_Stream(namespace, run, teller, slot), req)

    def end(self) -> None:
        """Ends all streams: their clients come back to another process."""
        self._open.end()

    async def _events(self, stream: _Stream, req: Request) -> AsyncIterator[SSEvent]:
        try:
            async with self._open.open(req) as over, self._follower.following(stream.namespace, stream.run) as followed:
                async for event in self._told(stream.teller, followed, over):
                    yield event
        except StoreError as error:
            yield SSEvent(event="error", data=json.dumps({"error": error.code, "message": error.message}))
        except Exception as error:  # noqa: BLE001 - the head of the answer has been sent
            log_fault(error)
        finally:
            self._slots.give(stream.slot)

    @staticmethod
    async def _told(teller: Teller, followed: Followed, over: asyncio.Event) -> AsyncIterator[SSEvent]:
        while not over.is_set():
            # The stand is taken first: all that a run has told is there once it is over.
            stand = followed.stand
            if stand:
                async for event in teller.news(stand, followed, over):
                    yield event
                if stand.over and not over.is_set():
                    if last := teller.end(stand):
                        yield last
                    return
            if followed.gone:
                return
            if not await moved(followed.beyond(stand), over, teller.quiet_s):
                yield teller.still_here
