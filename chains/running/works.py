"""What a step may ask of its execution; see `chains.work.Work`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chains import pretools
from chains.asking import answer, attempt_seconds, models_of
from chains.conditions import condition as read_condition
from chains.context import View, prompt_text, summarizing
from chains.executions.steps import StepState
from chains.paths import below_root
from chains.references import Scope, template
from chains.running import nested
from chains.running.attempts import performed
from chains.spec import Chain, Step
from chains.types import TYPES
from chains.work import Level, Output, OwnTool, Told, added
from oql import pool
from oql.context import Context
from oql.errors import Code, OqlError, timed_out
from oql.journal import Fenced, Interrupted, Suspended, given
from oql.recording import StepRun
from substrate.interface import Frame

if TYPE_CHECKING:
    from chains.running.execution import Execution
    from oql.machine import Machine

T = TypeVar("T")


class StepWork:
    """The work of one step, or of a part of it: `own` are the variables that only it sees."""

    def __init__(
        self,
        execution: "Execution",
        step: Step,
        state: StepState,
        machine: "Machine",
        key: str,
        seen: Mapping[str, str],
        own: Mapping[str, str] | None = None,
        *,
        chunk_prefix: str = "",
        ends: int | None = None,
        outer: "StepWork | None" = None,
        label: str = "",
    ) -> None:
        self.step = step
        self.chain: Chain = execution.chain
        self.chain_name = execution.name
        self.execution = execution.teller.execution
        self.context: Context = machine.context
        self.key = key
        self.label = label
        self.machine = machine
        self.own: dict[str, str] = dict(own or {})
        self.tokens: tuple[int | None, int | None] = (None, None)
        self._running = execution
        self._state = state
        self._seen = seen
        self._chunk_prefix = chunk_prefix
        self._ends = ends
        self._outer = outer

    # texts

    @property
    def variables(self) -> Mapping[str, str]:
        """Everything that the step can refer to."""
        return {**self._seen, **self.own}

    def add_variables(self, values: Mapping[str, str]) -> None:
        """Adds variables that only this step sees."""
        self.own.update(values)

    def resolve(self, text: str) -> str:
        """A text with its references filled in."""
        return template(text, self.chain.names).fill(self.scope)

    def prompt(self, text: str) -> str:
        """The same, for a model to read."""
        view = View(
            self.step.context_strategy, self.chain.max_context_chars, summarizing(self, attempt_seconds(self)), self.log
        )
        return prompt_text(text, self.scope, view)

    def holds(self, condition: str) -> bool:
        """Whether a condition holds now."""
        return read_condition(condition, self.chain.names).holds(self.scope)

    def path(self, text: str) -> str:
        """A path below /root/."""
        return below_root(text, self.resolve(self.step.cwd) or self.context.environment.chains.workspace_dir)

    @property
    def scope(self) -> Scope:
        """What references stand for now."""
        return self._running.scope(self.variables, self._state.id)

    # what is told

    def log(self, message: str, level: Level = "info", *, once: str = "") -> None:
        """Tells those who follow something."""
        self.tell("step_log", once=once, message=message, level=level)

    def chunk(self, text: str, *, once: str = "") -> None:
        """Tells them a piece of output."""
        self.tell("step_output", once=once, chunk=self._chunk_prefix + text)

    def tell(self, kind: str, *, once: str = "", **fields: Any) -> None:
        """Tells them an event of the step; `once`: the name under which a repetition finds that it was told."""
        event = kind, {"stepId": self._state.id, **fields}
        if once:
            self.keep(once, True, lambda: self._running.teller.tell(event))
        else:
            self._running.teller.tell(event)

    def keep(self, name: str, value: Any, tell: Callable[[], None]) -> None:
        """Notes a value, and tells of it in the same commit, unless an earlier run has noted one."""
        journal = self.context.journal
        assert journal is not None
        key = f"{self.key}:{name}"
        if journal.recall(key) is None:
            journal.note_telling({"k": key, "v": value}, tell)

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """Adds to the tokens of the step."""
        self.tokens = added(self.tokens[0], input_tokens), added(self.tokens[1], output_tokens)
        if self._outer:
            self._outer.count(input_tokens, output_tokens)

    def from_cache(self) -> None:
        """Nothing was asked for this output."""
        self.tokens = (None, None)

    # effects

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept before the step goes on."""
        journal = self.context.journal
        assert journal is not None
        key = f"{self.key}:{name}"
        entry = journal.recall(key)
        if entry is not None:
            return given(entry)
        value = make()
        journal.note({"k": key, "v": value})
        journal.flush()
        return value

    def recalled(self, name: str) -> Any:
        """What an earlier run has kept under a name; None for nothing."""
        journal = self.context.journal
        assert journal is not None
        entry = journal.recall(f"{self.key}:{name}")
        return None if entry is None else given(entry)

    def with_commit(self, work: Callable[[Frame], None]) -> None:
        """Does something in the store in the commit that says that the step is done."""
        self._running.outbox.put(self.execution, work=work)

    def ask(
        self,
        prompt: str,
        *,
        name: str = "answer",
        system: str = "",
        model: str = "",
        default_model: str = "",
        tools: Sequence[str] | None = None,
        own: Sequence[OwnTool] = (),
        tell: Callable[[str], None] | None = None,
    ) -> Told:
        """What a model answers."""
        return answer(
            self,
            prompt,
            name=name,
            system=system or self.resolve(self.step.system),
            models=models_of(self, model, default_model),
            tools=self.step.tools if tools is None else tools,
            own=own,
            retry=self.step.retry,
            seconds=attempt_seconds(self),
            tell=tell,
        )

    def clock(self) -> float:
        """Unix seconds at this moment."""
        return self.machine.clock()

    def seconds_left(self) -> float:
        """How long this attempt may go on."""
        left = self.machine.seconds_left()
        if self._ends is None:
            return left
        return max(0.001, min(left, (self._ends - self.context.monotonic_ns()) / 1e9))

    def call_out(self) -> None:
        """Counts a call that leaves the machine."""
        self.machine.call_out()

    def claim(self, size: int) -> None:
        """Asks for bytes before they are made."""
        self.machine.claim(size)

    def wait(self, seconds: float) -> None:
        """Waits; raises when the execution is cancelled."""
        self.machine.wait(seconds)

    def pause(self, name: str, seconds: float) -> None:
        """Waits until a moment that a repetition of the step does not wait for again."""
        until = self.once(name, lambda: self.clock() + seconds)
        while (left := until - self.clock()) > 0:
            self.wait(left)

    def look(self) -> None:
        """Raises when the execution is cancelled or out of time, or the attempt is."""
        self.machine.look()
        if self._ends is not None and self.context.monotonic_ns() > self._ends:
            raise OqlError(Code.TIMEOUT, timed_out(f'time of step "{self.step.id}"', attempt_seconds(self)).message)

    # parts

    def timed(self) -> "StepWork":
        """The same with a time limit that begins now."""
        ends = self.context.monotonic_ns() + int(attempt_seconds(self) * 1e9)
        return self._inner(self.key, self.label, self.step, {}, self._chunk_prefix, ends)

    def part(
        self,
        label: str,
        variables: Mapping[str, str] | None = None,
        *,
        step: Step | None = None,
        chunk_prefix: str = "",
    ) -> "StepWork":
        """The work of one part of the step."""
        return self._inner(
            f"{self.key}.{label}",
            ":".join(filter(None, (self.label, label))),
            step or self.step,
            variables or {},
            self._chunk_prefix + chunk_prefix,
            self._ends,
        )

    def _inner(
        self, key: str, label: str, step: Step, variables: Mapping[str, str], chunk_prefix: str, ends: int | None
    ) -> "StepWork":
        return StepWork(
            self._running, step, self._state, self.machine, key, self._seen, {**self.own, **variables},
            chunk_prefix=chunk_prefix, ends=ends, outer=self, label=label,
        )  # fmt: skip

    def run_pre_tools(self) -> None:
        """Adds what the pre-tools of the step give, where its type may have any."""
        if TYPES[self.step.type].pre_tools and self.step.pre_tools:
            self.add_variables(pretools.run_all(self.step, self))

    def perform(self) -> Output:
        """Does what a step of its type does."""
        journal = self.context.journal
        assert journal is not None
        key = f"{self.key}:performed"
        kept = journal.recall(key)
        if kept is not None:
            return self._performed_before(given(kept))
        began = self.context.monotonic_ns()
        self.run_pre_tools()
        output = performed(self.step, self)
        taken = (self.context.monotonic_ns() - began) // 1_000_000 if output.duration_ms is None else output.duration_ms
        output = replace(output, duration_ms=taken)
        self._running.hold(self._state.number, len(output.text), self.machine)
        journal.note({"k": key, "v": [output.text, output.variable, output.skipped, taken, *self.tokens]})
        if taken:  # a repetition from what is kept inside it would take no time
            journal.flush()
        return output

    def _performed_before(self, kept: Sequence[Any]) -> Output:
        text, variable, skipped, taken, *tokens = kept
        self._running.hold(self._state.number, len(text), self.machine)
        self.count(*tokens)
        return Output(text, variable, skipped, taken)

    def all_at_once(self, tasks: Sequence[Callable[[], T]]) -> "list[T | Exception]":
        """Runs tasks at once; what each gave or raised, in order."""
        results: list[Any] = [None] * len(tasks)

        def one(index: int) -> None:
            try:
                results[index] = tasks[index]()
            except Exception as error:  # noqa: BLE001 - whoever asked looks at it
                results[index] = error

        pool.all_at_once([partial(one, index) for index in range(len(tasks))])
        raised = [each for each in results if isinstance(each, Exception)]
        for kind in (Fenced, Interrupted, Suspended):
            for error in raised:
                if isinstance(error, kind):
                    raise error
        for error in raised:
            if not isinstance(error, OqlError) or error.final:
                raise error
        return results

    def run_program(self, text: str, variables: Mapping[str, Any], *, may_suspend: bool = True) -> Any:
        """The value of a program of the language."""
        return nested.run_program(self, text, variables, may_suspend=may_suspend)

    def run_chain(self, name: str, inputs: Mapping[str, Any]) -> str:
        """The result of another chain, as a nested execution."""
        return nested.run_chain(self, self._running, name, inputs)

    def approve(
        self, prompt: str, seconds: float | None, *, needs_reason: bool = False, approved_at_deadline: bool = False
    ) -> dict[str, Any]:
        """The decision of a person, or what its absence comes to."""
        journal = self.context.journal
        assert journal is not None
        if journal.recall(f"{self.key}?") is None:
            self.tell("step_waiting_approval", once="asked", prompt=prompt)
        shown = {"prompt": prompt, "needs_reason": needs_reason}
        try:
            decision = StepRun(self.machine, journal, self.key).suspend("confirm", shown, seconds)
        except Suspended:
            raise
        except OqlError as error:
            if error.code is not Code.TIMEOUT or error.final:
                raise
            decision = {"approved": True, "reason": "timeout"} if approved_at_deadline else {"expired": True}
        if "approved" in decision:
            self._tell_decision(decision)
        return decision  # type: ignore[no-any-return]  # as the answer was checked

    def _tell_decision(self, decision: Mapping[str, Any]) -> None:
        action = "approved" if decision["approved"] else "rejected"
        reason = decision.get("reason")
        self.tell("gate_action", once="decided", action=action, **({"reason": reason} if reason else {}))

    def rerun(self, target: str, judgement: str, label: str) -> Output:
        """Runs another step of the chain again."""
        return nested.rerun(self, self._running, target, judgement, label)
