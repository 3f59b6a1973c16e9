"""One execution while it runs: the tasks of a graph, one for each step (see `oql.graph.Tasks`)."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from chains.executions.outbox import Outbox
from chains.executions.steps import StepState
from chains.inputs import Given
from chains.lowering import Lowered
from chains.paths import files_in
from chains.references import Scope
from chains.running import flow
from chains.running.nested import close_inside
from chains.running.telling import Teller
from chains.spec import Router, Step
from chains.types import TYPES
from chains.types.router import chosen_key, skip_message, skipped
from oql import json
from oql.errors import Code, OqlError, failed
from oql.journal import Fenced, Interrupted, error_of
from oql.trace import OK, SKIPPED
from oql.values import Value
from substrate.interface import Frame

if TYPE_CHECKING:
    from oql.machine import Machine

EXIT = "exit"
"""What the journal has, behind the place of an execution, once a step has ended it early."""
FAILED = ":error"
"""What the journal has, behind the key of a step, once that has failed: with what."""
_KEPT_CODES = frozenset({Code.CONFIRM_REJECTED, Code.TIMEOUT, Code.NET_UNREACHABLE, Code.NET_TIMEOUT})


class Execution:
    """The steps of one chain. `name`: of the chain; `place`: where its steps stand in the journal.

    states: how far the steps have come, in the order of the text. texts: of chains that it runs, by name, where they
    were taken along at its start.
    """

    def __init__(
        self,
        ready: Lowered,
        name: str,
        given: Given,
        states: list[StepState],
        outbox: Outbox,
        teller: Teller,
        *,
        place: str = "",
        texts: Mapping[str, str] | None = None,
        depth: int = 0,
        refused: OqlError | None = None,
    ) -> None:
        self.ready = ready
        self.chain = ready.chain
        self.name = name
        self.given = given
        self.states = states
        self.outbox = outbox
        self.teller = teller
        self.place = place
        self.texts = texts or {}
        self.depth = depth
        self._refused = refused
        self._lock = threading.RLock()
        self._exited = False
        self._cancelled: Callable[[], bool] = bool
        self._machine: Machine | None = None
        self.variables: dict[str, str] = {}
        self._held: dict[int, int] = {}
        self._routers: dict[str, list[Router]] = {}
        for router in self.chain.steps:
            if isinstance(router, Router):
                for name in {name for route in router.routes.values() for name in route}:
                    self._routers.setdefault(name, []).append(router)

    # the tasks of a graph

    def begin(self, machine: "Machine") -> bool:
        """Finds what earlier runs have left. False where there is nothing to run."""
        self.variables = dict(self.given.variables)
        ended = sorted((state for state in self.states if state.ended), key=lambda state: state.finished or 0)
        for state in ended:
            self._set(self.step_of(state), state.status, state.variable or "")
        self._cancelled = machine.context.cancel.is_set
        journal = machine.context.journal
        assert journal is not None
        self._machine = machine
        self._exited = journal.recall(self.place + EXIT) is not None
        return self._refused is None and not self._exited

    def computes(self, number: int) -> bool:
        """Whether a step only computes."""
        step = self.chain.steps[number]
        return self.states[number].ended or (
            TYPES[step.type].pure(step) and not step.pre_tools and not step.context_strategy
        )

    def perform(self, number: int, machine: "Machine") -> str:
        """Does a step. Raises OqlError where it fails."""
        state, step = self.states[number], self.chain.steps[number]
        if not state.ended:
            self._perform(step, state, machine)
        return SKIPPED if state.status == "skipped" else OK

    def _perform(self, step: Step, state: StepState, machine: "Machine") -> None:
        if state.status == "error":
            entry = machine.context.journal and machine.context.journal.recall(self.key_of(state.number) + FAILED)
            raise error_of(entry) if entry else failed(Code.CHAIN_FAILED, state.error or "")
        passed_over = self._not_chosen(step)
        if passed_over is not None:
            self.skip(step, state, kept=True)
            self.teller.tell(("step_log", _line(step, passed_over)), state=state)
            return
        flow.run(self, step, state, machine)

    @property
    def over(self) -> bool:
        """Whether a step has ended it early."""
        return self._exited

    def end(self, failure: OqlError | None) -> Value:
        """Skips what has not run. Raises what the execution has failed with."""
        if failure and (self._cancelled() or isinstance(failure, (Fenced, Interrupted))):
            raise failure  # whoever has cancelled it has ended it too; or it goes on elsewhere
        ended = self._refused or failure
        if (ended or self._exited) and self._machine:
            flow.flush(self._machine)
            close_inside(self, self._machine, ended.message if ended else "Early exit")
        for state in self.states:
            if state.status in ("pending", "running"):
                state.status = "skipped"
                self.outbox.put(self.teller.execution, state=state)
        self.outbox.put(self.teller.execution, work=self._close)
        if ended:
            raise ended
        return self.variables.get(self.chain.output, "")

    def _close(self, frame: Frame) -> None:
        """Nobody is waited for any longer; what the outputs name as files is noted for lists."""
        frame.system(
            "UPDATE wait SET state = 'cancelled' WHERE state = 'open' AND job = "
            "(SELECT root FROM execution WHERE job = ?) AND substr(key, 1, CAST(? AS INTEGER)) = ?",
            self.teller.execution, len(self.place), self.place,
        )  # fmt: skip
        found = files_in(state.output or "" for state in self.states if state.status == "done")
        if found:
            frame.system(
                "UPDATE execution SET files = ? WHERE job = ?", json.dumps(found).decode(), self.teller.execution
            )

    # what the flow of a step needs

    def step_of(self, state: StepState) -> Step:
        """The step of a state."""
        return self.chain.steps[state.number]

    def state_of(self, step: str) -> StepState:
        """The state of a step."""
        return self.states[self.ready.numbers[step]]

    def key_of(self, number: int) -> str:
        """What the journal calls a step."""
        return f"{self.place}{number + 1}"

    def seen(self) -> dict[str, str]:
        """The variables as they are now, the earliest first."""
        with self._lock:
            return dict(self.variables)

    def scope(self, variables: Mapping[str, str], step: str) -> Scope:
        """What references in a step's texts stand for."""
        return self.chain.scope(variables, self.given.omitted, lambda message: self.teller.log(step, message, "warn"))

    def hold(self, number: int, size: int, machine: "Machine") -> None:
        """Charges memory for what parts of a step have given, until it has ended. Raises OqlError (LimitExceeded)."""
        with self._lock:
            self._held[number] = self._held.get(number, 0) + size
        machine.occupy(size)

    def let_go(self, number: int, machine: "Machine") -> None:
        """Gives back what was charged for the parts of a step."""
        with self._lock:
            size = self._held.pop(number, 0)
        machine.occupy(-size)

    def ended(self, step: Step, state: StepState) -> None:
        """A step is done or skipped: its variable is there for others."""
        self._set(step, state.status, state.variable or "")

    def skip(self, step: Step, state: StepState, *, kept: bool, variable: str = "") -> None:
        """A step counts as skipped; its variable is `variable` where no other step has written it."""
        state.status, state.kept, state.variable = "skipped", int(kept), variable
        self._set(step, "skipped", variable)

    def exit(self, step: Step, state: StepState, machine: "Machine") -> None:
        """Ends the execution early, with the value that the output variable has now."""
        self.skip(step, state, kept=True, variable=self.seen().get(self.chain.output, ""))
        journal = machine.context.journal
        assert journal is not None
        journal.note({"k": self.place + EXIT, "v": True})
        self._exited = True

    def _set(self, step: Step, status: str, value: str) -> None:
        with self._lock:
            if status == "skipped" and not value and self._written_by_another(step):
                return
            self.variables.pop(step.output_var, None)  # so that the order is that in which they were written
            self.variables[step.output_var] = value

    def _written_by_another(self, step: Step) -> bool:
        return any(
            state.status == "done" and self.step_of(state).output_var == step.output_var
            for state in self.states
            if state.id != step.id
        )

    def _not_chosen(self, step: Step) -> str | None:
        """Why no router wants a step; None where one does, or none names it."""
        named_by = self._routers.get(step.id, [])
        keys = [chosen_key(router, self._chosen(router)) for router in named_by]
        if named_by and all(step.id in skipped(router, key) for router, key in zip(named_by, keys, strict=True)):
            return skip_message(next((key for key in keys if key), None))
        return None

    def _chosen(self, router: Router) -> str | None:
        state = self.state_of(router.id)
        return state.output if state.status == "done" else None


def _line(step: Step, message: str) -> dict[str, str]:
    return {"stepId": step.id, "message": message, "level": "info"}


def chain_error(error: OqlError, step: Step) -> OqlError:
    """What an execution fails with where a step does: codes that say what happened outside stay."""
    if error.final or error.code in _KEPT_CODES or step.type == "oql":
        return error
    changed = OqlError(Code.CHAIN_FAILED, error.message, error.span, error.hint)
    changed.within = error.within
    return changed
