"""Runs jobs: from what earlier runs have recorded to their end, the next suspension, or to somebody else's hands."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from oql import deliveries, engine, json, program
from oql.context import CancelFlag, Context
from oql.engine import Outcome
from oql.errors import Code, OqlError, failed
from oql.graph import Tasks
from oql.jobs import journals, records
from oql.jobs.holding import Held, Holding
from oql.jobs.records import Job, JobKeeper
from oql.jobs.states import State
from oql.jobs.waits import OpenWait
from oql.journal import FOR_PEOPLE, Entry, Fenced, Interrupted, Journal, Suspended, by_key
from oql.local import new_id, wall_clock
from oql.program import Program
from oql.report import error_json
from oql.source import Source
from oql.values import to_json
from substrate.errors import StoreError
from substrate.interface import Frame, Namespace
from substrate.interface.faults import reach

AGAIN_S = 1.0
"""How long a job rests that could not go on, doubled with every attempt up to a minute."""
VARIABLES = "variables"
"""The key in a job's journal of the variables that its program finds bound, where there are any. No step has it."""

_log = logging.getLogger("oql.jobs")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one run of a job needs: its program, who writes its journal, and what does the tasks of its graph."""

    program: Program
    keeper: JobKeeper
    tasks: Tasks | None = None


class Form(Protocol):
    """How jobs of one kind are run."""

    def prepare(self, namespace: Namespace, job: Job, recorded: Mapping[str, Entry], written: int) -> Prepared | None:
        """One run of a job that was claimed, whose journal has so many bytes; None where it is given back.

        Raises OqlError where it cannot run, and never will.
        """

    def keeper(self, namespace: Namespace, job: Job, written: int) -> JobKeeper:
        """Who writes the end of a job that cannot run."""


class Programs:
    """Jobs whose source is a program."""

    def prepare(self, namespace: Namespace, job: Job, recorded: Mapping[str, Entry], written: int) -> Prepared | None:
        """See Form. Raises ProgramError."""
        return Prepared(program.load(job.source), self.keeper(namespace, job, written))

    def keeper(self, namespace: Namespace, job: Job, written: int) -> JobKeeper:
        """See Form."""
        return JobKeeper(job.id, job.fence, written)


@dataclass(slots=True)
class Runner:
    """Runs the jobs of one process. `make_context`: as `oql.contexts.Contexts.make`; `forms`: by the kinds of jobs."""

    holding: Holding
    make_context: Callable[..., Context]
    clock: Callable[[], float] = wall_clock
    at_once: Callable[[str], int | None] = lambda namespace: None
    """How many jobs of a namespace may run at once, over all processes; None for any number."""
    forms: Mapping[str, Form] = field(default_factory=dict)

    def run(self, namespace: Namespace, job: Job) -> None:
        """Runs a job that was claimed. Raises nothing: what goes wrong is the job's, or is tried again."""
        reach("after the claim of a job")
        cancel = CancelFlag()
        held = Held(namespace, job.id, cancel)
        self.holding.take(held)
        try:
            self._run(namespace, job, held)
        except Fenced:
            self.let_go(held)
        except StoreError as error:
            _log.warning("job %s of %s goes on when its lease has ended: %s", job.id, namespace.name, error.message)
        finally:
            self.holding.drop(held)

    def _run(self, namespace: Namespace, job: Job, held: Held) -> None:
        entries, told, size = journals.read(namespace, job.id)
        recorded = by_key(entries)
        form = self.forms.get(job.kind, _PROGRAMS)
        try:
            ready = form.prepare(namespace, job, recorded, size)
        except OqlError as error:
            answer = {"error": error_json(error, Source(job.source))}
            keeper = form.keeper(namespace, job, size)
            namespace.write(lambda frame: self._end(frame, job, keeper, "error", answer))
            return
        if ready is None:
            return
        age = max(0.0, self.clock() - (job.started or job.created))
        journal = held.journal = Journal(job.id, namespace, recorded, ready.keeper, before=told, age=age)
        context = self.make_context(namespace.name, job.id, job.request, held.cancel, journal, created=job.created)
        if ready.tasks:
            context.tasks = ready.tasks
            context.limits = replace(context.limits, outbound_calls=context.limits.execution_calls)
        bound = journal.recall(VARIABLES)
        self.conclude(namespace, job, held, journal, engine.run(ready.program, context, bound and bound["v"]))

    def conclude(
        self, namespace: Namespace, job: Job, held: Held, journal: Journal, outcome: Outcome
    ) -> list[OpenWait]:
        """Writes how a run of a job has ended; what it waits for, where it is suspended. Raises Fenced, StoreError."""
        keeper = journal.keeper
        assert isinstance(keeper, JobKeeper)
        error, now = outcome.error, self.clock()
        if isinstance(error, Fenced) or (held.cancel.is_set() and not held.handing_over and _was_cancelled(error)):
            raise Fenced
        if isinstance(error, Suspended) and not journal.lost:
            return namespace.write(lambda frame: self._suspend(frame, job, keeper, journal, now))
        if journal.lost or isinstance(error, Interrupted) or (held.handing_over and _was_cancelled(error)):
            rest = 0.0 if held.handing_over else min(60.0, AGAIN_S * 2 ** min(job.attempts, 10))
            _log.info("job %s of %s goes on elsewhere in %g s", job.id, namespace.name, rest)
            namespace.write(lambda frame: self._release(frame, keeper, journal, now + rest))
            return []
        state: State = "error" if error else "complete"
        answer = answer_of(outcome)
        reach("before the end of a job")
        namespace.write(lambda frame: self._finish(frame, job, keeper, journal, outcome, state, answer))
        reach("after the end of a job")
        return []

    def let_go(self, held: Held) -> None:
        """Says that a cancelled job's run has ended."""
        try:
            held.namespace.write(lambda frame: records.let_go(frame, held.job, self.holding.holder))
        except StoreError as error:
            _log.warning("job %s could not be let go of: %s", held.job, error.message)

    def _finish(
        self, frame: Frame, job: Job, keeper: JobKeeper, journal: Journal, outcome: Outcome, state: State,
        answer: dict[str, Any],
    ) -> None:  # fmt: skip
        journal.end(frame, outcome.failures)
        sums = journal.progress.sums() if journal.progress else []
        if sums:
            journals.append(frame, job.id, [], sums)
        self._end(frame, job, keeper, state, answer)

    def _end(self, frame: Frame, job: Job, keeper: JobKeeper, state: State, answer: dict[str, Any]) -> None:
        now = self.clock()
        keeper.end(frame, state, answer, now)
        tell(frame, job, state, answer, now)

    def _suspend(self, frame: Frame, job: Job, keeper: JobKeeper, journal: Journal, now: float) -> list[OpenWait]:
        journal.end(frame)
        waits = keeper.suspend(frame, journal.waits_in_order(), now)
        if any(wait.kind in FOR_PEOPLE for wait in waits):
            tell(frame, job, "suspended", {}, now)
        return waits

    @staticmethod
    def _release(frame: Frame, keeper: JobKeeper, journal: Journal, due: float) -> None:
        journal.end(frame)
        keeper.release(frame, due)


_PROGRAMS = Programs()


def tell(frame: Frame, job: Job, state: State, answer: Mapping[str, Any], now: float) -> None:
    """Queues the webhook of a job, where it has one. An answer that is too large for it is left out."""
    url = job.options.get("webhook")
    if url:
        payload = {
            "type": f"job.{state}", "job_id": job.id, "status": state, "result": answer.get("result"),
            "error": answer.get("error"), "timestamp": now,
        }  # fmt: skip
        if len(json.dumps(payload, str)) > deliveries.MOST_WEBHOOK_BYTES:
            payload |= {"result": None, "error": None, "omitted": True}
        deliveries.add_webhook(frame, job=job.id, url=url, payload=payload, now=now, new_id=new_id)


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """What a job answers in the end: {"result"} or {"error"}, as JSON can carry it."""
    if outcome.error is None:
        try:
            to_json(outcome.result)
            return {"result": outcome.result}
        except json.JsonError as error:
            outcome.error = failed(Code.JSON_FAILED, error.message)
        except OqlError as error:
            outcome.error = error
    return {"error": error_json(outcome.error, outcome.program.source)}


def _was_cancelled(error: OqlError | None) -> bool:
    return error is not None and error.final
