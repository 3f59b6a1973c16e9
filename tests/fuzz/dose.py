"""How much is tried: a small fixed dose in every run, a larger random one with OQL_FUZZ=10 or more (`make fuzz`)."""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("OQL_FUZZ", "1"))
"""How many times the usual dose is tried. Beyond 1 the examples are new each time."""

T = TypeVar("T")

settings.register_profile(
    "fuzz", max_examples=100 * FACTOR, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
if FACTOR > 1:
    settings.load_profile("fuzz")  # for tests that name no dose


def dose(examples: int) -> Callable[[Any], Any]:
    """Tries so many examples, the same ones in each run. Time is measured by tests of their own."""
    return settings(
        max_examples=examples * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def part(whole: Sequence[T], one_in: int) -> Sequence[T]:
    """One of so many, evenly spread, and always the same ones; all of them in a large dose."""
    return whole if FACTOR > 1 else whole[::one_in]
