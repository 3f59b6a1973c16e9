"""A loop of quick steps, and of IFs with such, as a tree: what `oql/tight.py` reads and `oql/generate.py` writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from oql.program import Instruction
from oql.values import Value

if TYPE_CHECKING:
    from oql.machine import Machine


@dataclass(frozen=True, slots=True)
class Step:
    """A quick step: its place in the code, its instruction, its closure."""

    at: int
    item: Instruction
    act: Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Null:
    """What an empty block does: its value is null."""


@dataclass(frozen=True, slots=True)
class If:
    """An IF. `arms`: the place of each test, its condition, what is inside; `otherwise`: what is behind ELSE."""

    at: int
    arms: "list[tuple[int, list[Any], list[Node]]]"
    otherwise: "list[Node]"

    def blocks(self) -> "list[list[Node]]":
        """What is inside it, by its arms."""
        return [*(inside for _, _, inside in self.arms), self.otherwise]


Node: TypeAlias = Step | Null | If


@dataclass(slots=True)
class Reached:
    """How far a loop has come. `elements`: of FOREACH, those that are left, with their keys."""

    elements: Iterator[tuple[Value, Value]]
    begun: int  # so many passes, from the first of the loop
    value: Value  # of the last step
    steps: int = 0  # used up
    held: int = 0  # bytes made, and not yet charged
    ended: bool = False  # whether there is no further pass
    at: int | None = None  # the step or test that is under way inside a pass,
    now: int = 0  # and when it began
    opened: dict[int, Any] = field(default_factory=dict)  # by the place of each IF, its last entry, or place and begin


Passes: TypeAlias = "Callable[[dict[str, Value], Machine, Reached, int], None]"


def noted(nodes: Sequence[Node]) -> Iterator[Step | If]:
    """The steps and IFs among these and inside of them, as the trace counts them."""
    for node in nodes:
        if isinstance(node, If):
            yield node
            for inside in node.blocks():
                yield from noted(inside)
        elif isinstance(node, Step):
            yield node
