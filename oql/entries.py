"""What guest code is given by the program around it: the entries of a block, and the values that were granted."""

from collections.abc import Callable
from dataclasses import dataclass

from oql.values import Value

GRANTS = "!GRANTS"
"""The variable that no program can name: what guests may read, by name. All branches of a program share the object."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One ENTER of a block: `code(values)` evaluates its operand, the values of those before it being bound.

    `wanted`: its value is bound by SET.
    """

    code: Callable[[list[Value]], Value]
    wanted: bool
