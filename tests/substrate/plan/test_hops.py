"""Relations of each kind and keys of each type, crossed both ways on both engines."""

from typing import Any

import pytest

from substrate.errors import Invalid, NotFound
from tests.substrate.plan.world import World

A = "0193a5b2-7c1e-7d3f-8a4b-5c6d7e8f9a0b"

KEYS: list[tuple[str, list[Any], list[Any], list[Any]]] = [
    ("str", ["a", "b", "7"], ["a", "x", None, 7, True, ["b"], {"a": "b"}, "a"], ["a"]),
    ("i64", [1, 2, 2**53 + 1], [1.0, 2.5, "2", True, 10**40, 1e300, None, 2**53 + 1], [1, 2**53 + 1]),
    ("u64", [1, 2], [-1, 2], [2]),
    ("f64", [0.5, 1.0, 2.0], [1, 0.5, "2.0", 10**400, None], [0.5, 1.0]),
    ("number", [0.5, 2], [2, 0.25], [2]),
    ("bool", [True, False], [False, 1, "true"], [False]),
    ("uuid", [A, A[:-1] + "c"], [A.upper(), "x", f"{A}0", 1], [A]),
    ("date", ["2026-02-28", "2024-02-29"], ["2026-02-29", "2024-02-29", "2024-2-29", "0000-01-01", 1], ["2024-02-29"]),
]


@pytest.mark.parametrize(("kind", "keys", "held", "reached"), KEYS, ids=[row[0] for row in KEYS])
def test_keys_in_an_array(world: World, kind: str, keys: list[Any], held: list[Any], reached: list[Any]) -> None:
    key = 'primary_key = { columns = ["k"] }\n'
    world.declare(f'id = "k.to"\n{key}columns = [{{ name = "k", type = "{kind}" }}]')
    world.declare(
        f'id = "k.of"\n{key}columns = [{{ name = "k", type = "str" }}, {{ name = "to", type = "json" }}]\n'
        'relations = [{ name = "to", column = "to", target = "k.to" }]'
    )
    world.insert("k.to", [{"k": key} for key in keys])
    world.insert("k.of", [{"k": "all", "to": held}, {"k": "one", "to": keys[0]}, {"k": "nothing"}])
    assert world.column({"RelationHop": {"rel": "to", "child": {"Scan": {"schema": "k.of"}}}}, "k") == reached
    for target, sources in ((reached[-1], ["all"]), *(((keys[1], []),) if keys[1] not in reached else ())):
        child = {"ColumnScan": {"schema": "k.to", "column": "k", "value": target}}
        assert world.column({"RelationHop": {"rel": "to", "reverse": True, "child": child}}, "k") == sources


@pytest.mark.parametrize("kind", ["timestamp", "bytes"])
def test_keys_that_json_has_several_texts_for_are_not_in_arrays(world: World, kind: str) -> None:
    key = 'primary_key = { columns = ["k"] }\n'
    relation = 'relations = [{ name = "to", column = "doc", target = "k.to" }]'
    doc = '{ name = "doc", type = "json" }'
    world.declare(f'id = "k.to"\n{key}columns = [{{ name = "k", type = "{kind}" }}, {doc}]\n{relation}')
    for reverse in (False, True):
        plan = {"RelationHop": {"rel": "to", "reverse": reverse, "child": {"Scan": {"schema": "k.to"}}}}
        with pytest.raises(Invalid, match=f"of type {kind}, which an array in JSON cannot hold"):
            world.rows(plan)


TREE = """
id = "t.nodes"
primary_key = { columns = ["id"] }
columns = [{ name = "id", type = "i64" }, { name = "parent", type = "f64" }, { name = "word", type = "str" }]
relations = [
  { name = "parent", column = "parent", target = "t.nodes" }, { name = "odd", column = "word", target = "t.nodes" },
  { name = "lost", column = "parent", target = "t.none" },
]
"""


@pytest.fixture
def tree(world: World) -> World:
    """A table that leads to itself, through a float that holds the integer of a key."""
    world.declare(TREE)
    parents: list[tuple[int, float | None]] = [(1, None), (2, 1.0), (3, 1.0), (4, 2.5), (5, 2.0), (2**53 + 1, 2.0**53)]
    world.insert("t.nodes", [{"id": key, "parent": parent, "word": str(key)} for key, parent in parents])
    return world


def hop(child: Any, relation: str = "parent", **fields: Any) -> Any:
    """A plan of one more hop."""
    return {"RelationHop": {"rel": relation, "child": child, **fields}}


NODES = {"Scan": {"schema": "t.nodes"}}


def test_a_relation_to_the_table_itself(tree: World) -> None:
    assert tree.column(hop(NODES)) == [1, 2]
    assert tree.column(hop(NODES, reverse=True)) == [2, 3, 5]
    assert tree.column(hop(hop(NODES))) == [1]
    assert tree.column(hop({"ColumnScan": {"schema": "t.nodes", "eq": {"id": 1}}}, reverse=True)) == [2, 3]


@pytest.mark.parametrize("reverse", [False, True])
def test_unlike_types_lead_nowhere_which_is_said(tree: World, reverse: bool) -> None:
    said = (
        "`RelationHop`: relation `odd`: column `word` of `t.nodes` is of type str, and the key of `t.nodes` of type"
        " i64, which never equals it: declare them of one type"
    )
    with pytest.raises(Invalid) as refused:
        tree.rows(hop(NODES, "odd", reverse=reverse))
    assert (refused.value.message, refused.value.detail) == (said, {"column": "word", "path": "RelationHop"})


@pytest.mark.parametrize(("via", "column"), [("a", "b"), ("b", "a")])
def test_unlike_types_along_a_table_of_edges(tree: World, via: str, column: str) -> None:
    edges = 'columns = [{ name = "a", type = "i64" }, { name = "b", type = "date" }]\nprimary_key = ["a", "b"]'
    tree.declare(f'namespace = "t"\ntable = "edges"\n{edges}')
    tree.declare(
        'id = "t.from"\nprimary_key = { columns = ["id"] }\ncolumns = [{ name = "id", type = "i64" }]\n'
        f'relations = [{{ name = "to", via = "t.edges", from_col = "{via}", to_col = "{column}", target = "t.nodes" }}]'
    )
    for reverse in (False, True):
        plan = hop({"Scan": {"schema": "t.nodes" if reverse else "t.from"}}, "to", reverse=reverse)
        with pytest.raises(Invalid, match=r"column `b` of `t\.edges` is of type date"):
            tree.rows(plan)


@pytest.mark.parametrize(
    ("held", "kind", "keys"),
    [
        ("str", "uuid", [A, A[:-1] + "c"]),
        ("uuid", "str", [A, A[:-1] + "c"]),
        ("str", "date", ["0900-01-31", "2024-02-29"]),
        ("date", "str", ["0900-01-31", "2024-02-29"]),
    ],
)
def test_texts_lead_to_uuids_and_dates_and_back(world: World, held: str, kind: str, keys: list[str]) -> None:
    key = 'primary_key = { columns = ["k"] }\n'
    world.declare(f'id = "k.to"\n{key}columns = [{{ name = "k", type = "{kind}" }}]')
    world.declare(
        f'id = "k.of"\n{key}columns = [{{ name = "k", type = "i64" }}, {{ name = "to", type = "{held}" }}]\n'
        'relations = [{ name = "to", column = "to", target = "k.to" }]'
    )
    world.insert("k.to", [{"k": key} for key in keys])
    other = [{"k": 2, "to": keys[0].upper() + "x"}] if held == "str" else []
    world.insert("k.of", [{"k": 1, "to": keys[1]}, *other])
    assert world.column(hop({"Scan": {"schema": "k.of"}}, "to"), "k") == [keys[1]]
    assert world.column(hop({"Scan": {"schema": "k.to"}}, "to", reverse=True), "k") == [1]


def test_a_target_that_is_not_declared_is_not_found(tree: World) -> None:
    with pytest.raises(NotFound, match=r"`RelationHop`: there is no table `t\.none`"):
        tree.rows(hop(NODES, "lost"))


def test_several_declarations_of_one_name_need_the_schema(tree: World) -> None:
    tree.declare(TREE.replace("t.nodes", "t.more").replace('target = "t.more"', 'target = "t.nodes"'))
    with pytest.raises(Invalid, match=r"is declared by `t\.more`, `t\.nodes`: say which by `schema`"):
        tree.rows(hop(NODES, reverse=True))
    assert tree.column(hop(NODES, reverse=True, schema="t.nodes")) == [2, 3, 5]
    assert tree.column(hop(NODES, reverse=True, schema="t.more")) == []


def test_a_table_that_is_twice_in_the_child_is_ambiguous(tree: World) -> None:
    sides = {side: {"Scan": {"schema": "t.nodes", "as": side}} for side in ("left", "right")}
    joined = {"Join": {**sides, "on": [["id", "id"]]}}
    with pytest.raises(Invalid, match="several columns that are `parent`"):
        tree.rows(hop(joined))
    one = {"Project": {"columns": ["left.parent"], "child": joined}}
    assert tree.column(hop(one)) == [1, 2]


def test_hops_through_limits_and_groups(tree: World) -> None:
    last = {"Limit": {"n": 2, "child": {"Sort": {"by": [["id", "desc"]], "child": NODES}}}}
    assert tree.column(hop(last)) == [2]
    groups = {"Aggregate": {"group_by": ["parent"], "aggs": [{"fn": "count"}], "child": NODES}}
    assert tree.column(hop(groups)) == [1, 2]
    assert tree.column({"Filter": {"predicate": {"Gt": ["id", 1]}, "child": hop(groups)}}) == [2]
    counted = {"Aggregate": {"aggs": [{"fn": "count"}], "child": hop(NODES)}}
    assert tree.rows(counted) == [{"count(*)": 2}]
