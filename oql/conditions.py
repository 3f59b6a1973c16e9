"""Comparisons: every operator of IF, WHILE and WHERE by its words, and what it means for two values."""

from collections.abc import Callable
from dataclasses import dataclass

from oql.errors import Code, expected
from oql.regex import check_work, compile_pattern
from oql.values import Value, equal, identical, kind_of, less, text_form

Test = Callable[[Value, Value], bool]


def _contains(left: Value, right: Value) -> bool:
    if isinstance(left, list):
        return any(equal(item, right) for item in left)
    if isinstance(left, dict):
        return text_form(right) in left
    return left is not None and text_form(right) in text_form(left)


def _matches(left: Value, right: Value) -> bool:
    if not isinstance(right, str):
        raise expected(Code.STRING_FAILED, "a regular expression", kind_of(right))
    pattern, text = compile_pattern(right), text_form(left)
    check_work(pattern, text)
    return left is not None and pattern.search(text) is not None


def _is_in(left: Value, right: Value) -> bool:
    if right is None:
        return False
    if not isinstance(right, (list, dict, str)):
        raise expected(Code.TYPE_FAILED, "an array, object or text after IS IN", kind_of(right))
    return _contains(right, left)


def _greater(left: Value, right: Value) -> bool:
    return left is not None and right is not None and less(right, left)


def _less(left: Value, right: Value) -> bool:
    return left is not None and right is not None and less(left, right)


def _at_least(left: Value, right: Value) -> bool:
    return left is not None and right is not None and not less(left, right)


def _at_most(left: Value, right: Value) -> bool:
    return left is not None and right is not None and not less(right, left)


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison: its name in a compiled program, its test, and whether only IF SOME and WHILE SOME take it."""

    name: str
    test: Test
    some_only: bool = False


_TESTS: dict[str, Test] = {
    "equal": equal,
    "not-equal": lambda left, right: not equal(left, right),
    "identical": identical,
    "not-identical": lambda left, right: not identical(left, right),
    "greater": _greater,
    "less": _less,
    "at-least": _at_least,
    "at-most": _at_most,
    "contains": _contains,
    "starts": lambda left, right: left is not None and text_form(left).startswith(text_form(right)),
    "ends": lambda left, right: left is not None and text_form(left).endswith(text_form(right)),
    "matches": _matches,
    "in": _is_in,
}

_WORDS = {
    "EQUAL TO": "equal",
    "NOT EQUAL TO": "not-equal",
    "IDENTICAL TO": "identical",
    "NOT IDENTICAL TO": "not-identical",
    "GREATER THAN": "greater",
    "LESS THAN": "less",
    "GREATER THAN OR EQUAL TO": "at-least",
    "LESS THAN OR EQUAL TO": "at-most",
}

OPERATORS: dict[str, Operator] = {
    **{f"IS {words}": Operator(name, _TESTS[name]) for words, name in _WORDS.items()},
    **{f"ARE {words}": Operator(name, _TESTS[name], some_only=True) for words, name in _WORDS.items()},
    "IS IN": Operator("in", _is_in),
    "CONTAINS": Operator("contains", _contains),
    "CONTAIN": Operator("contains", _contains),
    "STARTS WITH": Operator("starts", _TESTS["starts"]),
    "ENDS WITH": Operator("ends", _TESTS["ends"]),
    "MATCHES": Operator("matches", _matches),
    "MATCH": Operator("matches", _matches),
}
"""Every comparison of two values by its words, one blank between them."""

NULL_TESTS = {"IS NULL": True, "IS NOT NULL": False}


def test_of(name: str) -> Test:
    """The test behind an operator's name in a compiled program."""
    return _TESTS[name]
