"""A run that somebody waits for. It becomes a job when that takes too long, has to wait itself, or is asked to."""

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oql import engine
from oql.context import CancelFlag
from oql.engine import Outcome
from oql.errors import Code, failed, timed_out
from oql.jobs import records
from oql.jobs.due import running
from oql.jobs.holding import Held
from oql.jobs.records import Job, JobKeeper
from oql.jobs.runner import VARIABLES, Runner
from oql.jobs.waits import OpenWait
from oql.journal import Fenced, Journal
from oql.program import Program
from oql.sites import Reply
from oql.values import Value
from substrate.interface import Frame, Namespace


@dataclass(slots=True)
class Ended:
    """How a foreground run has ended. `job`: it became one; `waits`: what that waits for."""

    outcome: Outcome
    job: bool
    waits: list[OpenWait]


class ForegroundRun:
    """One run in this process; `execute` runs on a thread, and everything else may be called from others.

    `ask`: see `oql.journal.Journal`. `variables`: those that the program finds bound, here and when it goes on.
    `reply`: the answer of a site, which the run fills here and not where it goes on. `begun` is set once it runs, and
    by whoever sees that it never will: it cannot be kept before.
    """

    def __init__(
        self,
        runner: Runner,
        namespace: Namespace,
        job: str,
        request: Mapping[str, Value],
        options: Mapping[str, Any],
        *,
        ask: Callable[[str, dict[str, Any]], Value] | None = None,
        variables: dict[str, Value] | None = None,
        reply: Reply | None = None,
    ) -> None:
        self.cancel = CancelFlag()
        self.begun = threading.Event()
        self._runner = runner
        self._namespace = namespace
        self._id = job
        self._request = request
        self._options = options
        self._created = runner.clock()
        self._journal = Journal(job, namespace, ask=ask)
        self._variables = variables
        self._reply = reply
        self._held = Held(namespace, job, self.cancel)
        self._job: Job | None = None
        self._source = ""
        self._ended = False
        self._timed_out: float | None = None
        self._lock = threading.Lock()

    def execute(self, program: Program) -> Ended:
        """Runs the program to its end, or its suspension. Raises StoreError where a suspended run cannot be kept."""
        self._source = program.source.text
        self.begun.set()
        context = self._runner.make_context(self._namespace.name, self._id, self._request, self.cancel, self._journal)
        context.reply = self._reply
        if self._variables:
            self._journal.note({"k": VARIABLES, "v": self._variables})
        try:
            outcome = engine.run(program, context, self._variables)
            with self._lock:
                self._ended = True
            if outcome.status == "suspended" and self._job is None:
                if self._journal.forgetful:
                    outcome.error = failed(Code.LIMIT_EXCEEDED, "the run has read too much to be suspended")
                else:
                    self._become_job()
            return self._conclude(outcome)
        finally:
            self._runner.holding.drop(self._held)

    def keep(self) -> bool:
        """Makes the run a job; False where it is over, or has read too much to be kept. Raises StoreError."""
        with self._lock:
            if self._ended or self._journal.forgetful or not self._source:
                return False
            if self._job is None and self._become_job() > (self._runner.at_once(self._namespace.name) or math.inf):
                self.hand_over()  # it goes on when its turn comes
            return True

    @property
    def kept(self) -> bool:
        """Whether the run is a job now."""
        return self._job is not None

    def abandon(self) -> None:
        """Ends the run because nobody waits any longer, unless it is a job."""
        with self._lock:
            if self._job is None:
                self.cancel.set()

    def time_out(self, seconds: float) -> None:
        """Ends the run because nobody waits any longer, and it cannot be kept."""
        self._timed_out = seconds
        self.cancel.set()

    def hand_over(self) -> None:
        """Ends the run here, of a job, so that a worker goes on with it."""
        self._held.handing_over = True
        self.cancel.set()

    def _become_job(self) -> int:
        """Makes the run a job; how many of the namespace are running then."""
        holding, now, now_running = self._runner.holding, self._runner.clock(), 0
        made: Job | None = None

        def begin(frame: Frame) -> None:
            nonlocal made, now_running
            records.create(
                frame, id=self._id, source=self._source, request=self._request, options=self._options,
                now=now, created=self._created, holder=holding.holder,
            )  # fmt: skip
            made, now_running = records.find(frame, self._id), running(frame, now)

        self._journal.keep(JobKeeper(self._id, 1), begin)
        self._job = made  # from the commit on it is a job, whatever fails here
        holding.take(self._held)
        return now_running

    def _conclude(self, outcome: Outcome) -> Ended:
        if self._job is None:
            if self._timed_out is not None and outcome.error is not None and outcome.error.final:
                outcome.error = timed_out("wall time", self._timed_out)
            return Ended(outcome, False, [])
        waits: list[OpenWait] = []
        try:
            waits = self._runner.conclude(self._namespace, self._job, self._held, self._journal, outcome)
        except Fenced:
            self._runner.let_go(self._held)
        return Ended(outcome, True, waits)
