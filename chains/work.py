"""What the work of a step may ask of the execution that it is part of: `chains.running` answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from chains.references import Scope
from chains.spec import Chain, Step
from oql.context import Context

T = TypeVar("T")
Level = Literal["info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Output:
    """What a step has given. `variable`: the value of its output_var, the output where it is None.

    skipped: why the step counts as skipped although it was run, None where it does not. `duration_ms`: what is told
    instead of the time that has passed.
    """

    text: str
    variable: str | None = None
    skipped: str | None = None
    duration_ms: int | None = None

    @property
    def value(self) -> str:
        """The value of the step's output_var."""
        return self.text if self.variable is None else self.variable


@dataclass(frozen=True, slots=True)
class Told:
    """What a model has told. Tokens are None where the service counts none."""

    text: str
    input_tokens: int | None = None
    output_tokens: int | None = None


def added(first: int | None, second: int | None) -> int | None:
    """Two counts of tokens together; None counts nothing."""
    return second if first is None else first if second is None else first + second


@dataclass(frozen=True, slots=True)
class OwnTool:
    """A tool that a type of step gives to a model. takes: the name of the one text that a call brings; described:
    what that is; perform: gives what the model hears, or raises OqlError; most: how often it may be called."""

    name: str
    about: str
    takes: str
    described: str
    perform: Callable[[str], str]
    most: int


class Work(Protocol):
    """One step at work: its model, the variables that it sees, and what its effects go through.

    Inner results are kept in the journal under names that are unique in the step: a run that goes on after a crash gets
    what was made before. `part` gives the work of one element of it a room of its own for names.
    """

    step: Step
    chain: Chain
    execution: str
    """The id of the execution."""
    chain_name: str
    key: str
    """Where the step stands in the journal; the same for every repetition of it."""
    label: str
    """The labels of the parts that this is, outer ones first, joined by `:`; empty for a step of the chain."""
    context: Context
    """The run's: namespace, store, files, outbound, models, limits, cancel."""

    # texts

    @property
    def variables(self) -> Mapping[str, str]:
        """Everything that the step can refer to: inputs, outputs of steps, values of pre-tools, those of a loop."""

    @property
    def scope(self) -> Scope:
        """The same for whatever fills in references by itself; omitted inputs are empty, and told."""

    def resolve(self, text: str) -> str:
        """A text with its references filled in."""

    def prompt(self, text: str) -> str:
        """The same for what a model is to read: long variables as the step's context_strategy has them."""

    def holds(self, condition: str) -> bool:
        """Whether a condition holds now."""

    def path(self, text: str) -> str:
        """A path below /root/, as chains write paths: `/tmp/x`, or relative to the step's cwd."""

    # what is told

    def log(self, message: str, level: Level = "info", *, once: str = "") -> None:
        """Tells those who follow something: a step_log event. `once`: a name by which a repetition does not again."""

    def chunk(self, text: str, *, once: str = "") -> None:
        """Tells them a piece of output: a step_output event. `once`: as for `log`."""

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """Adds to the tokens of the step; for answers that `ask` did not bring."""

    # effects

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, as JSON, on disk before the step goes on: a repetition gets what was made then.

        An OqlError that `make` raises is not kept: a repetition tries again.
        """

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
        """What a model answers, kept as by `once`; with the retries, fallback models, tools and timeout of the step.

        model: instead of the step's; default_model: where the step names none; tools: instead of the step's; own:
        beside them; tell: gets the chunks instead of `chunk`. Tokens are counted for the step. Raises OqlError.
        """

    def seconds_left(self) -> float:
        """How long this attempt of the step may go on."""

    def call_out(self) -> None:
        """Counts a call that leaves the machine, before it is made."""

    def wait(self, seconds: float) -> None:
        """Waits; raises when the execution is cancelled."""

    def look(self) -> None:
        """Raises when the execution is cancelled or out of time."""

    def claim(self, size: int) -> None:
        """Asks for so many bytes before they are used; raises where there are none."""

    # parts

    def part(
        self,
        label: str,
        variables: Mapping[str, str] | None = None,
        *,
        step: Step | None = None,
        chunk_prefix: str = "",
    ) -> "Work":
        """The work of one part of the step, such as an element of a loop: further variables, names of its own.

        step: what the part does, where it is a step of its own; chunk_prefix: what its chunks begin with.
        """

    def perform(self) -> Output:
        """Does what a step of its type does: pre-tools, retries and guardrails included. For parts with a step.

        What it gives is kept, with its tokens and its duration_ms: a repetition gets that, tokens counted again.
        """

    def all_at_once(self, tasks: Sequence[Callable[[], T]]) -> "list[T | Exception]":
        """Runs tasks at once, as far as there are threads; what each gave or raised, in order.

        Suspensions, cancellation and faults are raised, after all have ended.
        """

    def run_program(self, text: str, variables: Mapping[str, Any], *, may_suspend: bool = True) -> Any:
        """The value of a program of the language, run as a part of this run: its steps are journaled. Raises OqlError.

        Without `may_suspend` a step that would have to wait for a person or for long fails with Unsupported.
        """

    def run_chain(self, name: str, inputs: Mapping[str, Any]) -> str:
        """The result of another chain, as a nested execution. Raises OqlError (ChainFailed, what made it fail)."""

    def approve(
        self,
        prompt: str,
        seconds: float | None,
        *,
        needs_reason: bool = False,
        approved_at_deadline: bool = False,
    ) -> dict[str, Any]:
        """The decision of a person: {"approved", "reason", "by"?}; `{"expired": true}` after `seconds`.

        approved_at_deadline: then it is {"approved": true, "reason": "timeout"}, which gate_action tells too.
        Tells step_waiting_approval. Raises (Suspended) as long as there is none.
        """

    def rerun(self, target: str, judgement: str, label: str) -> Output:
        """Runs another step of the chain again, with its events and a judgement behind its prompt; replaces its output.

        For evaluators."""
