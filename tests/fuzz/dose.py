"""How much is tried: a small fixed dose in every run, a larger random one with OQL_FUZZ=10 or more."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("OQL_FUZZ", "1"))
"""How many times the usual dose is tried. Beyond 1 the examples are new each time."""


def dose(examples: int) -> Callable[[Any], Any]:
    """Tries so many examples, the same ones in each run. Time is measured by tests of their own."""
    return settings(
        max_examples=examples * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
