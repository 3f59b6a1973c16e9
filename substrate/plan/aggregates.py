"""Groups of rows, and what is computed of each. Both engines give the same, but for the last digits of float sums."""

from collections import Counter
from dataclasses import replace

from substrate.columns import BOOL, BYTES, F64, I64, NUMBER, UUID, ColumnType
from substrate.engine import DialectName
from substrate.errors import shown
from substrate.plan.conditions import comparable
from substrate.plan.places import invalid
from substrate.plan.select import Column, Key, Select, Writing, around
from substrate.plan.tables import filtered
from substrate.plan.tree import Aggregate, Aggregation


def aggregate(node: Aggregate, rows: Select, writing: Writing) -> Select:
    """One row for each group in the order of the groups, or one for all rows."""
    if rows.grouped or rows.limit:
        rows = around(rows, writing)
    groups = [_group(comparable(rows, name, node.place), name) for name in node.group_by]
    columns = (*groups, *(_computed(part, rows, writing.dialect) for part in node.aggregations))
    _distinct(node, columns)
    order = tuple(Key(column.sql, column.nullable) for column in groups)
    group = tuple(column.sql for column in groups)
    result = replace(rows, columns=columns, grouped=True, group=group, order=order, chosen=False)
    return filtered(around(result, writing), node.having, writing) if node.having else result


def _group(column: Column, name: str) -> Column:
    return replace(column, name=name)


def _computed(part: Aggregation, rows: Select, dialect: DialectName) -> Column:
    if part.column is None:
        return Column(part.name, "count(*)", I64, nullable=False, bare=part.name)
    if part.function == "count":
        sql = f"count({rows.column(part.column, part.place).sql})"
        return Column(part.name, sql, I64, nullable=False, bare=part.name)
    column = comparable(rows, part.column, part.place)
    if part.function == "count_distinct":
        return Column(part.name, f"count(DISTINCT {column.sql})", I64, nullable=False, bare=part.name)
    if part.function in ("min", "max"):
        return Column(part.name, _extreme(part.function, column, dialect), column.type, bare=part.name)
    if not column.type.is_number:
        message = f"{part.function} is of numbers, column {shown(part.column)} is of type {column.type.name}"
        raise invalid(message, part.place, column=part.column)
    sql, column_type = (_sum if part.function == "sum" else _average)(column, dialect)
    return Column(part.name, sql, column_type, bare=part.name)


def _distinct(node: Aggregate, columns: tuple[Column, ...]) -> None:
    for name, times in Counter(column.name for column in columns).items():
        if times > 1:
            raise invalid(f"two columns are called {shown(name)}: give one of them another name by `as`", node.place)


def _extreme(function: str, column: Column, dialect: DialectName) -> str:
    """The least or the greatest value; PostgreSQL lacks these of some types that it orders."""
    sql = column.sql
    if dialect == "postgres" and column.type is BOOL:
        return f"{'bool_and' if function == 'min' else 'bool_or'}({sql})"
    if dialect == "postgres" and column.type is UUID:
        return f'{function}({sql}::text COLLATE "C")::uuid'
    if dialect == "postgres" and column.type is BYTES:
        return f"decode({function}(encode({sql}, 'hex') COLLATE \"C\"), 'hex')"
    return f"{function}({sql})"


def _sum(column: Column, dialect: DialectName) -> tuple[str, ColumnType]:
    if column.type in (F64, NUMBER):
        return _finite(f"sum({column.sql})", dialect), column.type
    if dialect == "postgres":
        return f"sum({column.sql})::bigint", I64
    return _whole_sum(column.sql), I64


def _average(column: Column, dialect: DialectName) -> tuple[str, ColumnType]:
    if column.type in (F64, NUMBER):
        return _finite(f"avg({column.sql})", dialect), F64
    if dialect == "postgres":
        return f"(sum({column.sql})::float8 / count({column.sql}))", F64
    return f"avg({column.sql})", F64


_REFUSE = "abs(-9223372036854775808)"
"""In SQLite the one way for a statement to refuse a value: this fails with "integer overflow"."""


def _finite(number: str, dialect: DialectName) -> str:
    """A float that SQLite refuses where it is infinite, as PostgreSQL does by itself."""
    return number if dialect == "postgres" else f"CASE WHEN abs({number}) = 9e999 THEN {_REFUSE} ELSE {number} END"


def _whole_sum(column: str) -> str:
    """The sum of integers in SQLite, refused where it needs more than 64 bits.

    SQLite's own is also refused where only a sum on the way does, which depends on the order of the rows. So the
    upper and the lower halves are summed apart.
    """
    low = f"sum({column} & 4294967295)"
    high = f"(sum({column} >> 32) + ({low} >> 32))"
    fits = f"{high} NOT BETWEEN -2147483648 AND 2147483647"
    return f"CASE WHEN {fits} THEN {_REFUSE} ELSE ({high} << 32) | ({low} & 4294967295) END"
