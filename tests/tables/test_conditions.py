"""WHERE and IF agree: a condition finds the rows for which it holds when their values stand in for the columns."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from oql import evaluate
from oql.tables import conditions
from substrate.interface import Namespace, Store
from tests.fuzz.dose import dose

MANIFEST = """id = "d.t"
primary_key.columns = ["k"]
columns = [
  { name = "k", type = "number" }, { name = "a", type = "number" },
  { name = "s", type = "str" }, { name = "z", type = "str" },
]
"""
ROWS: list[dict[str, Any]] = [
    {"k": 1, "a": 1, "s": "x", "z": "x"},
    {"k": 2, "a": -2.5, "s": "xy", "z": "y"},
    {"k": 3, "a": 10, "s": "", "z": "X"},
    {"k": 4, "a": None, "s": "é", "z": None},
    {"k": 5, "a": 2, "s": None, "z": None},
    {"k": 6, "a": None, "s": "10", "z": "9"},
]


@pytest.fixture(scope="module")
def table(store: Store) -> Namespace:
    """A table with the rows."""
    namespace = store.namespace("conditions")
    namespace.write(lambda frame: frame.register(MANIFEST))
    namespace.write(lambda frame: frame.put_many("d.t", ROWS))
    return namespace


def column(name: str) -> list[Any]:
    return ["column", name]


def value(of: Any) -> list[Any]:
    return ["value", of]


# Of each kind the comparisons whose meaning does not depend on what a column's type makes of the other side.
NUMBERS = st.one_of(st.none(), st.integers(-3, 11), st.sampled_from([-2.5, 0.5, 10.0]))
TEXTS = st.one_of(st.none(), st.sampled_from(["", "x", "y", "xy", "X", "é", "10", "%", "_"]))
EQUAL = st.sampled_from(["equal", "not-equal"])
ORDERED = st.sampled_from(["less", "at-most", "greater", "at-least"])
PARTS = st.sampled_from(["contains", "starts", "ends"])


def compare(test: Any, left: Any, right: Any) -> st.SearchStrategy[list[Any]]:
    return st.tuples(st.just("compare"), test, left, right).map(list)


NUMBER_COLUMN, TEXT_COLUMN = st.sampled_from(["k", "a"]).map(column), st.sampled_from(["s", "z"]).map(column)
NUMBER, TEXT = NUMBERS.map(value), TEXTS.map(value)
LEAVES = st.one_of(
    compare(st.one_of(EQUAL, ORDERED), NUMBER_COLUMN, st.one_of(NUMBER, NUMBER_COLUMN)),
    compare(st.one_of(EQUAL, ORDERED), NUMBER, NUMBER_COLUMN),
    compare(EQUAL, TEXT_COLUMN, st.one_of(TEXT, TEXT_COLUMN)),
    compare(PARTS, TEXT_COLUMN, TEXT),
    compare(st.just("in"), NUMBER_COLUMN, st.lists(NUMBERS).map(value)),
    compare(st.just("in"), TEXT_COLUMN, st.lists(TEXTS).map(value)),
    compare(EQUAL, NUMBER, NUMBER),
    st.tuples(st.just("null"), st.booleans(), st.one_of(NUMBER_COLUMN, TEXT_COLUMN)).map(list),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: ["not", one]),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)).map(list),
    ),
    max_leaves=6,
)


@dose(150)
@given(condition=CONDITIONS)
def test_where_finds_the_rows_for_which_if_holds(table: Namespace, condition: list[Any]) -> None:
    where = conditions.link(condition)({})
    plan = {"Filter": {"predicate": where, "child": {"Scan": {"schema": "d.t"}}}}
    found = [row["k"] for row in table.query(plan, coerce=True)]
    holds = evaluate.predicate(_with_variables(condition))
    assert found == [row["k"] for row in ROWS if holds(dict(row))]


def _with_variables(part: Any) -> Any:
    """The condition with variables in the place of columns."""
    if isinstance(part, list):
        return ["variable", part[1], []] if part[:1] == ["column"] else [_with_variables(one) for one in part]
    return part


def test_values_are_put_in_at_run_time() -> None:
    make = conditions.link(["compare", "equal", column("a"), ["variable", "v", []]])
    assert make({"v": 1}) == {"Eq": ["a", 1]}
    assert make({"v": "x"}) == {"Eq": ["a", "x"]}
    assert make({}) == {"IsNull": "a"}


def test_an_object_never_means_a_column() -> None:
    make = conditions.link(["compare", "equal", column("a"), ["variable", "v", []]])
    assert make({"v": {"col": "b"}}) == {"Eq": ["a", '{"col":"b"}']}
    among = conditions.link(["compare", "in", column("a"), ["variable", "v", []]])
    assert among({"v": [{"col": "b"}]}) == {"In": ["a", ['{"col":"b"}']]}
