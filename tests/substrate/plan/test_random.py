"""Random plans on random rows: both engines give what the plain evaluation in `reference` gives."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import given, strategies as st

from tests.fuzz.dose import dose
from tests.substrate.plan import reference
from tests.substrate.plan.reference import Rows
from tests.substrate.plan.world import World

KINDS = {
    "p.a": {"id": "number", "x": "number", "f": "number", "s": "text", "b": "bool"},
    "p.b": {"id": "number", "a_id": "number", "s": "text", "f": "number"},
}
TEXTS = {
    "p.a": """
id = "p.a"
primary_key = { columns = ["id"] }
columns = [
  { name = "id", type = "i64" }, { name = "x", type = "i64", indexed = true }, { name = "f", type = "f64" },
  { name = "s", type = "str", indexed = true }, { name = "b", type = "bool" },
]
""",
    "p.b": """
id = "p.b"
primary_key = { columns = ["id"] }
columns = [
  { name = "id", type = "i64" }, { name = "a_id", type = "i64" }, { name = "s", type = "str" },
  { name = "f", type = "f64" },
]
[[relations]]
name = "a"
column = "a_id"
target = "p.a"
""",
}
INTEGERS = st.sampled_from([-2, -1, 0, 1, 2, 3, 2**53, 2**53 + 1, -(2**53) - 1])
FLOATS = st.sampled_from([-2.0, -0.5, 0.0, 0.25, 1.0, 2.0, 3.0, 2.0**53])
STRINGS = st.sampled_from(["", "a", "A", "ab", "b", "a%", "_", "\\", "é", "\uffff", "\U0001f600"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "number": INTEGERS | FLOATS,
    "text": STRINGS | st.sampled_from(["%", "a_", "%b", "_%"]),
    "bool": st.booleans(),
}
ANY_VALUE = st.one_of(*VALUES.values(), st.none())


def _table(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries({"id": st.integers(0, 3) | INTEGERS, **columns})
    return st.lists(row, max_size=7, unique_by=lambda row: row["id"])


NULL = st.none()
TABLES = st.fixed_dictionaries(
    {
        "p.a": _table(x=NULL | INTEGERS, f=NULL | FLOATS, s=NULL | STRINGS, b=NULL | st.booleans()),
        "p.b": _table(a_id=NULL | st.integers(0, 3) | INTEGERS, s=NULL | STRINGS, f=NULL | FLOATS),
    }
)


@dataclass
class Growing:
    """A plan, and what it gives."""

    plan: Any
    rows: Rows


Grow: TypeAlias = Callable[[st.DrawFn, Any, Growing], Growing]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], Growing]:
    """Tables, and a plan on them."""
    tables = draw(TABLES)
    return tables, _grown(draw, tables, draw(st.integers(0, 5)), [0])


def _grown(draw: st.DrawFn, tables: Any, height: int, leaves: list[int]) -> Growing:
    if height == 0:
        return _leaf(draw, tables, leaves)
    if draw(st.integers(0, 4)) == 0:
        return _join(draw, tables, height, leaves)
    child = _grown(draw, tables, height - 1, leaves)
    grow: Grow = draw(st.sampled_from([_filter, _filter, _project, _limit, _sort, _aggregate, _hop]))
    return grow(draw, tables, child)


def _leaf(draw: st.DrawFn, tables: Any, leaves: list[int]) -> Growing:
    name = draw(st.sampled_from(sorted(KINDS)))
    alias = f"t{leaves[0]}"
    leaves[0] += 1
    return Growing({"Scan": {"schema": name, "as": alias}}, reference.scan(name, alias, KINDS[name], tables[name]))


def _filter(draw: st.DrawFn, _: Any, child: Growing) -> Growing:
    predicate = _predicate(draw, child.rows, 2)
    plan = {"Filter": {"predicate": predicate, "child": child.plan}}
    return Growing(plan, reference.filtered(child.rows, predicate))


def _predicate(draw: st.DrawFn, rows: Rows, height: int) -> Any:
    word = draw(st.sampled_from(["Test", "Test", "And", "Or", "Not"] if height else ["Test"]))
    if word == "Not":
        return {"Not": _predicate(draw, rows, height - 1)}
    if word != "Test":
        return {word: [_predicate(draw, rows, height - 1) for _ in range(draw(st.integers(0, 3)))]}
    name = draw(st.sampled_from([c.name for c in rows.columns]))
    values = st.one_of(VALUES[rows.kind(name)], VALUES[rows.kind(name)], ANY_VALUE)
    operands = st.one_of(values, values, st.sampled_from([{"col": c.name} for c in rows.columns]))
    test = draw(st.sampled_from(["Compare", "Compare", "Between", "In", "Match", "Null"]))
    if test == "Null":
        return {draw(st.sampled_from(["IsNull", "IsNotNull"])): name}
    if test == "In":
        return {"In": [name, draw(st.lists(values, max_size=5))]}
    if test == "Between":
        return {"Between": [name, draw(operands), draw(operands)]}
    if test == "Match":
        return {draw(st.sampled_from(["Like", "Contains", "StartsWith", "EndsWith"])): [name, draw(values)]}
    return {draw(st.sampled_from(["Eq", "Ne", "Lt", "Le", "Gt", "Ge"])): [name, draw(operands)]}


def _project(draw: st.DrawFn, _: Any, child: Growing) -> Growing:
    names = [c.name for c in child.rows.columns]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    renamed = [(name, f"{name}_{len(names)}" if draw(st.integers(0, 3)) == 0 else name) for name in chosen]
    if len({new for _, new in renamed}) < len(renamed):
        renamed = [(name, name) for name in chosen]
    columns = [{"column": old, "as": new} if old != new else old for old, new in renamed]
    return Growing({"Project": {"columns": columns, "child": child.plan}}, reference.projected(child.rows, renamed))


def _limit(draw: st.DrawFn, _: Any, child: Growing) -> Growing:
    if not child.rows.ordered:
        return child
    count, offset = draw(st.integers(0, 5)), draw(st.integers(0, 2))
    plan = {"Limit": {"n": count, "offset": offset, "child": child.plan}}
    return Growing(plan, reference.limited(child.rows, count, offset))


def _sort(draw: st.DrawFn, _: Any, child: Growing) -> Growing:
    names = draw(st.lists(st.sampled_from([c.name for c in child.rows.columns]), min_size=1, max_size=3, unique=True))
    keys = [(name, draw(st.booleans())) for name in names]
    by = [[name, "desc" if descending else "asc"] for name, descending in keys]
    return Growing({"Sort": {"by": by, "child": child.plan}}, reference.sorted_by(child.rows, keys))


def _aggregate(draw: st.DrawFn, _: Any, child: Growing) -> Growing:
    names = [c.name for c in child.rows.columns]
    functions = st.sampled_from(["count", "count_distinct", "sum", "avg", "min", "max"])
    groups = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    aggs: list[tuple[str, str | None, str]] = [("count", None, "rows" + "_" * len(max(names, key=len)))]
    for function in draw(st.lists(functions, max_size=3)):
        column = draw(st.sampled_from(names))
        if function not in ("sum", "avg") or _summable(child.rows, column):
            aggs.append((function, column, f"{function}({column})"))
    aggs = [agg for agg in dict.fromkeys(aggs) if agg[2] not in groups]
    written = [{"fn": f, "column": column, "as": name} for f, column, name in aggs]
    plan = {"Aggregate": {"group_by": groups, "aggs": written, "child": child.plan}}
    return Growing(plan, reference.aggregated(child.rows, groups, aggs))


def _summable(rows: Rows, column: str) -> bool:
    """Whether a column has numbers whose sums are exact: integers, or floats that are not large."""
    values = [row[rows.at(column)] for row in rows.rows]
    return rows.kind(column) == "number" and all(v is None or isinstance(v, int) or abs(v) < 2**50 for v in values)


def _join(draw: st.DrawFn, tables: Any, height: int, leaves: list[int]) -> Growing:
    left = _grown(draw, tables, height - 1, leaves)
    right = _grown(draw, tables, min(height - 1, 1), leaves)
    names = [st.sampled_from([c.name for c in side.rows.columns]) for side in (left, right)]
    pairs = draw(st.lists(st.tuples(*names), min_size=1, max_size=2))
    kind = draw(st.sampled_from(["inner", "left", "right", "full"]))
    plan = {"Join": {"left": left.plan, "right": right.plan, "on": [list(pair) for pair in pairs], "kind": kind}}
    rows = reference.joined(left.rows, right.rows, pairs, kind)
    alike = len({c.name for c in rows.columns}) < len(rows.columns) or left.rows.aliases & right.rows.aliases
    return left if alike else Growing(plan, rows)


def _hop(draw: st.DrawFn, tables: Any, child: Growing) -> Growing:
    sources = Counter(c.source for c in child.rows.columns)
    reverse = draw(st.booleans())
    near, far, column = ("p.a.id", "p.b", "a_id") if reverse else ("p.b.a_id", "p.a", "id")
    if sources[near] != 1:
        return child
    plan = {"RelationHop": {"rel": "a", "schema": "p.b", "reverse": reverse, "child": child.plan}}
    target = reference.scan(far, far[2:], KINDS[far], tables[far])
    return Growing(plan, reference.hopped(child.rows, near, target, column))


def counted(rows: list[dict[str, Any]]) -> Counter[str]:
    """Rows in no order. A number is the same whether it is an integer or a float."""
    return Counter(repr([float(v) if isinstance(v, int) else v for v in row.values()]) for row in rows)


@dose(50)
@given(case=cases())
def test_plans_give_what_they_say(worlds: dict[str, World], case: tuple[dict[str, Any], Growing]) -> None:
    tables, grown = case
    expected = grown.rows.answer()
    for world in worlds.values():
        with world.undone():
            for name, rows in tables.items():
                world.declare(TEXTS[name])
                world.insert(name, rows)
            found = world.rows(grown.plan)
            explained, cost = world.explained(grown.plan)
            assert counted(found) == counted(expected), world.dialect
            assert counted(explained) == counted(expected), world.dialect
            assert cost["rows_out"] == len(expected)
            if grown.rows.ordered:
                assert found == expected, world.dialect
                assert explained == expected, world.dialect
            assert [list(row) for row in found] == [list(row) for row in expected]
