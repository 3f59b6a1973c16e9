"""Turns operands and conditions, kept as data, into closures over a run's variables."""

import operator
from collections.abc import Callable
from typing import Any

from oql.conditions import test_of
from oql.selectors import Name, Selector, follow
from oql.values import SKIPPED, Multi, Value, text_form

Variables = dict[str, Value]
Evaluator = Callable[[Variables], Value]
Predicate = Callable[[Variables], bool]


def selectors(path: list[Any]) -> tuple[Selector, ...]:
    """Selectors from their data form."""
    return tuple(Name(part[1], selectors(part[2])) if isinstance(part, list) else part for part in path)


def raw(operand: list[Any]) -> Evaluator:
    """An operand as it is, a multivariable whole: for the main operand of a verb."""
    kind = operand[0]
    if kind == "value":
        value = operand[1]
        return lambda variables: value
    if kind == "variable":
        return _variable(operand[1], selectors(operand[2]))
    return plain(operand)


def _variable(name: str, path: tuple[Selector, ...]) -> Evaluator:
    def whole(variables: Variables) -> Value:
        value = variables.get(name)
        return None if value is SKIPPED else value

    def part(variables: Variables) -> Value:
        return follow(variables.get(name), path, variables)

    return part if path else whole


def plain(operand: list[Any]) -> Evaluator:
    """An operand as one value: of a multivariable, branch 0."""
    kind = operand[0]
    if kind == "value":
        value = operand[1]
        return lambda variables: value
    if kind == "joined":
        return _joined([plain(part) for part in operand[1]])
    name, path = operand[1], selectors(operand[2])

    def first(variables: Variables) -> Value:
        value = variables.get(name)
        if value.__class__ is Multi:
            return value.branches[0]
        return None if value is SKIPPED else value

    def first_part(variables: Variables) -> Value:
        value = follow(variables.get(name), path, variables)
        return value.branches[0] if value.__class__ is Multi else value

    return first_part if path else first


def _joined(parts: list[Evaluator]) -> Evaluator:
    if len(parts) == 2:
        left, right = parts
        return lambda variables: text_form(left(variables)) + text_form(right(variables))
    return lambda variables: "".join([text_form(part(variables)) for part in parts])


def predicate(condition: list[Any]) -> Predicate:
    """A condition as a test; its depth is bounded, so this may recurse."""
    kind = condition[0]
    if kind == "compare":
        left, right = condition[2], condition[3]
        counts = left[0] == "variable" and not left[2] and right[0] == "value" and type(right[1]) is int
        if counts and condition[1] in _OF_NUMBERS:
            return _compare_counter(condition[1], left[1], right[1])
        return _compare(condition[1], plain(condition[2]), plain(condition[3]))
    if kind == "some":
        return _some(condition[1], raw(condition[2]), plain(condition[3]))
    if kind == "null":
        is_null, operand = condition[1], plain(condition[2])
        return lambda variables: (operand(variables) is None) is is_null
    if kind == "not":
        inner = predicate(condition[1])
        return lambda variables: not inner(variables)
    parts = [predicate(part) for part in condition[1]]
    if len(parts) == 1:
        return parts[0]
    if kind == "and":
        return lambda variables: all(part(variables) for part in parts)
    return lambda variables: any(part(variables) for part in parts)


def _compare(name: str, left: Evaluator, right: Evaluator) -> Predicate:
    test, of_numbers = test_of(name), _OF_NUMBERS.get(name)
    if of_numbers is None:
        return lambda variables: test(left(variables), right(variables))

    def compare(variables: Variables) -> bool:
        first, second = left(variables), right(variables)
        if first.__class__ is int and second.__class__ is int:
            return of_numbers(first, second)  # type: ignore[no-any-return]  # operator functions of two ints
        return test(first, second)

    return compare


def _compare_counter(name: str, variable: str, limit: int) -> Predicate:
    """`?i IS LESS THAN 10`, what loops are bounded by, with as few calls as can be."""
    test, of_numbers, left = test_of(name), _OF_NUMBERS[name], plain(["variable", variable, []])

    def compare(variables: Variables) -> bool:
        value = variables.get(variable)
        if value.__class__ is int:
            return of_numbers(value, limit)  # type: ignore[no-any-return]  # operator functions of two ints
        return test(left(variables), limit)

    return compare


_OF_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "less": operator.lt,
    "at-most": operator.le,
    "greater": operator.gt,
    "at-least": operator.ge,
    "equal": operator.eq,
    "not-equal": operator.ne,
}
"""What the tests come down to when both sides are integers, as counters are."""


def _some(name: str, left: Evaluator, right: Evaluator) -> Predicate:
    test = test_of(name)

    def any_element(variables: Variables) -> bool:
        value, other = left(variables), right(variables)
        return any(test(item, other) for item in _elements(value))

    return any_element


def _elements(value: Value) -> list[Value]:
    if value is None:
        return []
    if isinstance(value, Multi):
        return list(value.branches)
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]
