"""Every form of question, with the plan that it means."""

from typing import Any

import pytest

from substrate.ask import plan
from tests.substrate.ask.tables import ORDERS as ORDERS_TEXT, SHOP, TWO_SHOPS, catalog_of

ORDERS = {"Scan": {"schema": "shop.orders"}}
PRODUCTS = {"Scan": {"schema": "shop.products"}}


def count(rows: Any) -> Any:
    return {"Aggregate": {"aggs": [{"fn": "count", "as": "count"}], "child": rows}}


def computed(function: str, column: str, name: str, rows: Any) -> Any:
    return {"Aggregate": {"aggs": [{"fn": function, "column": column, "as": name}], "child": rows}}


def where(predicate: Any, rows: Any = ORDERS) -> Any:
    return {"Filter": {"predicate": predicate, "child": rows}}


def limit(n: int, rows: Any) -> Any:
    return {"Limit": {"n": n, "child": rows}}


def by(column: str, direction: str, rows: Any = ORDERS) -> Any:
    return {"Sort": {"by": [[column, direction]], "child": rows}}


OPEN = {"Eq": ["status", "open"]}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many orders", count(ORDERS)),
        ("how many orders where status is open", count(where(OPEN))),
        ("how many orders with status is open", count(where(OPEN))),
        ("how many orders status is open", count(where(OPEN))),
        ("how many open orders", count(where(OPEN))),
        ("number of orders", count(ORDERS)),
        ("count orders", count(ORDERS)),
        ("count of orders", count(ORDERS)),
        ("count of open orders", count(where(OPEN))),
        ("count of open orders total over 5", count(where({"And": [OPEN, {"Gt": ["total", 5]}]}))),
        ("count of the open orders where qty is 2", count(where({"And": [OPEN, {"Eq": ["qty", 2]}]}))),
        ("count of 'On Hold' orders", count(where({"Eq": ["status", "On Hold"]}))),
        ("count of on hold orders", count(where({"Eq": ["status", "on hold"]}))),
        ("top 3 orders by total", limit(3, by("total", "desc"))),
        ("top 3 orders by total asc", limit(3, by("total", "asc"))),
        ("top 3 orders by total descending", limit(3, by("total", "desc"))),
        ("bottom 3 orders by total", limit(3, by("total", "asc"))),
        ("bottom 3 orders by total desc", limit(3, by("total", "desc"))),
        ("top 3 open orders by customer name", limit(3, by("customer_name", "desc", where(OPEN)))),
        ("top 3 orders by total where qty is 2", limit(3, by("total", "desc", where({"Eq": ["qty", 2]})))),
        ("last 5 orders", limit(5, by("created_at", "desc"))),
        ("first 5 open orders", limit(5, by("created_at", "asc", where(OPEN)))),
        ("last 2 orders where status is open", limit(2, by("created_at", "desc", where(OPEN)))),
        ("last 2 products", limit(2, by("sku", "desc", PRODUCTS))),
        ("list orders", ORDERS),
        ("show orders", ORDERS),
        ("show me all the orders", ORDERS),
        ("list 10 orders", limit(10, ORDERS)),
        ("show 1,000 open orders", limit(1000, where(OPEN))),
        ("list 0 orders", limit(0, ORDERS)),
        ("total qty of orders", computed("sum", "qty", "total", ORDERS)),
        ("sum total of orders", computed("sum", "total", "total", ORDERS)),
        ("average price of products", computed("avg", "price", "average", PRODUCTS)),
        ("minimum created at of open orders", computed("min", "created_at", "minimum", where(OPEN))),
        ("maximum customer name of orders", computed("max", "customer_name", "maximum", ORDERS)),
        ("total total of orders total over 5", computed("sum", "total", "total", where({"Gt": ["total", 5]}))),
    ],
)
def test_forms(question: str, expected: Any) -> None:
    assert plan(question, SHOP) == expected


def test_the_last_rows_of_a_table_without_times_have_the_last_keys() -> None:
    rows = {"Sort": {"by": [["a", "desc"], ["b", "desc"]], "child": {"Scan": {"schema": "shop.category"}}}}
    assert plan("last 2 categories", SHOP) == limit(2, rows)


@pytest.mark.parametrize(
    ("said", "table"),
    [
        ("order", "shop.orders"),
        ("ORDERS", "shop.orders"),
        ("shop.orders", "shop.orders"),
        ("Shop.Order", "shop.orders"),
        ("category", "shop.category"),
        ("categories", "shop.category"),
        ("line items", "shop.line_items"),
        ("line_item", "shop.line_items"),
        ("Line-Items", "shop.line_items"),
        ("lineitems", "shop.line_items"),
        ("box", "depot.boxes"),
        ("depot.boxes", "depot.boxes"),
    ],
)
def test_ways_to_say_a_table(said: str, table: str) -> None:
    assert plan(f"list {said}", SHOP) == {"Scan": {"schema": table}}


@pytest.mark.parametrize(
    ("said", "column"),
    [("price", "price"), ("prices", "price"), ("cost", "price"), ("costs", "price"), ("Unit Cost", "unit_cost")],
)
def test_ways_to_say_a_column(said: str, column: str) -> None:
    assert plan(f"total {said} of products", SHOP) == computed("sum", column, "total", PRODUCTS)


def test_synonyms_are_found_both_ways() -> None:
    items = {"Scan": {"schema": "shop.line_items"}}
    assert plan("total price of line items", SHOP) == computed("sum", "cost", "total", items)
    categories = {"Scan": {"schema": "shop.category"}}
    assert plan("list new categories", SHOP) == where({"Eq": ["state", "new"]}, categories)


def test_the_first_column_with_a_time_or_a_day_says_which_rows_are_last() -> None:
    day_first = ORDERS_TEXT.replace('"status", type = "str"', '"day", type = "date"')
    assert plan("last 5 orders", catalog_of(day_first)) == limit(5, by("day", "desc"))


def test_a_word_of_the_grammar_may_be_a_name() -> None:
    words = catalog_of(
        'id = "x.top"\nprimary_key = { columns = ["by"] }\ncolumns = ['
        '{ name = "by", type = "str" }, { name = "is", type = "str" }, { name = "last", type = "str" }]'
    )
    top = {"Scan": {"schema": "x.top"}}
    assert plan("list top", words) == top
    assert plan("top 1 top by by desc", words) == limit(1, by("by", "desc", top))
    assert plan("list top where is is over and last is where", words) == where(
        {"And": [{"Eq": ["is", "over"]}, {"Eq": ["last", "where"]}]}, top
    )


@pytest.mark.parametrize(
    "question",
    [
        "How many orders?",
        "how  many\torders ?",
        " HOW MANY orders!",
        "how many orders.",
        "Count orders",
    ],
)
def test_what_says_nothing_changes_nothing(question: str) -> None:
    assert plan(question, SHOP) == count(ORDERS)


def test_schemas_say_which_tables_are_meant() -> None:
    assert plan("list orders", TWO_SHOPS, ["archive.orders"]) == {"Scan": {"schema": "archive.orders"}}
    assert plan("list products", TWO_SHOPS, []) == PRODUCTS
    assert plan("list archive.orders", TWO_SHOPS) == {"Scan": {"schema": "archive.orders"}}
