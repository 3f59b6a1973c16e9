"""What is open while a program runs: blocks and loops, and AND groups with the outcome of each branch."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from oql.errors import Code, OqlError, expected
from oql.habits import conversion
from oql.journal import Suspended
from oql.values import SKIPPED, Multi, Value, kind_of

if TYPE_CHECKING:
    from oql.inner import Call
    from oql.machine import Machine

LOOP_VARIABLES = ("!INDEX", "!VALUE", "!KEY", "!STATE(FOREACH)", "!STATE(WHILE)")


AtEnd: TypeAlias = "Callable[[Machine, Opened, bool], None]"
"""What belongs to the end of a block, whether it ended well or not."""


@dataclass(slots=True)
class Opened:
    """An open block, or step that runs a program. `outer` are the pass numbers of the loops around it."""

    entry: list[Any] | None
    value: Value
    outer: tuple[int, ...]
    saved: tuple[Value, ...]
    started: int
    at: int
    passes: int = 0
    at_end: "AtEnd | None" = None
    elements: Iterator[tuple[Value, Value]] | None = None
    call: "Call | None" = None

    def roots(self) -> list[Value]:
        """The values that it keeps alive."""
        return [self.value, *self.call.roots()] if self.call else [self.value]


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
    """An open AND group: variables, output and value before it, and the branches that have ended, in source order.

    `alone` marks a group of which the machine runs a single branch, the others being run by other machines. `shares`
    are the branches in which a text is run that may set any variable.
    """

    base: dict[str, Value]
    output: list[Value]
    value: Value
    sets: list[list[str]]
    ends: list[int]
    shares: list[int] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    alone: bool = False
    index: int = 0

    def roots(self) -> list[Value]:
        """The values that it keeps alive."""
        kept = [*self.base.values(), *self.output]
        for branch in self.branches:
            kept += [*branch.variables.values(), *branch.output, branch.value]
        return kept

    def bound(self, variables: dict[str, Value]) -> dict[str, Value]:
        """Of the variables of the branch that has just ended those that it may have bound; the rest is not kept."""
        names = self.sets[self.index]
        if self.index not in self.shares:
            return {name: variables[name] for name in names if name in variables}
        base, may = self.base, frozenset(names)
        return {
            name: value
            for name, value in variables.items()
            if name in may or (name[0] != "!" and base.get(name, self) is not value)
        }

    def merge(self) -> None:
        """Brings what the branches have bound into the variables: one name in several branches is a multivariable."""
        found: dict[str, list[Value]] = {}
        for index, branch in enumerate(self.branches):
            names = self.sets[index]
            for name in {*names, *branch.variables} if index in self.shares else names:
                found.setdefault(name, []).append(branch.variables.get(name, self))
        for name in sorted(found):
            value = _merged(found[name], self)
            if value is not self:
                self.base[name] = value

    def failure(self) -> OqlError | None:
        """The error that the group fails with: one that nothing catches, else the first in source order.

        As long as a branch is suspended, nobody knows how the group ends.
        """
        failures = [branch.failure for branch in self.branches if branch.failure]
        return min(failures, key=_weight, default=None)


def _weight(failure: OqlError) -> int:
    return 1 if isinstance(failure, Suspended) else 0 if failure.final else 2


def _merged(found: list[Value], absent: Value) -> Value:
    """What several branches make of one name; a branch that was skipped or never came to bind it counts as null."""
    if len(found) == 1:
        return found[0]
    if SKIPPED in found and all(value is SKIPPED or value is absent for value in found):
        return SKIPPED
    return Multi([None if value is absent or value is SKIPPED else value for value in found])


def elements(value: Value) -> Iterator[tuple[Value, Value]]:
    """What FOREACH goes over, each with its key (null in an array)."""
    if value is None:
        return iter(())
    if isinstance(value, list):
        return zip(itertools.repeat(None), value)
    if isinstance(value, dict):
        return iter(value.items())
    hint = "use COLLAPSE to make it an array first" if isinstance(value, Multi) else conversion("array", kind_of(value))
    raise expected(Code.TYPE_FAILED, "an array or object to go over", kind_of(value), hint=hint)
