"""INSERT and DELETE: what they are translated to, and what they are refused for."""

from typing import Any

import pytest

from substrate.errors import Invalid
from substrate.sql import Delete, Insert, check
from tests.substrate.sql.shop import ONE, catalog

SHOP = catalog()


def rows(text: str, *params: Any) -> list[dict[str, Any]]:
    checked = check(text, SHOP)
    assert isinstance(checked, Insert)
    return checked.rows(params)


def deletion(text: str) -> Delete:
    checked = check(text, SHOP)
    assert isinstance(checked, Delete)
    return checked


def test_rows_without_a_list_follow_the_manifest() -> None:
    text = (
        "INSERT INTO shop.users VALUES ('eve', 'Eve', 7, true, '2024-01-01T00:00:00Z'), ('fay', NULL, -1, FALSE, NULL)"
    )
    assert rows(text) == [
        {"id": "eve", "name": "Eve", "age": 7, "active": True, "joined": "2024-01-01T00:00:00Z"},
        {"id": "fay", "name": None, "age": -1, "active": False, "joined": None},
    ]
    checked = check(text, SHOP)
    assert isinstance(checked, Insert)
    assert str(checked.schema) == "shop.users"


def test_a_list_names_the_columns_and_default_leaves_one_out() -> None:
    assert rows("INSERT INTO Shop.Users (NAME, id, age) VALUES ('Eve', 'eve', DEFAULT)") == [
        {"name": "Eve", "id": "eve"}
    ]


def test_params_are_values_of_rows() -> None:
    document = {"a": [1, None]}
    text = "INSERT INTO all.things (k, doc, s) VALUES ($1, $2, $3)"
    assert rows(text, 4, document, "x") == [{"k": 4, "doc": document, "s": "x"}]
    with pytest.raises(Invalid, match="expected 3 params, found 2"):
        rows(text, 4, document)


def test_a_text_for_a_json_column_is_json_and_a_param_its_value() -> None:
    assert rows("""INSERT INTO all.things (k, doc) VALUES (4, '{"a": 1}')""") == [{"k": 4, "doc": {"a": 1}}]
    assert rows("INSERT INTO all.things (k, doc) VALUES (4, $1)", "{") == [{"k": 4, "doc": "{"}]
    with pytest.raises(Invalid, match="column `doc`: expected JSON, found"):
        rows("INSERT INTO all.things (k, doc) VALUES (4, '{')")


@pytest.mark.parametrize(
    ("text", "message", "detail"),
    [
        ("INSERT INTO shop.users (id, ag) VALUES ('x', 1)", "did you mean `age`?", {"position": 28, "column": "ag"}),
        ("INSERT INTO shop.users (id, ID) VALUES ('x', 'y')", "stands twice", {"position": 28, "column": "id"}),
        ("INSERT INTO shop.users (id) VALUES ('x', 1)", "expected 1 values, found 2", {"position": 36}),
        ("INSERT INTO shop.users VALUES ('x')", "expected 5 values, found 1", {"position": 31}),
        ("INSERT INTO shop.users (id) VALUES (lower('X'))", "expressions are not computed here", {"position": 36}),
        ("INSERT INTO shop.users (id) VALUES (id)", "expected a value or a parameter", {"position": 36}),
        ("INSERT INTO all.thing (k) VALUES (1)", "did you mean `all.things`?", {"position": 12, "schema": "all.thing"}),
        ("INSERT INTO shop.users (id, age) VALUES ('x', 1.0)", "expected an integer", {"row": 0, "column": "age"}),
        ("INSERT INTO shop.users (id) VALUES ('x'), (NULL)", "column `id` is required", {"row": 1, "column": "id"}),
        ("INSERT INTO shop.users (age) VALUES (1)", "column `id` is required", {"row": 0, "column": "id"}),
        ("INSERT INTO all.things (k, at) VALUES (1, '2024')", "expected an RFC 3339", {"row": 0, "column": "at"}),
    ],
)  # fmt: skip
def test_a_bad_insert_is_refused(text: str, message: str, detail: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        rows(text)
    assert message in refused.value.message
    assert refused.value.detail == detail


def test_a_delete_names_one_key() -> None:
    assert deletion("DELETE FROM shop.users WHERE id = 'ann'").pk() == "ann"
    assert deletion("DELETE FROM shop.orders o WHERE (7 = o.ID)").pk() == "7"
    assert deletion("DELETE FROM shop.orders WHERE orders.id = $1").pk([-3]) == "-3"
    assert deletion("DELETE FROM shop.orders WHERE id = $1").key([4]) == [4]


def test_a_key_of_several_columns_has_no_text() -> None:
    found = deletion(f"DELETE FROM shop.lines WHERE pos = 2 AND doc = '{ONE.upper()}'")
    assert found.key() == [ONE, 2]
    with pytest.raises(Invalid, match="has 2 columns"):
        found.pk()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DELETE FROM shop.users", "DELETE needs WHERE with `id = ...`"),
        ("DELETE FROM shop.lines WHERE pos = 1", "DELETE needs WHERE with `doc = ...` AND `pos = ...`"),
        ("DELETE FROM shop.users WHERE id = 'x' AND age = 1", "and nothing else"),
        ("DELETE FROM shop.users WHERE id = 'x' OR id = 'y'", "and nothing else"),
        ("DELETE FROM shop.users WHERE id > 'x'", "and nothing else"),
        ("DELETE FROM shop.users WHERE id IN ('x')", "and nothing else"),
        ("DELETE FROM shop.users WHERE id = 'x' AND id = 'y'", "stands twice"),
        ("DELETE FROM shop.users WHERE id = name", "expected a value or a parameter"),
        ("DELETE FROM shop.users WHERE orders.id = 'x'", "there is no table `orders` in this statement"),
        ("DELETE FROM shop.users WHERE idd = 'x'", "did you mean `id`?"),
        ("DELETE FROM shop.orders WHERE id = 'x'", "column `id`: expected an integer"),
        ("DELETE FROM shop.users WHERE id = NULL", "column `id`: expected text, found null"),
    ],
)
def test_a_bad_delete_is_refused(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        deletion(text).key()
    assert message in refused.value.message
