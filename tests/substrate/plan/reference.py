"""Plans evaluated row by row in Python, as slowly and plainly as they read; only what the random plans have."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

Row = list[Any]


@dataclass(frozen=True)
class Col:
    """A column: its name in answers and without alias, what its values are, and the relation's column that it is."""

    name: str
    kind: str
    bare: str
    alias: str | None
    source: str | None = None


@dataclass(frozen=True)
class Rows:
    """Rows, and whether their order is determined."""

    columns: tuple[Col, ...]
    rows: list[Row]
    aliases: frozenset[str]
    ordered: bool = True

    def at(self, name: str) -> int:
        """The place of a column."""
        return [column.name for column in self.columns].index(name)

    def kind(self, name: str) -> str:
        """What the values of a column are."""
        return self.columns[self.at(name)].kind

    def answer(self) -> list[dict[str, Any]]:
        """The rows as an answer has them."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def scan(table: str, alias: str, kinds: dict[str, str], rows: Iterable[dict[str, Any]]) -> Rows:
    """A table with the key `id`."""
    columns = tuple(Col(name, kind, name, alias, f"{table}.{name}") for name, kind in kinds.items())
    return Rows(
        columns, [[row[name] for name in kinds] for row in sorted(rows, key=lambda row: row["id"])], frozenset({alias})
    )


def filtered(rows: Rows, predicate: Any) -> Rows:
    """The rows for which the predicate is true."""
    return replace(rows, rows=[row for row in rows.rows if truth(rows, row, predicate) is True])


def truth(rows: Rows, row: Row, predicate: Any) -> bool | None:
    """True, False, or None for unknown."""
    [(name, body)] = predicate.items()
    if name == "Not":
        inner = truth(rows, row, body)
        return None if inner is None else not inner
    if name in ("And", "Or"):
        found = [truth(rows, row, part) for part in body]
        return truth_of_all(found) if name == "And" else truth_of_some(found)
    if name in ("IsNull", "IsNotNull"):
        return bool((row[rows.at(body)] is None) == (name == "IsNull"))
    column, *operands = body
    value, kind = row[rows.at(column)], rows.kind(column)
    if name == "In":
        found = [_compared(value, kind, item, _kind(item), lambda a, b: bool(a == b)) for item in operands[0]]
        return truth_of_some(found)
    sides = [_side(rows, row, operand) for operand in operands]
    if name == "Between":
        return truth_of_all(
            [_compared(value, kind, *sides[0], _OF["Ge"]), _compared(value, kind, *sides[1], _OF["Le"])]
        )
    return _compared(value, kind, *sides[0], _OF[name]) if name in _OF else _matches(name, value, kind, *sides[0])


def truth_of_all(found: list[bool | None]) -> bool | None:
    """And."""
    return False if False in found else None if None in found else True


def truth_of_some(found: list[bool | None]) -> bool | None:
    """Or."""
    return True if True in found else None if None in found else False


def _side(rows: Rows, row: Row, operand: Any) -> tuple[Any, str]:
    if isinstance(operand, dict):
        return row[rows.at(operand["col"])], rows.kind(operand["col"])
    return operand, _kind(operand)


def _kind(value: Any) -> str:
    return {bool: "bool", str: "text", int: "number", float: "number"}.get(type(value), "null")


def _compared(left: Any, left_kind: str, right: Any, right_kind: str, test: Callable[[Any, Any], bool]) -> bool | None:
    if left is None or right is None or left_kind != right_kind:
        return None
    return test(left, right)


_OF: dict[str, Callable[[Any, Any], bool]] = {
    "Eq": lambda a, b: bool(a == b),
    "Ne": lambda a, b: bool(a != b),
    "Lt": lambda a, b: bool(a < b),
    "Le": lambda a, b: bool(a <= b),
    "Gt": lambda a, b: bool(a > b),
    "Ge": lambda a, b: bool(a >= b),
}


def _matches(name: str, value: Any, kind: str, text: Any, text_kind: str) -> bool | None:
    if kind != "text" or text_kind != "text" or value is None:
        return None
    if name == "Like":
        marks = {"%": ".*", "_": "."}
        return bool(re.fullmatch("".join(marks.get(c, re.escape(c)) for c in text), value, re.DOTALL))
    return bool(text in value if name == "Contains" else getattr(value, name.lower())(text))


def limited(rows: Rows, count: int, offset: int) -> Rows:
    """`count` rows behind `offset` ones."""
    return replace(rows, rows=rows.rows[offset : offset + count])


def _key(value: Any) -> tuple[bool, Any]:
    return (value is None, 0 if value is None else value)


def sorted_by(rows: Rows, keys: list[tuple[str, bool]]) -> Rows:
    """Stable, nulls last. The order is determined if it was, or if no two rows are equal in the keys."""
    found = list(rows.rows)
    for name, descending in reversed(keys):
        place = rows.at(name)
        values = [row for row in found if row[place] is not None]
        values.sort(key=lambda row: row[place], reverse=descending)
        found = values + [row for row in found if row[place] is None]
    places = [rows.at(name) for name, _ in keys]
    unique = all([a[p] for p in places] != [b[p] for p in places] for a, b in pairwise(found))
    return replace(rows, rows=found, ordered=rows.ordered or unique)


def projected(rows: Rows, columns: list[tuple[str, str]]) -> Rows:
    """Columns by new names."""
    made = tuple(_renamed(rows.columns[rows.at(old)], new) for old, new in columns)
    return replace(rows, columns=made, rows=[[row[rows.at(old)] for old, _ in columns] for row in rows.rows])


def _renamed(column: Col, name: str) -> Col:
    return column if name == column.name else replace(column, name=name, bare=name)


def aggregated(rows: Rows, groups: list[str], aggs: list[tuple[str, str | None, str]]) -> Rows:
    """A row for each group, in the order of the groups."""
    places = [rows.at(name) for name in groups]
    found: dict[tuple[Any, ...], list[Row]] = {} if groups else {(): []}
    for row in rows.rows:
        found.setdefault(tuple(row[place] for place in places), []).append(row)
    columns = [rows.columns[place] for place in places]
    for function, column, name in aggs:
        kind = rows.kind(column) if column and function in ("min", "max") else "number"
        columns.append(Col(name, kind, name, None))
    ordered = sorted(found.items(), key=lambda item: [_key(value) for value in item[0]])
    made = [[*key, *(_computed(f, members, rows, c) for f, c, _ in aggs)] for key, members in ordered]
    return Rows(tuple(columns), made, rows.aliases)


def _computed(function: str, members: list[Row], rows: Rows, column: str | None) -> Any:
    if column is None:
        return len(members)
    values = [row[rows.at(column)] for row in members if row[rows.at(column)] is not None]
    if function in ("count", "count_distinct"):
        return len(values) if function == "count" else len(set(values))
    if not values:
        return None
    if function == "avg":
        return float(sum(values)) / len(values)
    return {"sum": sum, "min": min, "max": max}[function](values)  # type: ignore[operator] # functions of any values


def joined(left: Rows, right: Rows, on: list[tuple[str, str]], kind: str) -> Rows:
    """The pairs of rows that are equal in all pairs of columns, and the lonely ones of a side."""
    pairs, met_left, met_right = [], set(), set()
    for i, one in enumerate(left.rows):
        for j, other in enumerate(right.rows):
            if all(_meet(left, one, a, right, other, b) for a, b in on):
                pairs.append(one + other)
                met_left.add(i)
                met_right.add(j)
    if kind in ("left", "full"):
        pairs += [row + [None] * len(right.columns) for i, row in enumerate(left.rows) if i not in met_left]
    if kind in ("right", "full"):
        pairs += [[None] * len(left.columns) + row for j, row in enumerate(right.rows) if j not in met_right]
    columns = [*left.columns, *right.columns]
    times = Counter(column.bare for column in columns)
    named = [replace(c, name=f"{c.alias}.{c.bare}") if times[c.bare] > 1 and c.alias else c for c in columns]
    return Rows(tuple(named), pairs, left.aliases | right.aliases, ordered=False)


def _meet(left: Rows, one: Row, a: str, right: Rows, other: Row, b: str) -> bool:
    return bool(_compared(one[left.at(a)], left.kind(a), other[right.at(b)], right.kind(b), _OF["Eq"]))


def hopped(rows: Rows, near: str, far: Rows, column: str) -> Rows:
    """The rows of a table whose column is among the values of the column that comes from `near`."""
    place = [c.source for c in rows.columns].index(near)
    wanted = {row[place] for row in rows.rows} - {None}
    return replace(far, rows=[row for row in far.rows if row[far.at(column)] in wanted])
