"""Comparisons of questions as predicates of plans: the value becomes one of the column's type."""

import math
import re
from collections.abc import Callable
from typing import Any

from substrate.ask.phrase import Operator, Term
from substrate.columns import BOOL, I64, STR, TIMESTAMP, UNLIKE, ColumnType, Json
from substrate.errors import Invalid, described
from substrate.interface import Plan

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAY_IN_MICROSECONDS = 86_400_000_000
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_LEAST = -(2.0**63)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}

_PREDICATES = {
    Operator.IS: "Eq",
    Operator.IS_NOT: "Ne",
    Operator.MORE: "Gt",
    Operator.LESS: "Lt",
    Operator.AT_LEAST: "Ge",
    Operator.AT_MOST: "Le",
}

_DAYS: dict[Operator, Callable[[str, str, str], Plan]] = {
    Operator.IS: lambda column, first, last: {"Between": [column, first, last]},
    Operator.IS_NOT: lambda column, first, last: {"Or": [{"Lt": [column, first]}, {"Gt": [column, last]}]},
    Operator.MORE: lambda column, _, last: {"Gt": [column, last]},
    Operator.LESS: lambda column, first, _: {"Lt": [column, first]},
    Operator.AT_LEAST: lambda column, first, _: {"Ge": [column, first]},
    Operator.AT_MOST: lambda column, _, last: {"Le": [column, last]},
}
"""Comparisons of a time with a whole day, from its first to its last microsecond."""


def predicate(column: str, column_type: ColumnType, operator: Operator, value: Term) -> Plan:
    """The predicate of a plan. Raises Invalid, naming the column, where its type has no such value or comparison.

    A bare `null` is null; quoted it is text, as everything in quotes is for a column of text.
    """
    if value.text.lower() == "null" and not value.quoted and operator in (Operator.IS, Operator.IS_NOT):
        return {"IsNull" if operator is Operator.IS else "IsNotNull": column}
    if operator is Operator.CONTAINS:
        return _contains(column, column_type, value)
    if column_type is TIMESTAMP and _DAY.fullmatch(value.text):
        first = _value(column, column_type, value.text)
        micros: Any = TIMESTAMP.coerced(value.text, column)
        last = TIMESTAMP.json(micros + _DAY_IN_MICROSECONDS - 1)
        return _DAYS[operator](column, first, last)
    return {_PREDICATES[operator]: [column, _value(column, column_type, value.text)]}


def _contains(column: str, column_type: ColumnType, value: Term) -> Plan:
    if column_type is not STR:
        raise Invalid(f"column `{column}` is of type {column_type.name}: `contains` is for text", column=column)
    return {"Contains": [column, value.text]}


def _value(column: str, column_type: ColumnType, text: str) -> Json:
    """The value that a text means in a column, as a plan has it."""
    comparable: Any = column_type.coerced(_read(column_type, text), column)
    found = None if comparable is UNLIKE else _number(text) if column_type.is_number else column_type.json(comparable)
    if found is None:
        raise Invalid(f"column `{column}`: expected {column_type.expects}, found {described(text)}", column=column)
    return found


def _read(column_type: ColumnType, text: str) -> Json:
    if column_type is BOOL:
        return _BOOLEANS.get(text.lower(), text)
    return _digits(text) if column_type.is_number else text


def _number(text: str) -> int | float | None:
    """A number as JSON has it everywhere: beyond 64 bits a float, and none beyond those."""
    digits = _digits(text.strip())
    if not _INTEGER.fullmatch(digits):
        return float(digits) if math.isfinite(float(digits)) else None
    if I64.coerced(digits, "") == int(digits):
        return int(digits)
    nearest = float(digits)
    # The nearest float may be the least integer of 64 bits, which the number is not.
    nearest = math.nextafter(nearest, -math.inf) if nearest == _LEAST else nearest
    return nearest if math.isfinite(nearest) else None


def _digits(text: str) -> str:
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
