"""How jobs of the kinds "chain" and "pipeline" are run: see `oql.jobs.runner.Form`."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from chains.executions import events, steps
from chains.executions.keeper import ExecutionKeeper
from chains.executions.outbox import Outbox
from chains.inputs import Given
from chains.lowering import lowered
from chains.running.execution import Execution
from chains.running.telling import Teller
from oql.errors import Code, OqlError, failed
from oql.jobs.executions import take_slot
from oql.jobs.records import Job, JobKeeper
from oql.jobs.runner import Prepared
from oql.journal import Entry
from oql.local import wall_clock
from substrate.interface import Frame, Namespace

MOST_STALLS = 3
"""Interruptions without anything new in the journal, behind which an execution is not taken up again."""
INTERRUPTED = "Interrupted: server restarted"


class ExecutionForm:
    """Prepares runs of executions. `slots`: of a namespace; `on_restart`: what becomes of those that were cut off."""

    def __init__(
        self, slots: int, on_restart: Literal["resume", "error"] = "resume", clock: Callable[[], float] = wall_clock
    ) -> None:
        self._slots = slots
        self._on_restart = on_restart
        self._clock = clock

    def prepare(self, namespace: Namespace, job: Job, recorded: Mapping[str, Entry], written: int) -> Prepared | None:
        """One run of an execution; None where it has to wait for a slot. Raises ChainRefused, StoreError."""
        [(slot, given_up, stalls)] = namespace.system(
            "SELECT slot, given_up, stalls FROM execution WHERE job = ?", job.id
        )
        cut_off = job.fence - 1 != given_up
        if (slot == 0 or cut_off) and not namespace.write(lambda frame: self._admitted(frame, job, cut_off)):
            return None
        refused = self._refused(int(stalls or 0) + 1) if cut_off else None
        return self._prepared(namespace, job, written, cut_off, refused)

    def _prepared(
        self, namespace: Namespace, job: Job, written: int, cut_off: bool, refused: OqlError | None
    ) -> Prepared:
        keeper = self.keeper(namespace, job, written)
        outbox = keeper.outbox
        teller = Teller(job.id, outbox)
        ready = lowered(job.kind, job.name, job.source)
        options = job.options
        execution = Execution(
            ready, job.name, Given(options["given"], frozenset(options["omitted"])), steps.of(namespace, job.id),
            outbox, teller, texts=options["texts"],
            depth=int(options.get("depth", 0)), refused=refused,
        )  # fmt: skip
        if cut_off and not refused:
            teller.log("chain", "Continued after interruption")
        return Prepared(ready.program, keeper, execution)

    def keeper(self, namespace: Namespace, job: Job, written: int) -> ExecutionKeeper:
        """See Form."""
        outbox = Outbox({job.id: events.last(namespace, job.id)})
        return ExecutionKeeper(job.id, job.fence, written, outbox, self._clock, job.options.get("answers"))

    def _refused(self, stalls: int) -> OqlError | None:
        if self._on_restart == "error" or stalls >= MOST_STALLS:
            return failed(Code.CHAIN_FAILED, INTERRUPTED)
        return None

    def _admitted(self, frame: Frame, job: Job, cut_off: bool) -> bool:
        """Takes a slot, or has the job wait for one; counts an interruption. Raises Fenced."""
        JobKeeper(job.id, job.fence).check(frame)
        if not take_slot(frame, job.id, self._slots):
            frame.system(
                "UPDATE job SET state = 'queued', holder = NULL, due = NULL WHERE id = ? AND fence = ?",
                job.id, job.fence,
            )  # fmt: skip
            frame.system("UPDATE execution SET given_up = ? WHERE job = ?", job.fence, job.id)
            return False
        if cut_off:
            frame.system("UPDATE execution SET stalls = stalls + 1 WHERE job = ?", job.id)
        return True


def forms(slots: int, on_restart: Literal["resume", "error"]) -> dict[str, Any]:
    """The forms of all executions by the kinds of their jobs."""
    form = ExecutionForm(slots, on_restart)
    return {"chain": form, "pipeline": form}
