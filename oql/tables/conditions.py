"""WHERE as a predicate of the store's plans, so that the engine tests the rows and Python none of them.

A condition holds for a row when IF would hold for its values, but that the other side takes the column's type where
that loses nothing. So there are two truths and not three: what does not hold for a null holds under NOT, and null
equals null. Plans have three truths; `IsNotTrue` makes them two wherever something must not hold.

Everything that can be is worked out when a program is linked; a run only puts its values in.
"""

from collections.abc import Callable
from typing import Any

from oql.errors import Code, expected
from oql.evaluate import Evaluator, Variables, plain, predicate as evaluated
from oql.values import Value, kind_of, text_form
from substrate.interface import Json

Make = Callable[[Variables], Json]
"""Makes the predicate of a run from its variables."""

EVERY: Json = {"And": []}
NONE: Json = {"Or": []}

_MIRRORED = {"less": "greater", "greater": "less", "at-most": "at-least", "at-least": "at-most"}
_TESTS = {
    "less": "Lt",
    "at-most": "Le",
    "greater": "Gt",
    "at-least": "Ge",
    "contains": "Contains",
    "starts": "StartsWith",
    "ends": "EndsWith",
}
_PARTS = frozenset({"contains", "starts", "ends"})
_SCALARS = frozenset({str, int, float, bool})


def link(condition: list[Any]) -> Make:
    """The maker of a condition's predicate, from the condition as data (oql/encode.py); its depth is bounded."""
    kind = condition[0]
    if kind == "not":
        return _not(link(condition[1]))
    if kind in ("and", "or"):
        return _combined("And" if kind == "and" else "Or", [link(part) for part in condition[1]])
    if all(side[0] != "column" for side in condition[2:]):
        holds = evaluated(condition)
        return lambda variables: EVERY if holds(variables) else NONE
    if kind == "null":
        found = {"IsNull" if condition[1] else "IsNotNull": condition[2][1]}
        return lambda variables: found
    return _compared(condition[1], condition[2], condition[3])


def _not(held: Make) -> Make:
    return lambda variables: {"IsNotTrue": held(variables)}


def _combined(word: str, parts: list[Make]) -> Make:
    if len(parts) == 1:
        return parts[0]
    return lambda variables: {word: [part(variables) for part in parts]}


def _compared(test: str, left: list[Any], right: list[Any]) -> Make:
    if test == "not-equal":
        return _not(_compared("equal", left, right))
    if left[0] == right[0] == "column":
        return _of_columns(test, left[1], right[1])
    if left[0] != "column":
        left, right, test = right, left, "contains" if test == "in" else _MIRRORED.get(test, test)
    return _of_value(test, left[1], plain(right))


def _of_value(test: str, name: str, value: Evaluator) -> Make:
    if test == "in":
        return lambda variables: _among(name, value(variables))
    if test == "equal":
        return lambda variables: _equal(name, value(variables))
    word = _TESTS[test]
    if test in _PARTS:
        return lambda variables: {word: [name, text_form(value(variables))]}
    return lambda variables: _ordered(word, name, value(variables))


def _equal(name: str, value: Value) -> Json:
    return {"IsNull": name} if value is None else {"Eq": [name, _operand(value)]}


def _ordered(word: str, name: str, value: Value) -> Json:
    return NONE if value is None else {word: [name, _operand(value)]}


def _among(name: str, value: Value) -> Json:
    """The predicate of `column IS IN value`: an element of an array, or a key of an object. TypeFailed for others."""
    if value is None:
        return NONE
    if not isinstance(value, (list, dict)):
        hint = "write CONTAINS to look for a part of a text" if isinstance(value, str) else None
        raise expected(Code.TYPE_FAILED, "an array or object behind IS IN", kind_of(value), hint=hint)
    found: Json = {"In": [name, [_operand(item) for item in value if item is not None]]}
    return {"Or": [found, {"IsNull": name}]} if None in value else found


def _operand(value: Value) -> Json:
    """What stands for a value in a plan. Objects mean columns there, so all but scalars go as their text forms."""
    return value if type(value) in _SCALARS else text_form(value)


def _of_columns(test: str, left: str, right: str) -> Make:
    """The maker of the predicate that compares two columns; the check lets these tests through and no others."""
    if test == "equal":
        both = {"And": [{"IsNull": left}, {"IsNull": right}]}
        same: Json = {"Or": [{"Eq": [left, {"col": right}]}, both]}
        return lambda variables: same
    found: Json = {_TESTS[test]: [left, {"col": right}]}
    return lambda variables: found
