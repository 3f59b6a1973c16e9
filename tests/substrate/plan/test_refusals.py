"""What is no plan is refused with its place, and nothing that comes in breaks anything."""

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, strategies as st

from substrate.catalog import Catalog, Table
from substrate.errors import Invalid, NotFound, StoreError
from substrate.manifest import read
from substrate.plan import compile as compile_plan, schema
from substrate.plan.operators import OPERATORS
from substrate.plan.predicates import PREDICATES
from tests.fuzz.dose import dose
from tests.substrate.plan.world import GOODS, ORDERS, THINGS, USERS

CATALOG = Catalog([Table(n, 1, read(text), text) for n, text in enumerate((USERS, ORDERS, GOODS, THINGS), 1)])
SCAN = {"Scan": {"schema": "shop.orders"}}
VALIDATOR = jsonschema_rs.Draft202012Validator(schema())


def filtered(predicate: Any) -> Any:
    """A plan with a predicate."""
    return {"Filter": {"predicate": predicate, "child": SCAN}}


def refusal(plan: Any) -> StoreError:
    """How a plan is refused."""
    with pytest.raises((Invalid, NotFound)) as caught:
        compile_plan(plan, CATALOG, "sqlite")
    return caught.value


MALFORMED: list[tuple[Any, str, str]] = [
    (None, "", "expected an operator (an object with one key), found null"),
    ([], "", "expected an operator (an object with one key), found an array"),
    ({}, "", "expected an operator (an object with one key), found 0 keys"),
    ({"Scan": {"schema": "shop.orders"}, "Limit": {}}, "", "found 2 keys"),
    ({"Scna": {}}, "", "`Scna` is not an operator: did you mean `Scan`?"),
    ({"Scan": []}, "Scan", "expected an object, found an array"),
    ({"Scan": {}}, "Scan", "the field `schema` is missing"),
    ({"Scan": {"schema": 1}}, "Scan.schema", "expected a name, found a number"),
    ({"Scan": {"schema": ""}}, "Scan.schema", "a name has 1 to 200 characters, this one 0"),
    ({"Scan": {"schema": "shop.orders", "was": "o"}}, "Scan", "`was` is not a field here: did you mean `as`?"),
    ({"Filter": {"predicate": {"And": []}}}, "Filter", "the field `child` is missing"),
    ({"Limit": {"n": -1, "child": SCAN}}, "Limit.n", "expected an integer from 0, found -1"),
    ({"Limit": {"n": 1.5, "child": SCAN}}, "Limit.n", "expected an integer from 0, found 1.5"),
    ({"Limit": {"n": True, "child": SCAN}}, "Limit.n", "expected an integer from 0, found true"),
    ({"Limit": {"n": None, "child": SCAN}}, "Limit.n", "expected an integer from 0, found null"),
    ({"Limit": {"n": 1, "child": {"Scan": {}}}}, "Limit.child.Scan", "the field `schema` is missing"),
    ({"Project": {"columns": [], "child": SCAN}}, "Project.columns", "expected at least 1 in the array, found 0"),
    ({"Project": {"columns": "id", "child": SCAN}}, "Project.columns", "expected an array, found text"),
    ({"Project": {"columns": ["id", {"as": "x"}], "child": SCAN}}, "Project.columns[1]", "the field `column`"),
    ({"Sort": {"by": [["id", "up"]], "child": SCAN}}, "Sort.by[0][1]", "`up` is not a direction"),
    ({"Sort": {"by": [["id"]], "child": SCAN}}, "Sort.by[0]", "expected 2 in the array, found 1"),
    ({"Sort": {"by": [7], "child": SCAN}}, "Sort.by[0]", "found a number"),
    ({"Aggregate": {"child": SCAN}}, "Aggregate", "expected something in `group_by` or in `aggs`"),
    ({"Aggregate": {"aggs": [{"fn": "sum"}], "child": SCAN}}, "Aggregate.aggs[0]", "the field `column` is missing"),
    ({"Aggregate": {"aggs": [{"fn": "som"}], "child": SCAN}}, "Aggregate.aggs[0].fn", "did you mean `sum`?"),
    (
        {"Aggregate": {"aggs": [{"fn": "count", "func": "count"}], "child": SCAN}},
        "Aggregate.aggs[0]",
        "`func` is there twice, under two names",
    ),
    ({"Join": {"left": SCAN, "right": SCAN}}, "Join", "expected `on` or `left_key` with `right_key`"),
    ({"Join": {"left": SCAN, "right": SCAN, "left_key": "id"}}, "Join", "expected `on` or `left_key` with `right_key`"),
    ({"Join": {"left": SCAN, "right": SCAN, "on": []}}, "Join.on", "expected at least 1"),
    ({"OuterJoin": {"left": SCAN, "right": SCAN, "on": [["id", "id"]], "side": "inner"}}, "OuterJoin.side", "`inner`"),
    ({"ColumnScan": {"schema": "shop.orders"}}, "ColumnScan", "expected `column` with `value` or"),
    ({"ColumnScan": {"schema": "shop.orders", "column": "id"}}, "ColumnScan", "expected `column` with `value` or"),
    ({"ColumnScan": {"schema": "shop.orders", "columns": ["id"], "values": [1, 2]}}, "ColumnScan", "2 values"),
    ({"ColumnScan": {"schema": "shop.orders", "eq": {}}}, "ColumnScan.eq", "expected at least one column"),
    ({"IndexScan": {"schema": "shop.orders", "index": "by_user"}}, "IndexScan", "expected `value` or `values` or"),
    ({"IndexScan": {"schema": "shop.orders", "columns": ["id"], "value": 1, "low": 1}}, "IndexScan", "for 2"),
    ({"RelationHop": {"child": SCAN}}, "RelationHop", "the field `relation` is missing"),
    ({"RelationHop": {"rel": "user", "reverse": 1, "child": SCAN}}, "RelationHop.reverse", "expected true or false"),
    (filtered([]), "Filter.predicate", "expected a predicate (an object with one key), found an array"),
    (filtered({"Equals": []}), "Filter.predicate", "`Equals` is not a predicate"),
    (filtered({"Eq": ["id"]}), "Filter.predicate.Eq", "expected 2 in the array, found 1"),
    (filtered({"Eq": {"id": 1}}), "Filter.predicate.Eq", "expected an array, found an object"),
    (filtered({"Eq": ["id", {"column": "qty"}]}), "Filter.predicate.Eq[1]", 'expected a value or `{"col": name}`'),
    (filtered({"And": [{"And": []}, {"Gt": [1, 1]}]}), "Filter.predicate.And[1].Gt[0]", "expected a name"),
    (filtered({"In": ["id", 1]}), "Filter.predicate.In[1]", "expected an array, found a number"),
    (filtered({"In": ["id", [{}]]}), "Filter.predicate.In[1]", "expected values, found an object"),
    (filtered({"Between": ["id", 1]}), "Filter.predicate.Between", "expected 3 in the array, found 2"),
    (filtered({"Like": ["note", "x" * 10_001]}), "Filter.predicate.Like", "a pattern has at most 10,000 characters"),
    (filtered({"Like": ["note", {"col": "note"}]}), "Filter.predicate.Like[1]", "expected a value, found an object"),
    (
        {"ColumnScan": {"schema": "shop.orders", "eq": {"id": {}}}},
        "ColumnScan.eq.id",
        "expected a value, found an object",
    ),
    (filtered({"IsNull": ["id"]}), "Filter.predicate.IsNull", "expected a name, found an array"),
    (filtered({"Not": []}), "Filter.predicate.Not", "expected a predicate"),
]


@pytest.mark.parametrize(("plan", "path", "message"), MALFORMED, ids=[f"{row[1]}-{row[2][:30]}" for row in MALFORMED])
def test_what_is_no_plan_is_refused_with_its_place(plan: Any, path: str, message: str) -> None:
    refused = refusal(plan)
    assert isinstance(refused, Invalid)
    assert refused.detail["path"] == path
    assert message in refused.message
    assert refused.message.startswith(f"`{path}`: " if path else "the plan: ")


WRONG: list[tuple[Any, str, str]] = [
    ({"ColumnScan": {"schema": "shop.orders", "column": "pric", "value": 1}}, "ColumnScan", "did you mean `price`?"),
    ({"IndexScan": {"schema": "shop.orders", "index": "by_usr", "value": 1}}, "IndexScan", "did you mean `by_user`?"),
    ({"IndexScan": {"schema": "shop.orders", "column": "qty", "value": 1}}, "IndexScan", "begins with `qty`"),
    ({"IndexScan": {"schema": "shop.orders", "column": "qyt", "value": 1}}, "IndexScan", "did you mean `qty`?"),
    (
        {"IndexScan": {"schema": "shop.orders", "index": "idx_user_id", "values": [1, 2]}},
        "IndexScan",
        "there are values for 2 columns, index `idx_user_id` has 1",
    ),
    ({"Project": {"columns": ["id", "idd"], "child": SCAN}}, "Project.columns[1]", "did you mean `id`?"),
    ({"Project": {"columns": ["id", "id"], "child": SCAN}}, "Project.columns[1]", "two columns are called `id`"),
    ({"Sort": {"by": ["id", "when"], "child": SCAN}}, "Sort.by[1]", "`when` is not a column here"),
    ({"Sort": {"by": ["doc"], "child": {"Scan": {"schema": "all.things"}}}}, "Sort.by[0]", "never compared"),
    ({"Aggregate": {"group_by": ["doc"], "child": {"Scan": {"schema": "all.things"}}}}, "Aggregate", "never compared"),
    (
        {"Aggregate": {"group_by": ["id"], "aggs": [{"fn": "count", "as": "id"}], "child": SCAN}},
        "Aggregate",
        "two columns are called `id`",
    ),
    (
        {"Aggregate": {"aggs": [{"fn": "count"}], "having": {"Eq": ["n", 1]}, "child": SCAN}},
        "Aggregate.having.Eq",
        "`n` is not a column here",
    ),
    (
        {"Join": {"left": SCAN, "right": {"Scan": {"schema": "shop.users"}}, "on": [["user", "id"]]}},
        "Join.left",
        "did you mean `user_id`?",
    ),
    (
        {"RelationHop": {"rel": "user", "child": {"Project": {"columns": ["id"], "child": SCAN}}}},
        "RelationHop",
        "the child has no column that is `user_id` of `shop.orders`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "path", "message"), WRONG)
def test_what_the_tables_do_not_have_is_refused_with_its_place(plan: Any, path: str, message: str) -> None:
    refused = refusal(plan)
    assert refused.detail["path"] == path
    assert message in refused.message


def test_plans_are_bounded() -> None:
    deep: Any = {"Eq": ["id", 1]}
    for _ in range(5_000):
        deep = {"Not": deep}
    assert "nests at most 64 deep" in refusal(filtered(deep)).message
    tall: Any = SCAN
    for _ in range(5_000):
        tall = {"Limit": {"n": 1, "child": tall}}
    assert "nests at most 64 deep" in refusal(tall).message
    wide = filtered({"In": ["id", list(range(10_001))]})
    assert "at most 10,000 operands" in refusal(wide).message
    many = filtered({"Or": [{"IsNull": "id"}] * 10_001})
    assert "at most 10,000 predicates" in refusal(many).message

    def joined(height: int) -> Any:
        if height == 0:
            return SCAN
        return {"Join": {"left": joined(height - 1), "right": joined(height - 1), "on": [["id", "id"]]}}

    assert "at most 32 joins and hops" in refusal(joined(6)).message


def test_names_never_stand_in_a_statement_unless_a_table_has_them() -> None:
    bad = 'x" FROM t1; DROP TABLE t1 --'
    plan = {"Project": {"columns": [{"column": "id", "as": bad}], "child": SCAN}}
    statement = compile_plan({"Sort": {"by": [bad], "child": plan}}, CATALOG, "sqlite")
    assert "DROP" not in statement.sql
    assert [output.key for output in statement.outputs] == [bad]


# --- the JSON Schema


def test_the_schema_is_one() -> None:
    jsonschema_rs.meta.validate(schema())


def test_the_schema_names_what_the_parser_knows() -> None:
    definitions = schema()["$defs"]
    assert set(definitions["Plan"]["properties"]) == set(OPERATORS)
    assert set(definitions["Predicate"]["properties"]) == set(PREDICATES)


SAID_IN_WORDS_ONLY = (
    "`columns` has 1 columns, `values` 2 values",
    "there are 1 columns, but values or bounds for 2",
    "expected something in `group_by` or in `aggs`",
    "aggs[0]`: the field `column` is missing",
)
"""Rules between fields that the schema leaves to the parser."""


@pytest.mark.parametrize("plan", [row[0] for row in MALFORMED])
def test_the_schema_refuses_what_the_parser_refuses(plan: Any) -> None:
    assert VALIDATOR.is_valid(plan) == refusal(plan).message.endswith(SAID_IN_WORDS_ONLY)


@pytest.mark.parametrize("plan", [row[0] for row in WRONG])
def test_the_schema_knows_no_tables(plan: Any) -> None:
    assert VALIDATOR.is_valid(plan)


VALID: list[Any] = [
    filtered({"Or": [{"Like": ["note", "a%"]}, {"StartsWith": ["note", 7]}, {"IsNotNull": "note"}]}),
    {"ColumnScan": {"schema": "shop.orders", "eq": {"id": 1}, "predicate": {"Ne": ["qty", None]}, "as": "o"}},
    {"IndexScan": {"schema": "s.t", "index": "i", "value": None, "as": None}},
    {"IndexLookup": {"schema": "s.t", "columns": ["a", "b"], "values": [1], "low": 1, "high": None}},
    {"ColumnScan": {"schema": "s.t", "column": "a", "value": None}},
    {"Sort": {"by": ["a", ["b", "DESC"], {"column": "c", "desc": True}], "child": SCAN}},
    {"OuterJoin": {"left": SCAN, "right": SCAN, "left_key": "a", "right_key": "b", "side": "Full"}},
    {"Aggregate": {"aggs": [{"func": "count", "column": "*"}, {"fn": "avg", "column": "a"}], "child": SCAN}},
    {"RelationHop": {"rel": "r", "child": SCAN, "schema": None}},
    filtered({"And": [{"Lte": ["a", {"col": "b"}]}, {"Not": {"In": ["a", [1, None]]}}, {"Between": ["a", 1, 2.5]}]}),
]


@pytest.mark.parametrize("plan", VALID)
def test_the_schema_takes_plans(plan: Any) -> None:
    VALIDATOR.validate(plan)


# --- anything at all

WORDS = st.sampled_from([
    *OPERATORS, *PREDICATES, "schema", "as", "column", "columns", "value", "values", "eq", "predicate", "index", "low",
    "high", "child", "n", "offset", "by", "desc", "group_by", "aggs", "fn", "having", "left", "right", "on", "kind",
    "rel", "reverse", "col", "id", "qty", "user_id", "shop.orders", "shop.users", "user", "count", "sum", "full",
])  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=3)
SHAPES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3))


@st.composite
def near_plans(draw: st.DrawFn) -> Any:
    """A plan in which one thing was replaced by something else."""
    plan = json.loads(json.dumps(draw(st.sampled_from([*VALID, *(row[0] for row in WRONG)]))))
    here, way = plan, []
    while isinstance(here, (dict, list)) and here:
        key = draw(st.sampled_from(list(here) if isinstance(here, dict) else range(len(here))))
        way.append((here, key))
        here = here[key]
    parent, key = draw(st.sampled_from(way))
    parent[key] = draw(SHAPES)
    return plan


@pytest.mark.slow
@dose(300)
@given(plan=SHAPES | near_plans())
def test_anything_is_compiled_or_refused(plan: Any) -> None:
    try:
        compile_plan(plan, CATALOG, "postgres")
    except NotFound:
        return
    except Invalid as refused:
        place = refused.detail["path"]
        assert isinstance(place, str)
        return
    assert VALIDATOR.is_valid(plan)
