"""The jobs that clients of this process follow: one look in 50 ms for each namespace, however many follow its jobs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from oql.jobs.following import Stand, stands
from oql.progress import Told
from server.logs import log_fault
from server.store.threads import Threads
from substrate.errors import NotFound, StoreError
from substrate.interface import Namespace

LOOK_S = 0.05

Rows: TypeAlias = list[tuple[int, list[Told]]]
"""Rows of a journal: (number, entries of the trace)."""


@dataclass(eq=False)
class FollowedJob:
    """A job that somebody follows. `stand`: how far it has come; None until that is known, and once it is `gone`."""

    stand: Stand | None = None
    gone: bool = False
    followers: int = 0
    _moved: asyncio.Event = field(default_factory=asyncio.Event)
    _reads: dict[Hashable, asyncio.Task[Rows]] = field(default_factory=dict)

    async def once(self, key: Hashable, read: Callable[[], Coroutine[Any, Any, Rows]]) -> Rows:
        """What `read` gives; followers that want the same at the same time share one reading.

        key: what is read and, so that none misses what it knows to be there, how far the job had come then.
        """
        reading = self._reads.get(key)
        if reading is None:
            reading = self._reads[key] = asyncio.create_task(read())
            reading.add_done_callback(lambda _: self._reads.pop(key, None))
        return await asyncio.shield(reading)

    def moved_to(self, stand: Stand | None) -> None:
        """Tells the followers that the job has come further; None: that it is no longer there."""
        if stand != self.stand or stand is None:
            self.stand, self.gone = stand, stand is None
            self._moved.set()
            self._moved = asyncio.Event()

    async def beyond(self, stand: Stand | None) -> None:
        """Waits until the job has come further than that."""
        while self.stand == stand and not self.gone:
            await self._moved.wait()


@dataclass(eq=False)
class _Followed:
    """The followed jobs of a namespace; `stamp`: when all of them were last looked at, `fresh`: those never yet."""

    namespace: Namespace
    jobs: dict[str, FollowedJob] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    stamp: Hashable = None


class JobFollower:
    """Follows jobs for the streams of one event loop."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._followed: dict[str, _Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def following(self, namespace: Namespace, job: str) -> AsyncIterator[FollowedJob]:
        """A job, whose stand is kept up to date while the block lasts."""
        followed = self._followed.get(namespace.name)
        if followed is None:
            followed = self._followed[namespace.name] = _Followed(namespace)
            self._start(followed)
        one = followed.jobs.get(job)
        if one is None:
            one = followed.jobs[job] = FollowedJob()
            followed.fresh.add(job)
        one.followers += 1
        try:
            yield one
        finally:
            one.followers -= 1
            if not one.followers and followed.jobs.get(job) is one:
                del followed.jobs[job]
                followed.fresh.discard(job)

    def _start(self, followed: _Followed) -> None:
        task = asyncio.create_task(self._look_after(followed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look_after(self, followed: _Followed) -> None:
        while followed.jobs:
            try:
                await self._look(followed)
            except NotFound:
                for job in list(followed.jobs.values()):
                    job.moved_to(None)
            except Exception as error:  # noqa: BLE001 - it is tried again, and those who follow go on
                if not isinstance(error, StoreError):
                    log_fault(error)
            await asyncio.sleep(LOOK_S)
        del self._followed[followed.namespace.name]

    async def _look(self, followed: _Followed) -> None:
        """Reads how far the jobs have come, where somebody has committed; of new ones in any case.

        The stamp is taken first: what is committed while the jobs are read changes it again.
        """
        stamp = await self._threads.quick(followed.namespace.stamp)
        jobs = list(followed.jobs if stamp != followed.stamp else followed.fresh)
        if not jobs:
            return
        found = await self._threads.quick(stands, followed.namespace, jobs)
        for job in jobs:
            if one := followed.jobs.get(job):
                one.moved_to(found.get(job))
                followed.fresh.discard(job)
        followed.stamp = stamp
