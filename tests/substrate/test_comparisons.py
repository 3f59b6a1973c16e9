"""Comparisons with a column: numbers by value, other types only with their own, coercion without loss."""

import math

import pytest

from substrate.columns import (
    BOOL,
    BYTES,
    DATE,
    ENCRYPTED,
    F64,
    I64,
    JSON,
    NUMBER,
    STR,
    TIMESTAMP,
    U64,
    UNLIKE,
    UUID,
    ColumnType,
)
from substrate.errors import Invalid

U = "0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0b"
NOON = 1_768_478_400_000_000  # 2026-01-15T12:00:00Z in microseconds


@pytest.mark.parametrize(
    ("declared", "value", "operand"),
    [
        (STR, "a", "a"),
        (STR, 5, UNLIKE),
        (I64, 5, 5),
        (I64, 5.0, 5),
        (I64, 1.5, 1.5),
        (I64, 2**63, math.inf),
        (I64, -(10**400), -math.inf),
        (I64, 1e300, math.inf),
        (I64, "5", UNLIKE),
        (I64, True, UNLIKE),
        (I64, math.nan, UNLIKE),
        (F64, 5, 5.0),
        (F64, 2**53 + 1, 2**53 + 1),
        (F64, 10**30, 1e30),
        (F64, 10**400, math.inf),
        (NUMBER, 2**60, 2.0**60),
        (BOOL, 1, UNLIKE),
        (BOOL, False, False),
        (TIMESTAMP, "2026-01-15T12:00:00Z", NOON),
        (TIMESTAMP, 1_768_478_400, NOON),
        (TIMESTAMP, "2026-01-15", UNLIKE),
        (DATE, "2026-01-15T00:00:00Z", UNLIKE),
        (UUID, U.upper(), U),
        (UUID, "x", UNLIKE),
        (BYTES, "AP8=", b"\0\xff"),
    ],
)
def test_plans_compare_numbers_by_value_and_nothing_else_with_another_type(
    declared: ColumnType, value: object, operand: object
) -> None:
    found = declared.operand(value, "c")
    assert found == operand
    assert type(found) is type(operand)


@pytest.mark.parametrize(
    ("declared", "value", "operand"),
    [
        (STR, 5, "5"),
        (STR, 5.0, "5"),
        (STR, 0.1, "0.1"),
        (STR, True, "true"),
        (STR, 1e300, UNLIKE),
        (STR, math.nan, UNLIKE),
        (STR, [1], UNLIKE),
        (STR, b"x", UNLIKE),
        (I64, "42", 42),
        (I64, " 42.0 ", 42),
        (I64, "1.5", 1.5),
        (I64, "0x10", UNLIKE),
        (I64, "", UNLIKE),
        (I64, "1" * 5000, UNLIKE),
        (I64, True, UNLIKE),
        (U64, "1e3", 1000),
        (F64, "0.1", 0.1),
        (NUMBER, "9007199254740993", 9007199254740993),
        (BOOL, "true", True),
        (BOOL, "True", UNLIKE),
        (BOOL, 1, UNLIKE),
        (BYTES, b"\0\xff", b"\0\xff"),
        (BYTES, "AP8=", b"\0\xff"),
        (TIMESTAMP, "2026-01-15T12:00:00.000Z", NOON),
        (TIMESTAMP, "2026-01-15 12:00:00", NOON),
        (TIMESTAMP, "2026-01-15", NOON - 12 * 3_600_000_000),
        (TIMESTAMP, 1_768_478_400, NOON),
        (TIMESTAMP, "2026-01-15T12:00:00.0000001Z", UNLIKE),
        (TIMESTAMP, "soon", UNLIKE),
        (DATE, "2026-01-15", "2026-01-15"),
        (DATE, "2026-01-15T00:00:00Z", "2026-01-15"),
        (DATE, "2026-01-15T01:00:00+01:00", "2026-01-15"),
        (DATE, "2026-01-15T00:00:01Z", UNLIKE),
        (DATE, 1_768_478_400, UNLIKE),
        (UUID, U.upper(), U),
    ],
)
def test_programs_compare_with_whatever_loses_nothing(declared: ColumnType, value: object, operand: object) -> None:
    found = declared.coerced(value, "c")
    assert found == operand
    assert type(found) is type(operand)


@pytest.mark.parametrize("declared", [JSON, ENCRYPTED])
def test_some_types_are_only_tested_for_null(declared: ColumnType) -> None:
    for compare in (declared.operand, declared.coerced):
        with pytest.raises(Invalid, match="null only") as refused:
            compare("x", "c")
        assert refused.value.detail == {"column": "c"}


def test_columns_compare_with_each_other_within_one_order() -> None:
    assert {found.order for found in (I64, U64, F64, NUMBER)} == {I64.order}
    others = [found.order for found in (I64, STR, BOOL, BYTES, TIMESTAMP, DATE, UUID)]
    assert len(set(others)) == 7
