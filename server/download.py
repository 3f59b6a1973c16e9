"""The body of a download: a file in pieces, in constant memory, and what becomes of a link that works once.

Nobody tells an application what has arrived. So the last piece is kept back until what stands before it has left this
process; then the link is used up, on disk, and then the piece is sent. A client that goes away before that gets nothing
whole, and the link works again; one that goes away later counts as one who has the file.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Protocol, TypeVar

import falcon
import falcon.asgi

from server.problems import unavailable
from server.request import Request

PIECE = 256 * 1024
LAST_PIECE = 16 * 1024
SIGN_S = 15.0
"""How often a download says that it is still there."""

THREADS = 8
"""How many reads from the disk and looks at links one process does at once."""
MOST = 256
"""Downloads that one process sends at once."""

T = TypeVar("T")
Opened = tuple[int, os.stat_result]


class Claim(Protocol):
    """A download's right to the file. Every call may wait."""

    def keep(self) -> bool:
        """Says that the download goes on; False when it has lost the right."""

    def finish(self) -> bool:
        """Uses the right up; False when it is lost, and the last piece must not be sent."""

    def give_back(self) -> None:
        """The download did not come to its last piece."""


class Download:
    """An answer's body: `size` bytes of an open file from a place on. Closes the file, whatever happens."""

    def __init__(
        self, req: Request, handle: int, start: int, size: int, pool: Executor, claim: Claim | None = None
    ) -> None:
        self._req = req
        self._handle = handle
        self._at = start
        self._end = start + size
        self._pool = pool
        self._claim = claim
        self._drained = False
        self._done = False
        self.when_closed: Callable[[Download], object] = lambda _: None
        self._watches: list[asyncio.Task[None]] = []

    def __aiter__(self) -> "Download":
        return self

    async def __anext__(self) -> bytes:
        if not self._watches:
            self._watches = [asyncio.create_task(self._notice_gone()), asyncio.create_task(self._say_signs())]
        if self._req.gone or self._done:
            raise StopAsyncIteration
        left = self._end - self._at
        if left > LAST_PIECE:
            return await self._piece(min(PIECE, left - LAST_PIECE))
        if not self._drained:
            self._drained = True
            return b""  # is sent when there is room again, so what stands before it has left
        return await self._last_piece(left)

    async def close(self) -> None:
        """Ends it; a link whose last piece was not sent works again."""
        self.when_closed(self)
        for watch in self._watches:
            watch.cancel()
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
        if self._claim and not self._done:
            claim, self._claim = self._claim, None
            await asyncio.shield(self._call(claim.give_back))

    def stop(self) -> None:
        """Breaks it off, and the connection with it: what waits to be sent is thrown away."""
        if not self._done:
            self._req.gone = True
            self._req.scope["state"]["abort"]()

    async def _piece(self, size: int) -> bytes:
        data = await self._call(os.pread, self._handle, size, self._at)
        if not data:  # somebody has cut the file: the client sees that it got less than it was told
            raise StopAsyncIteration
        self._at += len(data)
        return data

    async def _last_piece(self, size: int) -> bytes:
        data = await self._piece(size) if size else b""
        if self._claim and (len(data) < size or not await self._call(self._claim.finish) or self._req.gone):
            raise StopAsyncIteration
        self._done = True
        return data

    async def _notice_gone(self) -> None:
        while (await self._req.receive())["type"] != "http.disconnect":
            pass
        self._req.gone = True

    async def _say_signs(self) -> None:
        while True:
            await asyncio.sleep(SIGN_S)
            if self._claim and not self._done and not await self._call(self._claim.keep):
                self.stop()

    async def _call(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


class Downloads:
    """What one part of the server sends at once, at most MOST, and the threads that read for it."""

    def __init__(self, name: str) -> None:
        """`name` is that of the threads."""
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix=name)
        self._running: set[Download] = set()

    def make_room(self) -> None:
        """Raises Problem (503) where nothing more can be sent."""
        if len(self._running) >= MOST:
            raise unavailable("as many downloads are under way as this process can send")

    def send(
        self,
        req: Request,
        resp: falcon.asgi.Response,
        opened: Opened,
        start: int,
        size: int,
        claim: Claim | None = None,
    ) -> None:
        """Makes `size` bytes of an open file, from `start`, the answer to GET or HEAD; of GET it closes the file."""
        handle, found = opened
        resp.set_header("Content-Length", str(size))
        if size != found.st_size:
            resp.status = falcon.HTTP_206
            resp.set_header("Content-Range", f"bytes {start}-{start + size - 1}/{found.st_size}")
        if req.method == "HEAD":
            return
        download = Download(req, handle, start, size, self._pool, claim)
        self._running.add(download)
        download.when_closed = self._running.discard
        resp.stream = download

    async def call(self, work: Callable[..., T], *arguments: object) -> T:
        """Does something on one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    def stop_all(self) -> None:
        """Breaks off every download; links that work once are free again."""
        for download in tuple(self._running):
            download.stop()

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False)
