"""What edges cost where the caller says so. Entries make no edges; an edge without an entry cannot be gone along."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from substrate.errors import Invalid, described
from substrate.graph.edges import negative
from substrate.interface.graph import Weights

Weigh: TypeAlias = Callable[[str, str], float | None]
"""The weight of the edge between two keys, given as texts; None where it cannot be gone along."""


def weighing(weights: Weights) -> Weigh | None:
    """What weighs edges as the caller wants; None where the relation does. Raises Invalid: what is no weight."""
    if weights is None:
        return None
    if isinstance(weights, dict):
        by_text = {name: _weight(value, name) for name, value in weights.items()}
        # Keys may hold `|` themselves: an entry means every edge that is written like it.
        return lambda start, end: by_text.get(f"{start}|{end}")
    if isinstance(weights, list):
        by_ends = dict(map(_entry, weights))
        return lambda start, end: by_ends.get((start, end))
    raise Invalid(f"the weights: expected an object or an array, found {described(weights)}")


def _entry(entry: Any) -> tuple[tuple[str, str], float | None]:
    if not (isinstance(entry, list) and len(entry) == 3 and isinstance(entry[0], str) and isinstance(entry[1], str)):
        raise Invalid(f"a weight: expected [from, to, number], found {described(entry)}")
    return (entry[0], entry[1]), _weight(entry[2], f"{entry[0]}|{entry[1]}")


def _weight(value: Any, name: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Invalid(f"the weight of {described(name)}: expected a number, found {described(value)}")
    if value < 0:
        raise negative(value)
    return float(value)
