"""What operands and conditions of the reference evaluator come to."""

import json
from collections.abc import Callable
from typing import Any

from tests.fuzz.state import NUMBER, SKIPPED, Multi, Run, flat
from tests.fuzz.trees import (
    Both,
    Compared,
    Condition,
    Given,
    IsNull,
    Joined,
    Operand,
    System,
    Variable,
)


def operand(part: Operand, run: Run) -> Any:
    """The value of an operand, a multivariable whole."""
    match part:
        case Given():
            return part.value
        case System(text="!ERROR(code)"):
            return (run.variables.get("!ERROR") or {}).get("code")
        case System():
            return run.variables.get(part.text)
        case Joined():
            return "".join(text(operand(one, run)) for one in part.parts)
    value = run.variables.get(part.name)
    for selector in part.path:
        key = first(operand(selector, run)) if isinstance(selector, Variable) else selector
        value = _selected(value, key)
    return None if value is SKIPPED else value


def _selected(value: Any, key: Any) -> Any:
    if isinstance(value, Multi):
        return flat([_selected(branch, key) for branch in value.branches])
    if isinstance(value, dict):
        return value.get(text(key))
    index = number(key)
    if isinstance(value, list) and index is not None and -len(value) <= index < len(value):
        return value[index]
    return None


def holds(condition: Condition, run: Run, some: bool) -> bool:
    """Whether a condition holds; with SOME, whether it does for any element of its left sides."""
    match condition:
        case Compared():
            left, right = operand(condition.left, run), first(operand(condition.right, run))
            test = _TESTS[condition.words.replace("ARE", "IS")]
            return any(test(one, right) for one in _some(left)) if some else test(first(left), right)
        case IsNull():
            return (first(operand(condition.left, run)) is None) is not condition.negated
        case Both(how="NOT"):
            return not holds(condition.parts[0], run, some)
        case Both(how="AND"):
            return all(holds(part, run, some) for part in condition.parts)
    return any(holds(part, run, some) for part in condition.parts)


def _some(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, Multi):
        return list(value.branches)
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]


def equal(left: Any, right: Any) -> bool:
    """IS EQUAL TO"""
    if left is None or right is None:
        return left is right
    if is_number(left) or is_number(right):
        pair = number(left), number(right)
        if None not in pair:
            return pair[0] == pair[1]
    return text(left) == text(right)


def less(left: Any, right: Any) -> bool:
    """IS LESS THAN"""
    if left is None or right is None:
        return False
    first_number, second_number = number(left), number(right)
    if first_number is not None and second_number is not None:
        return first_number < second_number
    return text(left) < text(right)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "IS EQUAL TO": equal,
    "IS NOT EQUAL TO": lambda left, right: not equal(left, right),
    "IS LESS THAN": less,
    "IS GREATER THAN": lambda left, right: less(right, left),
}


def is_number(value: Any) -> bool:
    """Whether a value is a number; booleans are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> int | None:
    """The whole number that a value is or, as text, stands for."""
    if is_number(value):
        return int(value)
    return int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else None


def first(value: Any) -> Any:
    """Of a multivariable branch 0."""
    return value.branches[0] if isinstance(value, Multi) else value


def text(value: Any) -> str:
    """The text form."""
    value = first(value)
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)


def plain(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, Multi):
        return [plain(branch) for branch in value.branches]
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
