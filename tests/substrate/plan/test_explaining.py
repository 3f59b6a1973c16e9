"""What `explain` says of the nodes of a plan, on both engines."""

from typing import Any

import pytest

from substrate.errors import Invalid
from tests.substrate.plan.world import World

ORDERS = {"Scan": {"schema": "shop.orders"}}
PLAN = {
    "Sort": {
        "by": [["orders.id", "desc"]],
        "child": {
            "Join": {
                "left": {"Filter": {"predicate": {"Ge": ["qty", 1]}, "child": ORDERS}},
                "right": {"IndexLookup": {"schema": "shop.users", "column": "id", "value": "ada"}},
                "on": [["user_id", "id"]],
                "kind": "left",
            }
        },
    }
}


def without_times(tree: Any) -> Any:
    """What is the same each time; that times include the children's is checked here."""
    below = [without_times(child) for child in tree["children"]]
    assert tree["elapsed_us"] >= sum(child["elapsed_us"] for child in tree["children"])
    return {**{name: value for name, value in tree.items() if name != "elapsed_us"}, "children": below}


def test_each_node_has_its_rows_and_its_time(world: World) -> None:
    rows, tree = world.explained(PLAN)
    assert rows == world.rows(PLAN)
    assert [row["orders.id"] for row in rows] == [5, 4, 2, 1]
    scan = {"op": "Scan", "schema": "shop.orders", "rows_out": 5, "children": []}
    found = {"op": "IndexScan", "schema": "shop.users", "rows_out": 1, "children": []}
    filter_ = {"op": "Filter", "rows_out": 4, "children": [scan]}
    join = {"op": "HashJoin", "rows_out": 4, "children": [filter_, found]}
    assert without_times(tree) == {"op": "Sort", "rows_out": 4, "children": [join]}


def test_a_leaf_has_all_fields_that_are_published(world: World) -> None:
    _, tree = world.explained(ORDERS)
    assert list(tree) == ["op", "schema", "rows_out", "elapsed_us", "children"]


def test_nothing_is_left_behind(world: World) -> None:
    table = "sqlite_temp_master" if world.dialect == "sqlite" else "pg_tables"
    column = "name" if world.dialect == "sqlite" else "tablename"
    count = f"SELECT count(*) FROM {table} WHERE {column} LIKE '_oc_explained%'"
    world.explained(PLAN)
    world.insert("shop.orders", [{"id": 90, "qty": 2**63 - 1}])
    total = {"Aggregate": {"aggs": [{"fn": "sum", "column": "qty"}], "child": ORDERS}}
    with pytest.raises(Invalid):
        world.explained(total)
    assert world.connection.execute(count) == [(0,)]


def test_a_wrong_plan_is_refused_as_ever(world: World) -> None:
    with pytest.raises(Invalid, match="did you mean `qty`"):
        world.explained({"Sort": {"by": ["qyt"], "child": ORDERS}})
