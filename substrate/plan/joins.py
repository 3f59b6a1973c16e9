"""Joins: pairs of rows, and what their columns are called."""

from collections import Counter
from dataclasses import replace

from substrate.errors import shown
from substrate.plan.binding import Sql
from substrate.plan.conditions import comparable, equated
from substrate.plan.places import invalid
from substrate.plan.select import MAX_COLUMNS, Column, Select, Writing, around
from substrate.plan.tree import Join

_WORDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN"}


def join(node: Join, left: Select, right: Select, writing: Writing) -> Select:
    """The pairs of rows that are equal in all pairs of columns; their order is that of a Sort below, or none."""
    _different_aliases(node, left, right)
    left = left if left.plain else around(left, writing)
    right = right if right.plain and " JOIN " not in right.source.text else around(right, writing)
    on = _on(node, left, right, writing)
    text = f"{left.source.text} {_WORDS[node.kind]} {right.source.text} ON {on}"
    ordered = left if left.chosen else right
    return Select(
        Sql(text, left.source.binds + right.source.binds),
        _columns(node, left, right),
        left.aliases | right.aliases,
        order=ordered.order if ordered.chosen else (),
        chosen=ordered.chosen,
    )


def _on(node: Join, left: Select, right: Select, writing: Writing) -> str:
    tests = []
    for left_name, right_name in node.on:
        ours = comparable(left, left_name, f"{node.place}.left")
        pair = equated(ours, comparable(right, right_name, f"{node.place}.right"), writing.dialect)
        if pair is None:
            return "FALSE"
        tests.append(f"{pair[0]} = {pair[1]}")
    return " AND ".join(tests)


def _different_aliases(node: Join, left: Select, right: Select) -> None:
    for alias in sorted(left.aliases & right.aliases):
        raise invalid(f"both sides are called {shown(alias)}: give one of them another name by `as`", node.place)


def _columns(node: Join, left: Select, right: Select) -> tuple[Column, ...]:
    """The columns of both sides; a name that several have becomes `alias.name`."""
    columns = [replace(c, nullable=c.nullable or node.kind in ("right", "full")) for c in left.columns]
    columns += [replace(c, nullable=c.nullable or node.kind in ("left", "full")) for c in right.columns]
    if len(columns) > MAX_COLUMNS:
        message = f"rows of a join have at most {MAX_COLUMNS:,} columns, these {len(columns):,}: use Project below it"
        raise invalid(message, node.place)
    times = Counter(column.bare for column in columns)
    named = tuple(_qualified(column) if times[column.bare] > 1 else column for column in columns)
    for name, number in Counter(column.name for column in named).items():
        if number > 1:
            raise invalid(f"both sides have {shown(name)}: rename one by Project with `as`", node.place, column=name)
    return named


def _qualified(column: Column) -> Column:
    return column if column.alias is None else replace(column, name=f"{column.alias}.{column.bare}")
