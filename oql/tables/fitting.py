"""WHERE on objects that no engine tests: the predicate of oql/tables/conditions.py, tested as IF tests values.

A key that an object lacks is null. Values come with their own kinds here, since no column has settled one.
"""

from collections.abc import Callable, Mapping
from typing import Any

from oql.conditions import test_of
from oql.values import Value, as_number
from substrate.interface import Json

Fits = Callable[[Mapping[str, Value]], bool]

_TESTS = {
    "Eq": "equal",
    "Lt": "less",
    "Le": "at-most",
    "Gt": "greater",
    "Ge": "at-least",
    "Contains": "contains",
    "StartsWith": "starts",
    "EndsWith": "ends",
}


def fits(predicate: Json) -> Fits:
    """The test of objects that a predicate means; its depth is bounded, so this may recurse."""
    [(word, about)] = predicate.items()
    if word in ("And", "Or"):
        parts = [fits(part) for part in about]
        every = word == "And"
        return lambda found: all(part(found) for part in parts) if every else any(part(found) for part in parts)
    if word == "IsNotTrue":
        inner = fits(about)
        return lambda found: not inner(found)
    if word in ("IsNull", "IsNotNull"):
        return lambda found: (found.get(about) is None) is (word == "IsNull")
    if word == "In":
        name, values = about
        equal = test_of("equal")
        return lambda found: found.get(name) is not None and any(equal(found[name], each) for each in values)
    return _compared(test_of(_TESTS[word]), *about)


def _compared(test: Callable[[Value, Value], bool], name: str, operand: Any) -> Fits:
    if isinstance(operand, dict):
        other = operand["col"]
        return lambda found: found.get(name) is not None and test(found[name], found.get(other))
    return lambda found: found.get(name) is not None and test(found[name], operand)


def needed(predicate: Json) -> dict[str, Value]:
    """Values that an object has to have so that it can fit, of those that are equal to no other value."""
    [(word, about)] = predicate.items()
    if word == "And":
        return {name: value for part in about for name, value in needed(part).items()}
    if word == "IsNull":
        return {about: None}
    if word == "Eq" and isinstance(about[1], str) and about[1] not in ("true", "false") and as_number(about[1]) is None:
        return {about[0]: about[1]}
    return {}
