"""The runs that clients of this process follow: one look in 50 ms for each namespace, however many follow its runs.

A run is a job or the execution of a chain; what tells how far one has come differs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from oql.jobs.following import Stand
from server.logs import log_fault
from server.store.threads import Threads
from substrate.errors import NotFound, StoreError
from substrate.interface import Namespace

LOOK_S = 0.05

T = TypeVar("T")
Stands = Callable[[Namespace, Sequence[str]], dict[str, Stand]]
"""How far runs have come, by their ids; those that are not there are left out."""


@dataclass(eq=False)
class Followed:
    """A run that somebody follows. `stand`: how far it has come; None until that is known, and once it is `gone`."""

    stand: Stand | None = None
    gone: bool = False
    followers: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _reads: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)

    async def once(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `read` gives; followers that want the same at the same time share one reading.

        key: what is read and, so that none misses what it knows to be there, how far the run had come then.
        """
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(read())
            reading.add_done_callback(lambda _: self._reads.pop(key, None))
        found: T = await asyncio.shield(reading)
        return found

    def moved_to(self, stand: Stand | None) -> None:
        """Tells the followers that the run has come further; None: that it is no longer there."""
        if stand != self.stand or stand is None:
            self.stand, self.gone = stand, stand is None
            self._moved.set()
            self._moved = asyncio.Event()

    async def beyond(self, stand: Stand | None) -> None:
        """Waits until the run has come further than that."""
        while self.stand == stand and not self.gone:
            await self._moved.wait()


@dataclass(eq=False)
class _InNamespace:
    """The followed runs of a namespace; `stamp`: when all of them were last looked at, `fresh`: those never yet."""

    namespace: Namespace
    runs: dict[str, Followed] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    stamp: Hashable = None


class Follower:
    """Follows runs for the streams of one event loop."""

    def __init__(self, threads: Threads, stands: Stands) -> None:
        self._threads = threads
        self._stands = stands
        self._followed: dict[str, _InNamespace] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def following(self, namespace: Namespace, run: str) -> AsyncIterator[Followed]:
        """A run, whose stand is kept up to date while the block lasts."""
        followed = self._followed.get(namespace.name)
        if followed is None:
            followed = self._followed[namespace.name] = _InNamespace(namespace)
            self._start(followed)
        one = followed.runs.get(run)
        if one is None:
            one = followed.runs[run] = Followed()
            followed.fresh.add(run)
        one.followers += 1
        try:
            yield one
        finally:
            one.followers -= 1
            if not one.followers and followed.runs.get(run) is one:
                del followed.runs[run]
                followed.fresh.discard(run)

    def _start(self, followed: _InNamespace) -> None:
        task = asyncio.create_task(self._look_after(followed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(self, followed: _InNamespace) -> None:
        while followed.runs:
            try:
                await self._look(followed)
            except NotFound:
                for run in list(followed.runs.values()):
                    run.moved_to(None)
            except Exception as error:  # noqa: BLE001 - it is tried again, and those who follow go on
                if not isinstance(error, StoreError):
                    log_fault(error)
            await asyncio.sleep(LOOK_S)
        del self._followed[followed.namespace.name]

    async def _look(self, followed: _InNamespace) -> None:
        """Reads how far the runs have come, where somebody has committed; of new ones in any case.

        The stamp is taken first: what is committed while the runs are read changes it again.
        """
        stamp = await self._threads.quick(followed.namespace.stamp)
        runs = list(followed.runs if stamp != followed.stamp else followed.fresh)
        if not runs:
            return
        found = await self._threads.quick(self._stands, followed.namespace, runs)
        for run in runs:
            if one := followed.runs.get(run):
                one.moved_to(found.get(run))
                followed.fresh.discard(run)
        followed.stamp = stamp
