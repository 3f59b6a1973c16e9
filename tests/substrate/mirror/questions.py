"""Predicates, plans and statements on a drawn table, of columns and operands of all types."""

from typing import Any

from hypothesis import strategies as st

from tests.substrate.mirror.drawn import ANYTHING, GOOD, Table

COMPARISONS = ["Eq", "Ne", "Lt", "Le", "Gt", "Ge"]
MATCHES = ["Like", "Contains", "StartsWith", "EndsWith"]
FUNCTIONS = ["count", "count_distinct", "sum", "avg", "min", "max"]


@st.composite
def predicates(draw: st.DrawFn, table: Table, height: int = 1) -> Any:
    """A condition of a plan."""
    word = draw(st.sampled_from(["Test", "Test", "Test", "And", "Or", "Not"] if height else ["Test"]))
    if word == "Not":
        return {"Not": draw(predicates(table, height - 1))}
    if word != "Test":
        return {word: draw(st.lists(predicates(table, height - 1), max_size=2))}
    name = draw(columns(table))
    operand = _operands(table, name)
    test = draw(st.sampled_from(["Compare", "Compare", "Between", "In", "Match", "Null"]))
    if test == "Null":
        return {draw(st.sampled_from(["IsNull", "IsNotNull"])): name}
    if test == "In":
        return {"In": [name, draw(st.lists(operand, max_size=3))]}
    if test == "Between":
        return {"Between": [name, draw(operand), draw(operand)]}
    return {draw(st.sampled_from(MATCHES if test == "Match" else COMPARISONS)): [name, draw(operand)]}


def columns(table: Table) -> st.SearchStrategy[str]:
    """The name of a column, seldom of none."""
    names = sorted(table.types)
    return st.sampled_from([*names * 12, "nope", "city", "_oc_row_version"])


def _operands(table: Table, name: str) -> st.SearchStrategy[Any]:
    good = st.sampled_from(GOOD[table.types.get(name, "str")])
    other = st.one_of(st.sampled_from(ANYTHING), st.builds(lambda column: {"col": column}, columns(table)))
    return st.one_of(good, good, good, good, other)


@st.composite
def plans(draw: st.DrawFn, table: Table) -> Any:
    """A plan of a few operators."""
    plan: Any = {"Scan": {"schema": table.id}}
    if draw(st.integers(0, 3)) == 0:
        name = draw(columns(table))
        plan = {"ColumnScan": {"schema": table.id, "column": name, "value": draw(_operands(table, name))}}
    for grow in draw(st.lists(st.sampled_from(["Filter", "Filter", "Sort", "Limit", "Project", "Agg"]), max_size=3)):
        plan = _grown(draw, table, grow, plan)
    return plan


def _grown(draw: st.DrawFn, table: Table, grow: str, child: Any) -> Any:
    if grow == "Filter":
        return {"Filter": {"predicate": draw(predicates(table)), "child": child}}
    if grow == "Limit":
        return {"Limit": {"n": draw(st.integers(0, 3)), "offset": draw(st.integers(0, 1)), "child": child}}
    some = draw(st.lists(columns(table), min_size=1, max_size=3, unique=True))
    if grow == "Sort":
        return {"Sort": {"by": [[name, draw(st.sampled_from(["asc", "desc"]))] for name in some], "child": child}}
    if grow == "Project":
        return {"Project": {"columns": some, "child": child}}
    aggs = draw(st.lists(st.builds(_aggregation, st.sampled_from(FUNCTIONS), columns(table)), max_size=2))
    return {"Aggregate": {"group_by": draw(st.sampled_from([[], some[:1], some])), "aggs": aggs, "child": child}}


def _aggregation(function: str, column: str) -> dict[str, str]:
    return {"fn": function, "column": column}
