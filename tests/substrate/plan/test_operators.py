"""What each operator gives, on both engines; the rows are those of `world.ROWS`."""

from typing import Any

import pytest

from substrate.errors import Invalid, NotFound
from tests.substrate.plan.world import World

ORDERS = {"Scan": {"schema": "shop.orders"}}
USERS = {"Scan": {"schema": "shop.users"}}


def node(op: str, child: Any = ORDERS, **fields: Any) -> Any:
    """A plan of one more operator."""
    return {op: {**fields, "child": child}}


def test_scan_gives_all_rows_in_the_order_of_the_key(world: World) -> None:
    assert world.rows({"Scan": {"schema": "shop.goods"}}) == [
        {"id": 10, "title": "tea"},
        {"id": 11, "title": "jam"},
        {"id": 12, "title": "oil"},
    ]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"column": "user_id", "value": "ada"}, [1, 3]),
        ({"column": "user_id", "value": None}, []),
        ({"columns": ["user_id", "qty"], "values": ["ada", 5]}, [1]),
        ({"eq": {"qty": 1}}, [2, 5]),
        ({"eq": {"qty": 1, "price": 4}}, [5]),
        ({"eq": {"qty": 1}, "predicate": {"Gt": ["price", 5]}}, [2]),
        ({"eq": {"qty": "1"}}, []),
    ],
)
def test_column_scan_gives_equal_rows(world: World, fields: Any, found: list[int]) -> None:
    assert world.column({"ColumnScan": {"schema": "shop.orders", **fields}}) == found


@pytest.mark.parametrize("op", ["IndexScan", "IndexLookup"])
@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"index": "idx_user_id", "value": "ada"}, [1, 3]),
        ({"column": "user_id", "value": "ada"}, [1, 3]),
        ({"column": "user_id", "low": "b", "high": "zed"}, [2, 4]),
        ({"column": "id", "low": 4}, [4, 5]),
        ({"column": "id", "low": None, "high": 2}, [1, 2]),
        ({"index": "by_user", "values": ["ada", 5]}, [1]),
        ({"index": "by_user", "values": ["ada"]}, [1, 3]),
        ({"index": "by_user", "value": "ada", "low": 0}, [1]),
        ({"columns": ["user_id", "qty"], "values": ["bob"], "high": 1}, [2]),
        ({"columns": ["user_id", "qty"], "values": ["bob"], "high": 0}, []),
    ],
)
def test_index_scan_gives_what_an_index_finds(world: World, op: str, fields: Any, found: list[int]) -> None:
    assert world.column({op: {"schema": "shop.orders", **fields}}) == found


def test_filter_leaves_out_false_and_unknown(world: World) -> None:
    assert world.column(node("Filter", predicate={"Gt": ["qty", 1]})) == [1, 4]
    assert world.column(node("Filter", predicate={"Not": {"Gt": ["qty", 1]}})) == [2, 5]


def test_project_gives_columns_in_its_order_and_by_its_names(world: World) -> None:
    plan = node("Limit", node("Project", columns=["qty", {"column": "id", "as": "number"}, {"column": "note"}]), n=1)
    assert [list(row.items()) for row in world.rows(plan)] == [[("qty", 5), ("number", 1), ("note", "two")]]


def test_a_column_that_was_projected_away_is_unknown_above(world: World) -> None:
    with pytest.raises(Invalid, match=r"`Filter\.predicate\.Eq`: `qty` is not a column here"):
        world.rows(node("Filter", node("Project", columns=["id"]), predicate={"Eq": ["qty", 1]}))


def test_limit_and_offset(world: World) -> None:
    assert world.column(node("Limit", n=2)) == [1, 2]
    assert world.column(node("Limit", n=2, offset=3)) == [4, 5]
    assert world.column(node("Limit", n=0)) == []
    assert world.column(node("Limit", n=2**80, offset=2**80)) == []
    assert world.column(node("Limit", node("Limit", n=3, offset=1), n=5, offset=1)) == [3, 4]


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (["qty"], [2, 5, 1, 4, 3]),
        ([["qty", "desc"]], [4, 1, 2, 5, 3]),
        ([{"column": "qty", "desc": True}, ["id", "desc"]], [4, 1, 5, 2, 3]),
        ([["qty", "ASC"], {"column": "price"}], [5, 2, 1, 4, 3]),
        (["note"], [3, 4, 1, 5, 2]),
        (["qty", ["qty", "desc"]], [2, 5, 1, 4, 3]),
    ],
)
def test_sort_has_nulls_last_and_text_by_code_point(world: World, by: Any, found: list[int]) -> None:
    assert world.column(node("Sort", by=by)) == found


def test_sort_is_stable(world: World) -> None:
    assert world.column(node("Sort", node("Sort", by=[["id", "desc"]]), by=["qty"])) == [5, 2, 1, 4, 3]


def test_the_order_of_a_sort_lasts_above_it(world: World) -> None:
    sorted_ = node("Sort", by=[["price", "desc"]])  # 2, 5, 1, 3, 4
    limited = node("Limit", node("Project", sorted_, columns=["id", "qty"]), n=4)
    assert world.column(node("Filter", limited, predicate={"IsNotNull": "qty"})) == [2, 5, 1]
    assert world.column(node("Sort", limited, by=["qty"])) == [2, 5, 1, 3]
    join = {"Join": {"left": limited, "right": USERS, "left_key": "id", "right_key": "age", "kind": "left"}}
    assert [row["orders.id"] for row in world.rows(join)] == [2, 5, 1, 3]


def test_aggregate_without_groups_gives_one_row(world: World) -> None:
    aggs = [{"fn": "count"}, {"func": "count", "column": "qty"}, {"fn": "count", "column": "*", "as": "n"}]
    aggs += [{"fn": fn, "column": "qty"} for fn in ("sum", "avg", "min", "max", "count_distinct")]
    assert world.rows(node("Aggregate", aggs=aggs)) == [
        {
            "count(*)": 5, "count(qty)": 4, "n": 5, "sum(qty)": 14, "avg(qty)": 3.5, "min(qty)": 1, "max(qty)": 7,
            "count_distinct(qty)": 3,
        }
    ]  # fmt: skip


def test_aggregate_of_no_rows(world: World) -> None:
    empty = node("Filter", predicate={"Or": []})
    aggs = [{"fn": "count"}, *({"fn": fn, "column": "qty"} for fn in ("sum", "avg", "min", "count_distinct"))]
    assert world.rows(node("Aggregate", empty, aggs=aggs)) == [
        {"count(*)": 0, "sum(qty)": None, "avg(qty)": None, "min(qty)": None, "count_distinct(qty)": 0}
    ]
    assert world.rows(node("Aggregate", empty, aggs=aggs, group_by=["note"])) == []


def test_aggregate_gives_groups_in_their_order(world: World) -> None:
    aggs = [{"fn": "count", "as": "n"}, {"fn": "sum", "column": "price"}]
    assert world.rows(node("Aggregate", group_by=["user_id"], aggs=aggs)) == [
        {"user_id": "ada", "n": 2, "sum(price)": 2.75},
        {"user_id": "bob", "n": 1, "sum(price)": 10.0},
        {"user_id": "zed", "n": 1, "sum(price)": None},
        {"user_id": None, "n": 1, "sum(price)": 4.0},
    ]
    assert world.rows(node("Aggregate", group_by=["qty"])) == [{"qty": 1}, {"qty": 5}, {"qty": 7}, {"qty": None}]


def test_having_and_aggregates_of_aggregates(world: World) -> None:
    groups = node("Aggregate", group_by=["user_id"], aggs=[{"fn": "count"}], having={"Lt": ["count(*)", 2]})
    assert world.column(groups, "user_id") == ["bob", "zed", None]
    assert world.rows(node("Aggregate", groups, aggs=[{"fn": "max", "column": "user_id"}])) == [{"max(user_id)": "zed"}]
    assert world.rows(node("Aggregate", aggs=[{"fn": "count"}], having={"Gt": ["count(*)", 5]})) == []


def test_a_sum_beyond_64_bits_is_refused_whatever_the_order_of_the_rows(world: World) -> None:
    world.insert("shop.orders", [{"id": 90, "qty": 2**63 - 1}])
    total = node("Aggregate", aggs=[{"fn": "sum", "column": "qty"}])
    with pytest.raises(Invalid):
        world.rows(total)
    world.insert("shop.orders", [{"id": 91, "qty": -14}])
    assert world.rows(total) == [{"sum(qty)": 2**63 - 1}]
    world.insert("shop.orders", [{"id": 92, "qty": -(2**63)}])
    assert world.rows(total) == [{"sum(qty)": -1}]


def test_a_sum_of_floats_beyond_all_floats_is_refused(world: World) -> None:
    world.insert("shop.orders", [{"id": 90, "price": 1.5e308}, {"id": 91, "price": 1.5e308}])
    for function in ("sum", "avg"):
        with pytest.raises(Invalid):
            world.rows(node("Aggregate", aggs=[{"fn": function, "column": "price"}]))


JOIN = {"left": ORDERS, "right": USERS, "on": [["user_id", "id"]]}


@pytest.mark.parametrize(
    ("op", "fields", "pairs"),
    [
        ("HashJoin", {}, [(1, "ada"), (2, "bob"), (3, "ada")]),
        ("Join", {"kind": "inner"}, [(1, "ada"), (2, "bob"), (3, "ada")]),
        ("Join", {"kind": "left"}, [(1, "ada"), (2, "bob"), (3, "ada"), (4, None), (5, None)]),
        ("OuterJoin", {}, [(1, "ada"), (2, "bob"), (3, "ada"), (4, None), (5, None)]),
        ("OuterJoin", {"side": "Right"}, [(1, "ada"), (2, "bob"), (3, "ada"), (None, "cyd"), (None, "eve")]),
        (
            "OuterJoin",
            {"kind": "Full"},
            [(1, "ada"), (2, "bob"), (3, "ada"), (4, None), (5, None), (None, "cyd"), (None, "eve")],
        ),
    ],
)
def test_joins(world: World, op: str, fields: Any, pairs: Any) -> None:
    rows = world.rows({op: {**JOIN, **fields}})
    assert list(rows[0]) == ["orders.id", "user_id", "qty", "price", "note", "users.id", "name", "age", "friends"]
    assert {(row["orders.id"], row["users.id"]) for row in rows} == set(pairs)
    assert len(rows) == len(pairs)


def test_a_join_with_itself_needs_aliases(world: World) -> None:
    with pytest.raises(Invalid, match="both sides are called `users`"):
        world.rows({"Join": {"left": USERS, "right": USERS, "on": [["age", "age"]]}})
    sides = {side: {"Scan": {"schema": "shop.users", "as": side[0]}} for side in ("left", "right")}
    plan = node("Project", {"Join": {**sides, "on": [["age", "age"], ["l.name", "r.name"]]}}, columns=["l.id", "r.id"])
    assert sorted(world.column(plan, "l.id")) == ["ada", "cyd", "eve"]


def test_joins_of_joins(world: World) -> None:
    likes = {"Join": {"left": USERS, "right": {"Scan": {"schema": "shop.likes"}}, "left_key": "id", "right_key": "who"}}
    goods = {"Scan": {"schema": "shop.goods"}}
    plan = {"Join": {"left": likes, "right": goods, "on": [["what", "goods.id"]]}}
    rows = world.rows(node("Sort", plan, by=["users.id", "title"]))
    assert [(row["users.id"], row["title"], row["goods.id"]) for row in rows] == [
        ("ada", "oil", 12),
        ("ada", "tea", 10),
        ("bob", "oil", 12),
    ]
    mirrored = {"Join": {"left": goods, "right": likes, "on": [["goods.id", "what"]], "kind": "full"}}
    assert sorted((row["goods.id"] or 0, row["users.id"] or "") for row in world.rows(mirrored)) == [
        (0, "cyd"),
        (10, "ada"),
        (11, ""),
        (12, "ada"),
        (12, "bob"),
    ]


def test_a_name_that_both_sides_have_is_ambiguous_when_bare(world: World) -> None:
    with pytest.raises(Invalid, match=r"`id` could be `orders\.id` or `users\.id`"):
        world.rows(node("Sort", {"Join": JOIN}, by=["id"]))
    assert world.column(node("Sort", {"Join": JOIN}, by=[["orders.note", "desc"]]), "orders.id") == [1, 3, 2]


def test_columns_of_unlike_types_join_nothing(world: World) -> None:
    join = {"left": ORDERS, "right": USERS, "on": [["id", "id"]]}
    assert world.rows({"Join": join}) == []
    assert len(world.rows({"Join": {**join, "kind": "full"}})) == 9


def test_integers_and_floats_join_by_value(world: World) -> None:
    sides = {side: {"Scan": {"schema": "shop.orders", "as": side[0]}} for side in ("left", "right")}
    world.insert("shop.orders", [{"id": 2**53 + 1}, {"id": 100, "price": 2.0**53}, {"id": 101, "price": 1e300}])
    rows = world.rows({"Join": {**sides, "on": [["id", "price"]]}})
    assert [(row["l.id"], row["r.id"]) for row in rows] == [(4, 5)]
    rows = world.rows({"Join": {**sides, "on": [["price", "id"]]}})
    assert [(row["l.id"], row["r.id"]) for row in rows] == [(5, 4)]


@pytest.mark.parametrize(
    ("child", "fields", "found"),
    [
        (ORDERS, {"relation": "user"}, ["ada", "bob"]),
        (node("Limit", n=1), {"rel": "user"}, ["ada"]),
        (node("Project", columns=[{"column": "user_id", "as": "x"}]), {"rel": "user"}, ["ada", "bob"]),
        (node("Aggregate", group_by=["user_id"], aggs=[]), {"rel": "user"}, ["ada", "bob"]),
        (USERS, {"rel": "user", "reverse": True}, [1, 2, 3]),
        (USERS, {"rel": "user", "reverse": True, "schema": "shop.orders"}, [1, 2, 3]),
        (USERS, {"rel": "friends"}, ["bob", "eve"]),
        (node("Limit", USERS, n=1), {"rel": "friends"}, ["bob", "eve"]),
        ({"ColumnScan": {"schema": "shop.users", "eq": {"id": "eve"}}}, {"rel": "friends", "reverse": True}, ["ada"]),
        (USERS, {"rel": "likes"}, [10, 12]),
        ({"Scan": {"schema": "shop.goods"}}, {"rel": "likes", "reverse": True}, ["ada", "bob"]),
        ({"Join": JOIN}, {"rel": "user"}, ["ada", "bob"]),
        ({"Join": JOIN}, {"rel": "friends"}, ["bob", "eve"]),
        ({"Join": {**JOIN, "kind": "full"}}, {"rel": "friends"}, ["bob", "eve"]),
        ({"Join": {**JOIN, "kind": "right"}}, {"rel": "likes"}, [10, 12]),
        (node("Filter", {"Join": {**JOIN, "kind": "full"}}, predicate={"IsNull": "qty"}), {"rel": "user"}, ["ada"]),
    ],
)
def test_relation_hop_gives_each_row_at_the_other_end_once(
    world: World, child: Any, fields: Any, found: list[Any]
) -> None:
    assert world.column(node("RelationHop", child, **fields)) == found


def test_unknown_tables_and_relations_are_not_found(world: World) -> None:
    with pytest.raises(NotFound, match=r"did you mean `shop\.orders`") as caught:
        world.rows(node("Filter", {"Scan": {"schema": "shop.order"}}, predicate={"And": []}))
    assert caught.value.detail == {"schema": "shop.order", "path": "Filter.child.Scan"}
    for fields in ({"rel": "usr"}, {"rel": "usr", "reverse": True}, {"rel": "user", "schema": "shop.users"}):
        with pytest.raises(NotFound, match="there is no relation"):
            world.rows(node("RelationHop", **fields))
