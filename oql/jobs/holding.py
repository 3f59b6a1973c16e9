"""The jobs that this process holds: their leases are renewed, and their runs ended when they are no longer its own.

One thread looks every 50 ms whether anybody has changed a namespace in which jobs are held (someone may have cancelled
one), and gives a sign of life for all of them every second. With no job there is no thread. It waits for no commit: a
namespace in which nobody can write now costs the jobs of the others nothing.
"""

import logging
import os
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from oql.context import CancelFlag
from oql.errors import OqlError
from oql.jobs import records
from oql.journal import Journal
from oql.local import elapsed, new_id, wall_clock
from substrate.errors import StoreError
from substrate.interface import Frame, Namespace

LOOK_S = 0.05

_log = logging.getLogger("oql.jobs")


@dataclass(eq=False, slots=True)
class Held:
    """A job that is held. `handing_over`: its run is to end here, and go on elsewhere."""

    namespace: Namespace
    job: str
    cancel: CancelFlag
    handing_over: bool = False
    journal: Journal | None = None
    """Of a run that has begun; what it tells meanwhile is written within a look or two."""
    writing: "Future[None] | None" = None


@dataclass(slots=True)
class _Watched:
    namespace: Namespace
    jobs: dict[str, Held] = field(default_factory=dict)
    stamp: Hashable = None
    sign: Future[set[str]] | None = None
    """The last sign of life, which may still be on its way to the disk."""


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
            if self._thread is None or not self._thread.is_alive():
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
                    for held in list(watched.jobs.values()):
                        _write_waiting(held)
                    self._look(watched, renewing)
                except StoreError as error:
                    _log.warning("the leases of %s cannot be looked after: %s", watched.namespace.name, error.message)
                except Exception as error:  # noqa: BLE001 - all leases of the process depend on this thread
                    _log.error("looking after the leases of %s has failed", watched.namespace.name, exc_info=error)

    def _look(self, watched: _Watched, renewing: bool) -> None:
        namespace, jobs = watched.namespace, dict(watched.jobs)
        if renewing:
            self._give_sign(watched, jobs)
            return
        stamp = namespace.stamp()
        if stamp != watched.stamp:
            watched.stamp = stamp
            _end_others(jobs, records.held(namespace, self.holder))

    def _give_sign(self, watched: _Watched, jobs: Mapping[str, Held]) -> None:
        if watched.sign is None or watched.sign.done():
            watched.sign = watched.namespace.submit(self._renew)
            watched.sign.add_done_callback(partial(self._gave_sign, watched.namespace.name, jobs))

    def _renew(self, frame: Frame) -> set[str]:
        return records.renew(frame, self.holder, wall_clock())

    def _gave_sign(self, namespace: str, jobs: Mapping[str, Held], sign: "Future[set[str]]") -> None:
        if error := sign.exception():
            _log.warning("the leases of %s cannot be renewed: %s", namespace, error)
            return
        _end_others(jobs, sign.result())
        self._renewed(namespace, wall_clock() + records.LEASE_S)


def _write_waiting(held: Held) -> None:
    """Has written what a run has to tell, where nothing else of it leads to a commit."""
    journal = held.journal
    if journal and journal.keeper and journal.keeper.waiting and (held.writing is None or held.writing.done()):
        held.writing = held.namespace.submit(journal.write_waiting)
        held.writing.add_done_callback(partial(_wrote, held))


def _wrote(held: Held, writing: "Future[None]") -> None:
    error = writing.exception()
    if error and not isinstance(error, OqlError):  # the keeper's refusals the run meets itself when it writes again
        if held.journal:
            held.journal.lose(error)
        hand_over(held)  # what was to be written is lost here, and told again elsewhere


def _end_others(jobs: Mapping[str, Held], mine: set[str]) -> None:
    """Ends the runs of jobs that are no longer this process's own."""
    for job, held in jobs.items():
        if job not in mine:
            held.cancel.set()


def hand_over(held: Held) -> None:
    """Ends a run, so that others go on with it."""
    held.handing_over = True
    held.cancel.set()


def _holder() -> str:
    return f"{os.uname().nodename}:{os.getpid()}:{new_id(4)[:8]}"
