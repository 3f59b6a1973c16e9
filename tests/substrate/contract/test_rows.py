"""Rows: written, read, versioned, refused; each refusal leaves nothing behind."""

from typing import Any

import pytest

from substrate.errors import Conflict, Invalid, NotFound
from substrate.interface import ROW_VERSION, Namespace, Store
from tests.substrate.contract.conftest import ALL_TYPES, ORDERS

A: dict[str, Any] = {"id": 1, "who": "ada", "price": 2.0, "paid": True, "mail": None}


def put(namespace: Namespace, *rows: dict[str, Any]) -> None:
    namespace.write(lambda frame: frame.put_many("shop.orders", rows))


def keys(namespace: Namespace) -> list[int]:
    return sorted(row["id"] for row in namespace.query({"Scan": {"schema": "shop.orders"}}))


def test_a_row_comes_back_as_it_was_written(ada: Namespace) -> None:
    written = ada.write(lambda frame: frame.put("shop.orders", A))
    assert (written.key, written.version, written.made) == (1, 1, False)
    assert ada.get("shop.orders", "1") == {**A, ROW_VERSION: 1}
    assert ada.get("shop.orders", "2") is None


def test_every_type_comes_back(store: Store) -> None:
    namespace = store.namespace("types")
    namespace.write(lambda frame: frame.register(ALL_TYPES))
    row = {
        "s": 'Zo\u00eb "\U0001f600" ?', "i": -(2**63), "u": 2**63 - 1, "f": 0.1, "n": 3, "b": False, "raw": "AAEC/w==",
        "at": "2026-01-02T03:04:05.678901Z", "day": "2024-02-29",
        "doc": {"z": 1, "a": [1.0, None, {"k": "v"}], "address": {"city": "Rome"}}, "secret": "hush",
    }  # fmt: skip
    key = namespace.write(lambda frame: frame.put("shop.things", row)).key
    got = namespace.get("shop.things", key) or {}
    assert got == {"id": key, **row, "city": "Rome", ROW_VERSION: 1}
    assert (type(got["n"]), type(got["doc"]["a"][0]), list(got["doc"])) == (int, float, ["z", "a", "address"])
    empty = namespace.write(lambda frame: frame.put("shop.things", {})).key
    assert namespace.get("shop.things", empty) == dict.fromkeys([*row, "city"]) | {"id": empty, ROW_VERSION: 1}


def test_defaults_fill_what_is_left_out_and_null_stays(ada: Namespace) -> None:
    put(ada, {"id": 1, "who": "a"}, {"id": 2, "who": "b", "price": None})
    assert [row["price"] for row in ada.query({"Scan": {"schema": "shop.orders"}})] == [9.5, None]


def test_a_write_replaces_the_whole_row(ada: Namespace) -> None:
    put(ada, A)
    assert ada.write(lambda frame: frame.put("shop.orders", {"id": 1, "who": "bob"})).version == 2
    assert ada.get("shop.orders", "1") == {
        "id": 1, "who": "bob", "price": 9.5, "paid": None, "mail": None, ROW_VERSION: 2,
    }  # fmt: skip


def test_versions_go_on_behind_a_delete(ada: Namespace) -> None:
    assert [ada.write(lambda frame: frame.put("shop.orders", A)).version for _ in range(2)] == [1, 2]
    assert ada.write(lambda frame: frame.delete("shop.orders", "1")) is True
    assert ada.write(lambda frame: frame.delete("shop.orders", "1")) is False
    assert ada.write(lambda frame: frame.put("shop.orders", A)).version == 3
    assert ada.write(lambda frame: frame.put("shop.orders", A)).version == 4


def test_a_version_can_be_expected(ada: Namespace) -> None:
    with pytest.raises(Conflict) as refused:
        ada.write(lambda frame: frame.put("shop.orders", A, version=1))
    assert (refused.value.detail["current_version"], refused.value.retry) == (0, True)
    ada.write(lambda frame: frame.put("shop.orders", A, version=0))
    with pytest.raises(Conflict) as refused:
        ada.write(lambda frame: frame.delete("shop.orders", "1", version=2))
    assert refused.value.detail["current_version"] == 1
    assert ada.write(lambda frame: frame.delete("shop.orders", "1", version=1))


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ({"id": "1", "who": "a"}, "id", "expected an integer"),
        ({"id": 1.0, "who": "a"}, "id", "expected an integer"),
        ({"id": True, "who": "a"}, "id", "expected an integer"),
        ({"id": 2**63, "who": "a"}, "id", "expected an integer"),
        ({"who": "a"}, "id", "is required"),
        ({"id": 1}, "who", "is required"),
        ({"id": 1, "who": None}, "who", "is required"),
        ({"id": 1, "who": "a", "wo": 1}, "wo", "did you mean `who`"),
        ({"id": 1, "who": "a", "price": "1"}, "price", "expected a finite number"),
        ({"id": 1, "who": "a", "paid": 1}, "paid", "expected true or false"),
        ({"id": 1, "who": "a\0b"}, "who", "U+0000"),
        ({"id": 1, "who": "\ud800"}, "who", "surrogate"),
    ],
)
def test_a_bad_row_is_refused_naming_the_column(ada: Namespace, row: dict[str, Any], column: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.put("shop.orders", row))
    assert refused.value.detail["column"] == column
    assert said in refused.value.message
    assert keys(ada) == []


@pytest.mark.parametrize("row", [None, [], "x", 1])
def test_a_row_that_is_no_object_is_refused(ada: Namespace, row: Any) -> None:
    with pytest.raises(Invalid, match="expected an object"):
        ada.write(lambda frame: frame.put("shop.orders", row))


def test_the_rows_of_a_batch_are_written_together_or_not_at_all(ada: Namespace) -> None:
    with pytest.raises(Invalid) as refused:
        put(ada, A, {"id": 2, "who": "b"}, {"id": "3", "who": "c"})
    assert (refused.value.detail["row"], refused.value.detail["column"]) == (2, "id")
    with pytest.raises(Invalid) as refused:
        put(ada, {"id": 1, "who": "a", "mail": "m"}, {"id": 2, "who": "b"}, {"id": 3, "who": "c", "mail": "m"})
    assert (refused.value.detail["row"], refused.value.detail["column"]) == (2, "mail")
    assert keys(ada) == []


def test_of_a_key_that_comes_twice_the_last_row_wins(ada: Namespace) -> None:
    put(ada, {"id": 1, "who": "first"}, {"id": 1, "who": "last"})
    assert ada.get("shop.orders", "1") == {
        "id": 1, "who": "last", "price": 9.5, "paid": None, "mail": None, ROW_VERSION: 2,
    }  # fmt: skip


def test_what_must_be_unique_is(ada: Namespace) -> None:
    put(
        ada,
        {"id": 1, "who": "a", "mail": "m"},
        {"id": 2, "who": "b", "mail": None},
        {"id": 3, "who": "c", "mail": None},
    )
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.put("shop.orders", {"id": 4, "who": "d", "mail": "m"}))
    assert refused.value.detail["column"] == "mail"
    assert keys(ada) == [1, 2, 3]


def test_inserting_over_a_row_is_a_conflict(ada: Namespace) -> None:
    ada.write(lambda frame: frame.put("shop.orders", A, insert=True))
    with pytest.raises(Conflict):
        ada.write(lambda frame: frame.put("shop.orders", {"id": 1, "who": "b"}, insert=True))
    with pytest.raises(Conflict) as refused:
        ada.write(
            lambda frame: frame.put_many("shop.orders", [{"id": 2, "who": "b"}, {"id": 1, "who": "b"}], insert=True)
        )
    assert refused.value.detail["row"] == 1
    assert keys(ada) == [1]
    assert ada.get("shop.orders", "1") == {**A, ROW_VERSION: 1}


def test_a_row_is_replaced_by_its_path(ada: Namespace) -> None:
    assert ada.write(lambda frame: frame.replace("shop.orders", "5", {"who": "e"})).key == 5
    assert ada.write(lambda frame: frame.replace("shop.orders", "5", {"id": 5, "who": "f"})).version == 2
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.replace("shop.orders", "5", {"id": 6, "who": "f"}))
    assert refused.value.detail["column"] == "id"


def test_a_text_that_is_no_key_is_refused(ada: Namespace) -> None:
    for text in ("x", "1.0", "", " 1", "01", "9" * 400):
        with pytest.raises(Invalid):
            ada.get("shop.orders", text)


def test_unknown_tables_are_not_found(ada: Namespace) -> None:
    with pytest.raises(NotFound, match=r"did you mean `shop\.orders`"):
        ada.get("shop.order", "1")
    with pytest.raises(NotFound):
        ada.write(lambda frame: frame.put("Shop.orders", A))


def test_rows_are_updated_where_they_fit(ada: Namespace) -> None:
    put(ada, *({"id": number, "who": "x" if number % 2 else "y"} for number in range(10)))
    assert ada.write(lambda frame: frame.update("shop.orders", {"price": 1, "paid": True}, {"Eq": ["who", "x"]})) == 5
    rows = {row["id"]: row for row in ada.query({"Scan": {"schema": "shop.orders"}})}
    assert [rows[number]["price"] for number in range(10)] == [9.5, 1.0] * 5
    assert [(ada.get("shop.orders", key) or {})[ROW_VERSION] for key in "01"] == [1, 2]
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.update("shop.orders", {"mail": "same"}, {"Eq": ["who", "x"]}))
    assert refused.value.detail["column"] == "mail"


@pytest.mark.parametrize("values", [{"id": 3}, {"nothing": 1}, {"who": None}, {"price": "x"}])
def test_a_bad_update_is_refused(ada: Namespace, values: dict[str, Any]) -> None:
    put(ada, A)
    with pytest.raises(Invalid):
        ada.write(lambda frame: frame.update("shop.orders", values, {"Eq": ["id", 1]}))
    assert ada.get("shop.orders", "1") == {**A, ROW_VERSION: 1}


def test_rows_are_deleted_where_they_fit(ada: Namespace) -> None:
    put(ada, *({"id": number, "who": "x"} for number in range(5)))
    assert ada.write(lambda frame: frame.purge("shop.orders", {"Ge": ["id", 3]})) == 2
    assert keys(ada) == [0, 1, 2]
    assert ada.write(lambda frame: frame.purge("shop.orders", None)) == 3
    assert keys(ada) == []
    assert ada.write(lambda frame: frame.put("shop.orders", {"id": 4, "who": "x"})).version == 2


FOREIGN = """
namespace = "shop"
table = "lines"
primary_key = ["order_id", "line"]
columns = [{ name = "order_id", ty = "i64" }, { name = "line", ty = "i64" }, { name = "qty", ty = "i64" }]
foreign_keys = [{ from_col = "order_id", target = { namespace = "shop", table = "orders", pk = "id" } }]
check_constraints = [{ name = "some", expr = "qty > 0 AND qty < 1000" }]
"""


def test_a_foreign_key_is_looked_at_when_the_frame_ends(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(FOREIGN))

    def child_first(frame: Any) -> None:
        frame.put("shop.lines", {"order_id": 1, "line": 1, "qty": 1})
        frame.put("shop.orders", A)

    ada.write(child_first)
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.put("shop.lines", {"order_id": 2, "line": 1}))
    assert refused.value.detail["column"] == "order_id"
    with pytest.raises(Invalid) as refused:
        ada.write(lambda frame: frame.delete("shop.orders", "1"))
    assert refused.value.detail["column"] == "order_id"
    with pytest.raises(Conflict):
        ada.write(lambda frame: frame.drop("shop.orders"))
    ada.write(lambda frame: (frame.delete("shop.orders", "1"), frame.delete_key("shop.lines", [1, 1])))
    assert keys(ada) == []


def test_a_check_is_looked_at_with_each_row(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(FOREIGN))
    put(ada, A)
    lines: list[dict[str, Any]] = [{"order_id": 1, "line": 1, "qty": 5}, {"order_id": 1, "line": 2, "qty": None}]
    ada.write(lambda frame: frame.put_many("shop.lines", lines))
    with pytest.raises(Invalid, match="`some`") as refused:
        ada.write(lambda frame: frame.put_many("shop.lines", [{"order_id": 1, "line": 3, "qty": 0}]))
    assert refused.value.detail == {"row": 0, "check": "some", "column": "qty"}
    with pytest.raises(Invalid, match="`some`"):
        ada.write(lambda frame: frame.update("shop.lines", {"qty": 1000}, {"Eq": ["line", 1]}))
    assert [row["qty"] for row in ada.query({"Scan": {"schema": "shop.lines"}})] == [5, None]


def test_a_composite_key_has_no_path(ada: Namespace) -> None:
    ada.write(lambda frame: frame.register(FOREIGN))
    for work in (lambda: ada.get("shop.lines", "1"), lambda: ada.write(lambda frame: frame.delete("shop.lines", "1"))):
        with pytest.raises(Invalid, match=r"several columns.*ColumnScan.*_batch.*`execute`"):
            work()


def test_namespaces_are_worlds_of_their_own(store: Store, ada: Namespace) -> None:
    put(ada, A)
    other = store.namespace("Ada")
    other.write(lambda frame: frame.register(ORDERS))
    assert keys(other) == []
    assert store.names() == ["Ada", "ada"]
    assert store.delete("Ada") is True
    assert store.delete("Ada") is False
    assert keys(ada) == [1]
    with pytest.raises(NotFound):
        other.table_ids()


def test_a_plan_is_explained_node_by_node(ada: Namespace) -> None:
    put(ada, *({"id": number, "who": "x" if number < 3 else "y"} for number in range(10)))
    plan = {
        "Limit": {
            "n": 2,
            "child": {"Filter": {"predicate": {"Eq": ["who", "x"]}, "child": {"Scan": {"schema": "shop.orders"}}}},
        }
    }
    rows, tree = ada.explain(plan)
    assert [row["id"] for row in rows] == [0, 1]
    seen = []
    while tree:
        seen.append((tree["op"], tree["rows_out"]))
        assert tree["elapsed_us"] >= 0
        tree = next(iter(tree["children"]), None)
    assert seen == [("Limit", 2), ("Filter", 3), ("Scan", 10)]


def test_what_is_in_an_index_has_a_length(ada: Namespace) -> None:
    put(ada, {"id": 1, "who": "w" * 2_600, "mail": "\u00e9" * 1_300})
    for row, column in (
        ({"id": 2, "who": "w" * 2_601}, "who"),
        ({"id": 2, "who": "w", "mail": "\u00e9" * 1_301}, "mail"),
    ):
        with pytest.raises(Invalid, match="2,600 bytes") as refused:
            put(ada, row)
        assert refused.value.detail["column"] == column
    assert keys(ada) == [1]
