"""Work without an execution around it: it keeps what `once` makes in memory, and programs run in the real engine."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chains.document import read
from chains.paths import below_root
from chains.references import Scope, template
from chains.spec import Chain, Step
from chains.work import Level
from oql import engine, program
from oql.context import Context
from oql.errors import Code, OqlError
from oql.local import local_context


@dataclass
class Desk:
    """A step at work. `kept`: what an earlier desk has kept; `left`: the seconds that the execution has.

    `told` has what was logged and streamed, `waited` how long it waited, without waiting. `dies_at`: the name of the
    thing that is not kept any more, as if the process had ended right before.
    """

    step: Step
    chain: Chain
    context: Context
    variables: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    key: str = "1"
    execution: str = "0123456789abcdef"
    chain_name: str = "small"
    left: float = 60.0
    dies_at: str = ""
    told: list[tuple[str, str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    tokens: list[tuple[int | None, int | None]] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    def resolve(self, text: str) -> str:
        """A text with its references filled in."""
        return template(text).fill(Scope(self.variables))

    def path(self, text: str) -> str:
        """A path below /root/."""
        return below_root(text, self.resolve(self.step.cwd) or self.context.environment.chains.workspace_dir)

    def log(self, message: str, level: Level = "info") -> None:
        """Notes what is told."""
        self.told.append((level, message))

    def chunk(self, text: str) -> None:
        """Notes a piece of output."""
        self.told.append(("chunk", text))

    def count(self, input_tokens: int | None, output_tokens: int | None) -> None:
        """Notes tokens."""
        self.tokens.append((input_tokens, output_tokens))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What `make` gives, or what is kept."""
        key = f"{self.key}:{name}"
        if key not in self.kept:
            made = make()
            if name == self.dies_at:
                raise Died
            self.kept[key] = made
        return self.kept[key]

    def seconds_left(self) -> float:
        """How long there is."""
        return self.left

    def call_out(self) -> None:
        """Counts a call."""
        self.calls.append(1)

    def wait(self, seconds: float) -> None:
        """Notes the wait."""
        self.waited.append(seconds)

    def look(self) -> None:
        """Raises when the run was cancelled."""
        if self.context.cancel.is_set():
            raise OqlError(Code.TIMEOUT, "the run was cancelled", final=True)

    def part(self, label: str, variables: Mapping[str, str] | None = None) -> "Desk":
        """The work of a part."""
        return replace(self, key=f"{self.key}.{label}", variables={**self.variables, **(variables or {})})

    def run_program(self, text: str, variables: Mapping[str, Any], *, may_suspend: bool = True) -> Any:
        """The value of a program."""
        assert not may_suspend
        outcome = engine.run(program.load(text), self.context, dict(variables))
        if outcome.error:
            raise outcome.error
        return outcome.result

    def logged(self, level: str) -> list[str]:
        """What was logged at a level, or streamed ("chunk")."""
        return [text for each, text in self.told if each == level]


class Died(Exception):
    """What a desk raises that ends there."""


def at_desk(step: str, context: Context | None = None, *, top: str = "", **options: Any) -> Desk:
    """A desk with a step, given as lines of YAML; `top`: further lines of the chain."""
    lines = "\n".join(f"    {line}" for line in step.splitlines())
    document = read(f"name: small\noutput: out\n{top}\nsteps:\n  - id: s\n    output_var: out\n{lines}\n")
    assert document.chain, [str(problem) for problem in document.problems]
    return Desk(document.chain.steps[-1], document.chain, context or local_context("ada"), **options)


def later(call: Callable[[], object], after: threading.Event) -> threading.Thread:
    """Calls something on a thread when an event has happened."""

    def run() -> None:
        after.wait(10)
        call()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
