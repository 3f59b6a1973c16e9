"""What is open while a program runs: blocks and loops, and AND groups with the outcome of each branch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oql.errors import Code, OqlError, expected
from oql.values import Multi, Value, kind_of

LOOP_VARIABLES = ("!INDEX", "!VALUE", "!KEY")


@dataclass(slots=True)
class Opened:
    """An open IF, SWITCH, WHILE or FOREACH. `outer` are the pass numbers of the loops around it."""

    entry: list[Any] | None
    value: Value
    outer: tuple[int, ...]
    saved: tuple[Value, ...]
    started: int
    at: int
    passes: int = 0
    elements: Iterator[tuple[Value, Value]] | None = None


@dataclass(slots=True)
class Branch:
    """How one branch of an AND group ended."""

    variables: dict[str, Value]
    output: list[Value]
    failure: OqlError | None
    value: Value
    leaving: tuple[str, Value] | None


@dataclass(slots=True)
class Group:
    """An open AND group: the variables before it, and the branches that have ended, in source order.

    `alone` marks a group of which the machine runs a single branch, the others being run by other machines.
    """

    base: dict[str, Value]
    output: list[Value]
    sets: list[list[str]]
    ends: list[int]
    branches: list[Branch] = field(default_factory=list)
    alone: bool = False
    index: int = 0

    def merge(self) -> None:
        """Brings what the branches have bound into the variables: one name in several branches is a multivariable."""
        for name in sorted({name for names in self.sets for name in names}):
            before = self.base.get(name, self)
            found = [
                branch.variables.get(name, self)
                for branch, names in zip(self.branches, self.sets, strict=True)
                if name in names
            ]
            if len(found) > 1:
                self.base[name] = Multi([None if value is self else value for value in found])
            elif found[0] is not before:
                self.base[name] = found[0]

    def failure(self) -> OqlError | None:
        """The error that the group fails with: one that nothing catches, else the first in source order."""
        failures = [branch.failure for branch in self.branches if branch.failure]
        return next((failure for failure in failures if failure.final), failures[0] if failures else None)


def elements(value: Value) -> Iterator[tuple[Value, Value]]:
    """What FOREACH goes over, each with its key (null in an array)."""
    if value is None:
        return iter(())
    if isinstance(value, list):
        return ((None, item) for item in value)
    if isinstance(value, dict):
        return iter(value.items())
    hint = "use COLLAPSE to make it an array first" if isinstance(value, Multi) else None
    raise expected(Code.TYPE_FAILED, "an array or object to go over", kind_of(value), hint=hint)
