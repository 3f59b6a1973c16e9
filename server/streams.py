"""Answers that go on until the client goes away or the process ends, and how to learn of either."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from server.request import Request

COMMENT_S = 15.0
"""After that long without an event a stream sends a comment, so that nobody in between takes it for dead."""
READ_ON_S = 3.0
"""How long a client may take to read the end of a stream when the process ends; it comes back for the rest."""


class OpenStreams:
    """The streams of one event loop that are open now."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Event, Request] = {}
        self._ending = False

    @asynccontextmanager
    async def open(self, req: Request) -> AsyncIterator[asyncio.Event]:
        """One stream, for as long as the block lasts; the event is set when it has to end."""
        over = asyncio.Event()
        self._open[over] = req
        gone = asyncio.create_task(when_gone(req, over.set))
        if self._ending:
            self._end(over, req)
        try:
            yield over
        finally:
            gone.cancel()
            del self._open[over]

    def end(self) -> None:
        """Ends all streams, also those that begin later: their clients come back to another process."""
        self._ending = True
        for over, req in self._open.items():
            self._end(over, req)

    @staticmethod
    def _end(over: asyncio.Event, req: Request) -> None:
        over.set()
        abort = req.scope.get("state", {}).get("abort")
        if abort:
            # of a connection that is closed by then this does nothing
            asyncio.get_running_loop().call_later(READ_ON_S, abort)


async def moved(coming: Coroutine[Any, Any, object], over: asyncio.Event, quiet_s: float = COMMENT_S) -> bool:
    """Waits until something comes or the stream is over; False where neither happens for `quiet_s` seconds."""
    waits = [asyncio.create_task(coming), asyncio.create_task(over.wait())]
    try:
        done, _ = await asyncio.wait(waits, timeout=quiet_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
    return bool(done)


async def when_gone(req: Request, call: Callable[[], None]) -> None:
    """Calls that when the client of a request has gone away."""
    while (await req.receive())["type"] != "http.disconnect":
        pass
    req.gone = True
    call()
