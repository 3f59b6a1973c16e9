"""What asking a model needs of the work that it is part of."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from chains.spec import Step
from chains.work import Level
from oql.context import Context


class Asks(Protocol):
    """The work of a step, as far as models and their tools need it: see `chains.work.Work`."""

    @property
    def step(self) -> Step:
        """The step."""

    @property
    def execution(self) -> str:
        """The id of the execution."""

    @property
    def key(self) -> str:
        """Where the step stands in the journal."""

    @property
    def context(self) -> Context:
        """The run's."""

    def path(self, text: str) -> str:
        """A path below /root/."""

    def log(self, message: str, level: Level = "info") -> None:
        """Tells those who follow something."""

    def chunk(self, text: str) -> None:
        """Tells them a piece of output."""

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """Adds to the tokens of the step."""

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept for repetitions."""

    def seconds_left(self) -> float:
        """How long there is."""

    def call_out(self) -> None:
        """Counts a call that leaves the machine."""

    def wait(self, seconds: float) -> None:
        """Waits; raises when the execution is cancelled."""

    def look(self) -> None:
        """Raises when the execution is cancelled or out of time."""

    def part(self, label: str, /) -> "Asks":
        """The work of a part, with a room of its own for names."""

    def run_program(self, text: str, variables: Mapping[str, Any], *, may_suspend: bool = True) -> Any:
        """The value of a program."""


def models_of(work: Asks, model: str = "", default_model: str = "") -> list[str]:
    """The models that a step asks, in order, each once: the first that is named, and the fallbacks.

    model: instead of the step's; default_model: where the step names none, before the operator's default.
    """
    source = work.context.environment.models
    first = model or work.step.model or default_model or (source.endpoint.default if source else "")
    return list(dict.fromkeys(name for name in (first, *work.step.fallback_models) if name))


def attempt_seconds(work: Asks) -> float:
    """How long an attempt of the step may take."""
    own = work.step.timeout_ms
    return (work.context.environment.chains.step_timeout_ms if own is None else own) / 1_000
