"""Where the work of the store's routes is done: at once where it is quick, else on threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from oql.background import give_way
from server import metrics
from server.problems import unavailable
from server.request import Request
from server.streams import when_gone
from substrate.interface import Call

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most `count` works at once, and as many that wait. `inline`: whether a quick read needs no thread."""

    def __init__(self, count: int, *, inline: bool) -> None:
        self._pool = ThreadPoolExecutor(count, "store", give_way)
        self._most = 2 * count
        self._works = 0
        self.inline = inline

    async def quick(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What takes microseconds where the store is a file of this machine, and a journey where it is not."""
        if self.inline:
            return work(*arguments, **named)
        return await self.run(work, *arguments, **named)

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What may take long. Raises Problem (503) when there is too much of it."""
        if self._works >= self._most:
            raise unavailable("as many requests to the store are under way as this process can take")
        self._works += 1
        try:
            with metrics.in_flight():
                future = self._pool.submit(work, *arguments, **named)
                return await asyncio.wrap_future(future)
        finally:
            self._works -= 1

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


async def call_on_thread(threads: Threads, req: Request, call: Call, work: Callable[[], T]) -> T:
    """What a work gives that is bounded by a call, which is ended when the client goes away."""
    watch = asyncio.create_task(when_gone(req, call.cancel))
    try:
        return await threads.run(work)
    finally:
        watch.cancel()
