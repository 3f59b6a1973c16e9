"""The jobs that this process holds: their leases are renewed, and their runs ended when they are no longer its own.

One thread looks every 50 ms whether anybody has changed a namespace in which jobs are held (someone may have cancelled
one), and gives a sign of life for all of them every second. With no job there is no thread.
"""

import logging
import os
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from oql.context import CancelFlag
from oql.jobs import records
from oql.local import elapsed, new_id, wall_clock
from substrate.errors import StoreError
from substrate.interface import Namespace

LOOK_S = 0.05

_log = logging.getLogger("oql.jobs")


@dataclass(eq=False, slots=True)
class Held:
    """A job that is held. `handing_over`: its run is to end here, and go on elsewhere."""

    namespace: Namespace
    job: str
    cancel: CancelFlag
    handing_over: bool = False


@dataclass(slots=True)
class _Watched:
    namespace: Namespace
    jobs: dict[str, Held] = field(default_factory=dict)
    stamp: Hashable = None


class Holding:
    """The jobs of one process. `renewed(namespace, until)` is told of every sign of life."""

    def __init__(self, renewed: Callable[[str, float], None] = lambda namespace, until: None) -> None:
        self.holder = _holder()
        self._renewed = renewed
        self._watched: dict[str, _Watched] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tick = threading.Event()  # never set: a pause between two looks
        self.ending = False
        """Whether this process hands over whatever it holds."""

    def take(self, held: Held) -> None:
        """Begins to look after a job that was claimed for `holder`."""
        with self._guard:
            watched = self._watched.setdefault(held.namespace.name, _Watched(held.namespace))
            watched.jobs[held.job] = held
            if self.ending:
                hand_over(held)
            if self._thread is None:
                self._thread = threading.Thread(target=self._look_after, name="leases", daemon=True)
                self._thread.start()

    def drop(self, held: Held) -> None:
        """Ends that."""
        with self._guard:
            watched = self._watched.get(held.namespace.name)
            if watched and watched.jobs.pop(held.job, None) and not watched.jobs:
                del self._watched[held.namespace.name]

    def count(self) -> int:
        """How many jobs are held."""
        return sum(len(watched.jobs) for watched in list(self._watched.values()))

    def hand_over(self) -> None:
        """Ends all runs, now and from now on, so that others go on with them."""
        with self._guard:
            self.ending = True
            for watched in self._watched.values():
                for held in watched.jobs.values():
                    hand_over(held)

    def _look_after(self) -> None:
        renew_at = elapsed() + records.RENEW_S
        while True:
            self._tick.wait(LOOK_S)
            with self._guard:
                if not self._watched:
                    self._thread = None
                    return
                all_watched = list(self._watched.values())
            renewing = elapsed() >= renew_at
            if renewing:
                renew_at = elapsed() + records.RENEW_S
            for watched in all_watched:
                try:
                    self._look(watched, renewing)
                except StoreError as error:
                    _log.warning("the leases of %s cannot be looked after: %s", watched.namespace.name, error.message)

    def _look(self, watched: _Watched, renewing: bool) -> None:
        namespace, jobs = watched.namespace, dict(watched.jobs)
        if renewing:
            now = wall_clock()
            mine = namespace.write(lambda frame: records.renew(frame, self.holder, now))
            self._renewed(namespace.name, now + records.LEASE_S)
        else:
            stamp = namespace.stamp()
            if stamp == watched.stamp:
                return
            watched.stamp = stamp
            mine = records.held(namespace, self.holder)
        for job, held in jobs.items():
            if job not in mine:
                held.cancel.set()


def hand_over(held: Held) -> None:
    """Ends a run, so that others go on with it."""
    held.handing_over = True
    held.cancel.set()


def _holder() -> str:
    return f"{os.uname().nodename}:{os.getpid()}:{new_id(4)[:8]}"
