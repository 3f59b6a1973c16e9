"""Turns operands and conditions, kept as data, into closures over a run's variables."""

import operator
from collections.abc import Callable
from typing import Any

from oql.conditions import test_of
from oql.selectors import Name, Selector, follow, names_in
from oql.values import SKIPPED, Multi, Value, text_form

RUN = "!RUN"
"""Under this name the variables of a machine hold the machine itself, for operands and conditions that cost much."""

_LONG = 1 << 16
_LOOKED_EVERY = 4_096
_PLAIN = frozenset({int, float, bool, type(None)})

Variables = dict[str, Value]
Evaluator = Callable[[Variables], Value]
Predicate = Callable[[Variables], bool]


def selectors(path: list[Any]) -> tuple[Selector, ...]:
    """Selectors from their data form."""
    return tuple(Name(part[1], selectors(part[2])) if isinstance(part, list) else part for part in path)


def names_of(operand: list[Any]) -> set[str]:
    """The variables that an operand reads."""
    if operand[0] == "joined":
        return set().union(*map(names_of, operand[1]))
    return {operand[1], *names_in(selectors(operand[2]))} if operand[0] == "variable" else set()


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
    if len(parts) > 2:
        return lambda variables: _join(parts, variables)
    left, right = parts

    def join_two(variables: Variables) -> str:
        joined = text_form(left(variables)) + text_form(right(variables))
        if len(joined) > _LONG:
            _note_made(variables, [joined])
        return joined

    return join_two


def _join(parts: list[Evaluator], variables: Variables) -> str:
    texts, size = [], 0
    for part in parts:
        text = part(variables)
        if text.__class__ is not str:
            text = text_form(text)
            if len(text) > _LONG:
                _note_made(variables, [text])
        texts.append(text)
        size += len(text)
    if size > _LONG:
        _note_made(variables, texts)
    return "".join(texts)


def _note_made(variables: Variables, texts: list[str]) -> None:
    """Asks the run for the bytes of the text that these make; each of its characters takes as many as the widest."""
    run = variables.get(RUN)
    if run:
        size = sum(map(len, texts))
        run.made(size if all(map(str.isascii, texts)) else 4 * size)


def predicate(condition: list[Any]) -> Predicate:
    """A condition as a test; its depth is bounded, so this may recurse."""
    kind = condition[0]
    if kind == "compare":
        left, right = condition[2], condition[3]
        counts = left[0] == "variable" and not left[2] and right[0] == "value" and type(right[1]) is int
        if counts and condition[1] in OF_NUMBERS:
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
    tested, of_numbers = looking(test_of(name)), OF_NUMBERS.get(name)
    if of_numbers is None:
        return lambda variables: tested(left(variables), right(variables), variables)

    def compare(variables: Variables) -> bool:
        first, second = left(variables), right(variables)
        if first.__class__ is int and second.__class__ is int:
            return of_numbers(first, second)  # type: ignore[no-any-return]  # operator functions of two ints
        return tested(first, second, variables)

    return compare


def looking(test: Callable[[Value, Value], bool]) -> Callable[[Value, Value, Variables], bool]:
    """A test behind which the run looks whether it should end, when it has compared more than short texts."""

    def tested(first: Value, second: Value, variables: Variables) -> bool:
        held = test(first, second)
        if _is_large(first) or _is_large(second):
            _look(variables)
        return held

    return tested


def _look(variables: Variables) -> None:
    run = variables.get(RUN)
    if run:
        run.look_if_due()


def _is_large(value: Value) -> bool:
    kind = value.__class__
    return len(value) > _LONG if kind is str else kind not in _PLAIN


def _compare_counter(name: str, variable: str, limit: int) -> Predicate:
    """`?i IS LESS THAN 10`, what loops are bounded by, with as few calls as can be."""
    test, of_numbers, left = test_of(name), OF_NUMBERS[name], plain(["variable", variable, []])

    def compare(variables: Variables) -> bool:
        value = variables.get(variable)
        if value.__class__ is int:
            return of_numbers(value, limit)  # type: ignore[no-any-return]  # operator functions of two ints
        return test(left(variables), limit)

    return compare


OF_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "less": operator.lt,
    "at-most": operator.le,
    "greater": operator.gt,
    "at-least": operator.ge,
    "equal": operator.eq,
    "not-equal": operator.ne,
}
"""What the tests come down to when both sides are integers, as counters are."""


def _some(name: str, left: Evaluator, right: Evaluator) -> Predicate:
    tested = looking(test_of(name))

    def any_element(variables: Variables) -> bool:
        other = right(variables)
        for count, item in enumerate(_elements(left(variables))):
            if tested(item, other, variables):
                return True
            if count % _LOOKED_EVERY == _LOOKED_EVERY - 1:
                _look(variables)
        return False

    return any_element


def _elements(value: Value) -> list[Value]:
    if value is None:
        return []
    if isinstance(value, Multi):
        return list(value.branches)
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]
