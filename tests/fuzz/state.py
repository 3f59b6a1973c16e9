"""What the reference evaluator keeps while it runs: variables, output, failures, and ways to leave."""

import re
from dataclasses import dataclass, field
from typing import Any

STEPS = 3_000
"""A program that runs more steps is not compared."""

NUMBER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
LOOP = ("!INDEX", "!VALUE", "!KEY", "!STATE(FOREACH)", "!STATE(WHILE)")


class TooLong(Exception):
    """The program runs more steps than are compared."""


class Failed(Exception):
    """A step failed with this code."""


class Left(Exception):
    """CLOSE ALL NESTS, EXIT ALL or RETURN on its way out."""

    def __init__(self, how: str, value: Any = None) -> None:
        self.how = how
        self.value = value


@dataclass(frozen=True)
class Multi:
    """The results of the branches of one AND group."""

    branches: tuple[Any, ...]


class Mark:
    """What a variable holds that its OR group would have set."""


SKIPPED = Mark()


@dataclass
class Run:
    """A run, or one branch of it: what is bound and given out, and the value of the step before."""

    variables: dict[str, Any]
    waits: bool = False
    output: list[Any] = field(default_factory=list)
    trace: list[list[str]] = field(default_factory=list)
    value: Any = None
    depth: int = 0
    enclosed: bool = False
    steps: list[int] = field(default_factory=lambda: [0])


@dataclass(frozen=True)
class Ended:
    """How a program ends."""

    code: str | None
    result: Any
    variables: dict[str, Any]
    trace: list[tuple[str, str]]


def flat(values: list[Any]) -> Multi:
    """A multivariable of values, the branches of those that are multivariables in their place."""
    return Multi(tuple(part for value in values for part in (value.branches if isinstance(value, Multi) else (value,))))
