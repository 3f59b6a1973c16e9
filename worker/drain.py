"""All that is due in a namespace: crons, schedules and watches make jobs, jobs are run, deliveries are sent.

One call runs one job after the other. When it has taken its first it has others look at what is due next, so that a job
that waits for the world does not hold up those behind it. Once is enough: whoever comes asks in turn, until one sees
nothing more, and what is made later comes with a mark of its own.
"""

import threading
import time
from collections.abc import Callable

from chains.cached import drop_old
from chains.schedules.firing import Launch, fire_due as fire_schedules
from chains.schedules.record import settle
from oql.jobs import records
from oql.jobs.due import next_due, next_job
from oql.jobs.pruning import prune
from oql.jobs.records import Job
from oql.jobs.runner import Runner
from substrate.errors import NotFound
from substrate.interface import Frame, Namespace
from worker import metrics
from worker.deliveries import Deliverer
from worker.marks import LEASE_SECONDS
from worker.schedules import fire_due
from worker.watching import watch_due

TURN_S = 1.0
"""How long one call goes on taking jobs before other namespaces have their turn."""
UPKEEP_S = 1.0
"""How long one call goes on with what the store has to do there, such as filling a table that is being changed."""
KEEP_JOBS_S = 7 * 86_400
"""How long jobs are kept after their end."""
PRUNE_S = 600.0


class NamespaceDrain:
    """Does the work of namespaces.

    more(namespace, at): has others look at a namespace at a time. launcher(namespace): starts chains that are scheduled
    there; None where nobody schedules any. keep_executions_s: how long executions of chains are kept once they have
    ended; None for ever.
    """

    def __init__(
        self,
        namespaces: Callable[[str], Namespace],
        runner: Runner,
        deliverer: Deliverer,
        more: Callable[[str, float], None],
        clock: Callable[[], float] = time.time,
        launcher: Callable[[str], Launch] | None = None,
        keep_executions_s: float | None = KEEP_JOBS_S,
    ) -> None:
        self._namespaces = namespaces
        self._runner = runner
        self._deliverer = deliverer
        self._more = more
        self._clock = clock
        self._launcher = launcher
        self._keep_executions_s = keep_executions_s
        self._stopping = threading.Event()
        self._pruned: dict[str, float] = {}

    def drain(self, namespace: str) -> float | None:
        """Does all that is due there; the Unix time when work is due next, None for never."""
        there = self._namespaces(namespace)
        try:
            if not there.exists():
                return None
            return self._drain(there)
        except NotFound:  # deleted meanwhile
            return None

    def stop(self) -> None:
        """Takes no more jobs, and hands over those that run."""
        self._stopping.set()
        self._runner.holding.hand_over()

    def _drain(self, there: Namespace) -> float | None:
        ends, left_alone = time.monotonic() + TURN_S, self._clock() + LEASE_SECONDS
        fire_due(there, self._clock())
        if self._launcher:
            fire_schedules(there, self._clock(), self._launcher(there.name))
        behind = watch_due(there, self._clock())
        asked = False
        while not self._stopping.is_set() and time.monotonic() < ends:
            job = self._claimed(there)
            if job is None:
                break
            if not asked:
                self._ask(there, left_alone)
            asked = True
            with metrics.job_running():
                self._runner.run(there, job)
        self._deliverer.deliver_due(there, self._clock())
        self._prune(there)
        there.upkeep(UPKEEP_S)
        return self._clock() if behind else self._next_due(there)

    def _claimed(self, there: Namespace) -> Job | None:
        if not self._is_due(there):
            return None
        now, at_once = self._clock(), self._runner.at_once(there.name)

        def work(frame: Frame) -> list[Job]:
            return records.claim(frame, self._runner.holding.holder, now, 1, at_once)

        found = there.write(work)
        return found[0] if found else None

    def _ask(self, there: Namespace, left_alone: float) -> None:
        """Sees to what is due before anybody else would look here, which this call may then be too busy for."""
        due = self._next_due(there)
        if due is not None and due < left_alone:
            self._more(there.name, due)

    def _is_due(self, there: Namespace) -> bool:
        now = self._clock()
        due = next_job(there, now, self._runner.at_once(there.name))
        return due is not None and due <= now

    def _next_due(self, there: Namespace) -> float | None:
        return next_due(there, self._clock(), self._runner.at_once(there.name))

    def _prune(self, there: Namespace) -> None:
        now = self._clock()
        if now < self._pruned.get(there.name, 0.0):
            return
        self._pruned[there.name] = now + PRUNE_S

        def work(frame: Frame) -> None:
            settle(frame)
            drop_old(frame, now)
            prune(frame, now, KEEP_JOBS_S, self._keep_executions_s)

        there.write(work)
