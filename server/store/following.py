"""The change log as a process follows it: one look in 50 ms for each tenant that somebody watches."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from server.logs import log_fault
from server.store.threads import Threads
from substrate.errors import StoreError
from substrate.interface import Lsn, Namespace

T = TypeVar("T")
BURST_S = 0.05
"""Changes within so many seconds are told together."""


@dataclass(eq=False)
class Following:
    """The end of one tenant's log: `end` is where the next frame will stand."""

    namespace: Namespace
    end: Lsn
    watchers: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _read: dict[Hashable, "asyncio.Task[Any]"] = field(default_factory=dict)

    def moved_to(self, end: Lsn) -> None:
        """Tells the watchers that the log has grown."""
        if end != self.end:
            self.end = end
            self._read.clear()
            self._moved.set()
            self._moved = asyncio.Event()

    async def beyond(self, end: Lsn) -> None:
        """Waits until the log has grown beyond a place."""
        while self.end == end:
            await self._moved.wait()

    async def burst(self, after: Lsn | None, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the log holds behind a place, read once for all who ask before it grows."""
        return await self._once(("burst", after), read)

    async def snapshot(self, of: tuple[str, Lsn | None], read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The rows of a table at a place, read once for all who are told of it."""
        return await self._once(("snapshot", of), read)

    async def _once(self, what: Hashable, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        task = self._read.get(what)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._read[what] = asyncio.create_task(read())
        return await asyncio.shield(task)


class Follower:
    """Follows the logs of the tenants that are watched in this process."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._followed: dict[str, Following] = {}
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def following(self, namespace: Namespace) -> AsyncIterator[Following]:
        """The end of a tenant's log, kept up to date while the block lasts."""
        followed = self._followed.get(namespace.name)
        if followed is None:
            end = await self._threads.quick(namespace.lsn)
            followed = self._followed.setdefault(namespace.name, Following(namespace, end))
        followed.watchers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            yield followed
        finally:
            followed.watchers -= 1
            if not followed.watchers and self._followed.get(namespace.name) is followed:
                del self._followed[namespace.name]

    async def _look(self) -> None:
        while self._followed:
            await asyncio.sleep(BURST_S)
            for followed in list(self._followed.values()):
                try:
                    followed.moved_to(await self._threads.quick(followed.namespace.lsn))
                except Exception as error:  # noqa: BLE001 - those who watch others go on
                    if not isinstance(error, StoreError):
                        log_fault(error)


def place(lsn: Lsn) -> str:
    """An LSN as the id of an event."""
    return f"{lsn.segment}:{lsn.offset}"


def before(lsn: Lsn) -> Lsn | None:
    """A place behind which the frame at an LSN is the first; None where nothing is before it."""
    if lsn.offset:
        return Lsn(lsn.segment, lsn.offset - 1)
    return Lsn(lsn.segment - 1, _END_OF_SEGMENT) if lsn.segment else None


_END_OF_SEGMENT = 2**32 - 1
