"""Predicates as SQL, in three-valued logic, alike on both engines."""

from collections.abc import Callable, Sequence

from substrate.columns import STR, ColumnType, Order
from substrate.engine import DialectName
from substrate.errors import shown
from substrate.plan import binding
from substrate.plan.binding import Sql
from substrate.plan.places import invalid
from substrate.plan.select import Column, Select, Writing
from substrate.plan.tree import (
    Among,
    Between,
    ColumnOperand,
    Combination,
    Compare,
    Matches,
    Negation,
    NullTest,
    Predicate,
)

UNKNOWN = {"sqlite": "NULL", "postgres": "NULL::boolean"}
"""Neither true nor false."""


def condition(predicate: Predicate, select: Select, writing: Writing) -> Sql:
    """The SQL of a predicate on the columns of a SELECT; it can stand beside AND without parentheses."""
    return _WRITERS[type(predicate)](predicate, select, writing)


def _compare(test: Compare, select: Select, writing: Writing) -> Sql:
    column = comparable(select, test.column, test.place)
    if isinstance(test.operand, ColumnOperand):
        other = comparable(select, test.operand.name, test.place)
        return Sql(compared(column, test.symbol, other, writing.dialect))
    bind = binding.operand(test.operand, column.type, test.symbol, writing.dialect, coerce=writing.coerce)
    return Sql(f"{column.sql} {test.symbol} ?", (bind,))


def _between(test: Between, select: Select, writing: Writing) -> Sql:
    low = Compare(test.place, ">=", test.column, test.low)
    high = Compare(test.place, "<=", test.column, test.high)
    return condition(Combination("AND", (low, high)), select, writing)


def _among(test: Among, select: Select, writing: Writing) -> Sql:
    column = comparable(select, test.column, test.place)
    if not test.size:
        return Sql("FALSE")
    bind = binding.among(test.values, test.size, column.type, writing.dialect, coerce=writing.coerce)
    return Sql(f"{column.sql} IN ({', '.join('?' * test.size)})", (bind,))


def _matches(test: Matches, select: Select, writing: Writing) -> Sql:
    column = comparable(select, test.column, test.place)
    if column.type is not STR:
        if writing.coerce:  # a program would get nothing, and not learn why
            message = f"column {shown(test.column)} is of type {column.type.name}: only text has parts"
            raise invalid(message, test.place, column=test.column)
        return Sql(UNKNOWN[writing.dialect])
    operator = "GLOB" if writing.dialect == "sqlite" else "LIKE"
    bind = binding.pattern(test.text, test.kind, writing.dialect, coerce=writing.coerce)
    return Sql(f"{column.sql} {operator} ?", (bind,))


def _null_test(test: NullTest, select: Select, _: Writing) -> Sql:
    column = select.column(test.column, test.place)
    return Sql(f"{column.sql} IS {'NOT ' * test.negated}NULL")


def _combination(test: Combination, select: Select, writing: Writing) -> Sql:
    if not test.parts:
        return Sql("TRUE" if test.word == "AND" else "FALSE")
    return _balanced([condition(part, select, writing) for part in test.parts], f" {test.word} ")


def _balanced(parts: Sequence[Sql], word: str) -> Sql:
    """Parts joined by AND or OR. Engines read a long row of them as a deep tree, so long ones are nested evenly."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) > _LONGEST_ROW:
        middle = len(parts) // 2
        parts = [_balanced(parts[:middle], word), _balanced(parts[middle:], word)]
    return Sql(f"({word.join(part.text for part in parts)})", binding.listed(parts))


def _negation(test: Negation, select: Select, writing: Writing) -> Sql:
    part = condition(test.part, select, writing)
    return Sql(f"(({part.text}) IS NOT TRUE)" if test.or_unknown else f"(NOT ({part.text}))", part.binds)


_LONGEST_ROW = 8

_WRITERS: dict[type, Callable[..., Sql]] = {
    Compare: _compare,
    Between: _between,
    Among: _among,
    Matches: _matches,
    NullTest: _null_test,
    Combination: _combination,
    Negation: _negation,
}


def comparable(select: Select, name: str, place: str) -> Column:
    """The column of this name, which can be compared. Raises Invalid."""
    column = select.column(name, place)
    if column.type.order is None:
        message = f"column {shown(name)} is of type {column.type.name}, which is never compared: test it for null only"
        raise invalid(message, place, column=name)
    return column


def compared(left: Column, symbol: str, right: Column, dialect: DialectName) -> str:
    """The comparison of two columns; neither true nor false where their types are unlike."""
    if left.type.order is not right.type.order:
        return UNKNOWN[dialect]
    if dialect == "sqlite" or left.type.order is not Order.NUMBER or _whole(left.type) == _whole(right.type):
        return f"{left.sql} {symbol} {right.sql}"
    if _whole(left.type):
        return f"{_sign(left.sql, right.sql)} {symbol} 0"
    return f"0 {symbol} {_sign(right.sql, left.sql)}"


def equated(left: Column, right: Column, dialect: DialectName) -> tuple[str, str] | None:
    """What of two columns to test for equality, so that an index or a hash can do it; None where they are unlike."""
    if left.type.order is not right.type.order:
        return None
    if dialect == "sqlite" or left.type.order is not Order.NUMBER or _whole(left.type) == _whole(right.type):
        return left.sql, right.sql
    if _whole(left.type):
        return left.sql, _as_whole(right.sql)
    return _as_whole(left.sql), right.sql


def _whole(column_type: ColumnType) -> bool:
    return column_type.sqlite.declared == "INTEGER"


# PostgreSQL compares an integer with a float as floats, of which one stands for many large integers.


def _as_whole(number: str) -> str:
    """A float as the bigint that it equals, or null."""
    return (
        f"CASE WHEN {number} >= {_LOW} AND {number} < {_HIGH} AND {number} = floor({number}) THEN {number}::bigint END"
    )


def _sign(whole: str, number: str) -> str:
    """-1, 0 or 1 as a bigint is less than, equal to, or greater than a float; null where one of them is."""
    floor = f"floor({number})::bigint"
    return (
        f"CASE WHEN {whole} IS NULL OR {number} IS NULL THEN NULL WHEN {number} >= {_HIGH} THEN -1"
        f" WHEN {number} < {_LOW} THEN 1 WHEN {whole} < {floor} THEN -1 WHEN {whole} > {floor} THEN 1"
        f" WHEN {number} > floor({number}) THEN -1 ELSE 0 END"
    )


_LOW, _HIGH = "-9223372036854775808::float8", "9223372036854775808::float8"
