"""Tables over HTTP: declared, listed, shown byte for byte, changed, deleted."""

import pytest

from tests.store.asking import ORDERS, Tenant, order, problem


def test_a_table_is_declared_and_shown(tenant: Tenant) -> None:
    answer = tenant.post("/schemas", content=ORDERS, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    assert answer.json() == {"id": "shop.orders", "version": 1, "tenant": tenant.name}
    assert tenant.get("/schemas").json() == ["shop.orders"]
    shown = tenant.get("/schemas/shop.orders")
    assert shown.headers["Content-Type"].partition(";")[0] == "text/plain"
    assert shown.text == ORDERS


def test_the_same_again_changes_nothing_and_a_new_column_does(shop: Tenant) -> None:
    assert shop.post("/schemas", content=ORDERS).json()["version"] == 1
    wider = ORDERS + '\n[[columns]]\nname = "venue"\ntype = "str"\n'
    assert shop.post("/schemas", content=wider).json()["version"] == 2
    assert shop.get("/schemas/shop.orders").text == wider


def test_the_same_table_in_other_words_is_shown_as_registered_last(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    reworded = f"# orders of the shop\n{ORDERS}"
    assert shop.post("/schemas", content=reworded).json() == {"id": "shop.orders", "version": 1, "tenant": shop.name}
    assert shop.get("/schemas/shop.orders").text == reworded


def test_what_only_loosens_applies_at_once_and_what_no_migration_does_is_not_sent_to_them(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    unique = ORDERS + '\n[[columns]]\nname = "mail"\ntype = "str"\nunique = true\n'
    assert shop.post("/schemas", content=unique).json()["version"] == 2
    assert shop.post("/schemas", content=unique.replace("unique = true", 'default = "x"')).json()["version"] == 3
    told = problem(shop.post("/schemas", content=unique), 409, "conflict")
    assert "column `mail` becomes unique: no migration does this, make a new table" in told["message"]
    assert "/migrations" not in told["message"]


def test_a_relation_that_leads_nowhere_is_refused(shop: Tenant) -> None:
    dead = 'relations = [{ name = "nx", column = "n", to_table = "shop.orders" }]\n'
    rest = 'primary_key.columns = ["n"]\ncolumns = [{ name = "n", type = "i64" }]\n'
    told = problem(shop.post("/schemas", content=f'id = "shop.nums"\n{rest}{dead}'), 400, "validation_failed")
    assert "column `n` of `shop.nums` is of type i64, and the key of `shop.orders` of type str" in told["message"]
    assert told["detail"]["column"] == "n"


def test_a_change_of_rows_that_are_there_needs_a_migration(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    told = problem(shop.post("/schemas", content=ORDERS.replace('"i64"', '"str"')), 409, "conflict")
    assert "migration" in told["message"]


@pytest.mark.parametrize(
    ("manifest", "detail"),
    [
        (b"id = ", {"line": 1}),
        (b'id = "shop.orders"\nid = "x"\n', {"line": 2}),
        (ORDERS.replace('"i64"', '"money"').encode(), {"column": "qty"}),
        (b"\xff", {"line": 1}),
        (b'id = "a\0b"', None),
        (b"", None),
    ],
)
def test_what_is_no_manifest_is_refused(tenant: Tenant, manifest: bytes, detail: dict[str, object] | None) -> None:
    told = problem(tenant.post("/schemas", content=manifest), 400, "validation_failed")
    if detail:
        assert told["detail"].items() >= detail.items()
    assert tenant.get("/schemas").json() == []


def test_a_table_is_deleted_with_its_rows(shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    answer = shop.delete("/schemas/shop.orders")
    assert (answer.status_code, answer.json()["deleted"]) == (200, True)
    assert set(answer.json()) == {"deleted", "lsn"}
    assert shop.delete("/schemas/shop.orders").json()["deleted"] is False
    problem(shop.get("/schemas/shop.orders"), 404, "not_found")
    problem(shop.get("/rows/shop.orders/o-1"), 404, "not_found")
    shop.declare()
    assert shop.rows() == []


def test_tables_of_tenants_are_apart(shop: Tenant) -> None:
    other = Tenant(shop.server, shop.name + "-2", "x", shop.client)
    assert other.get("/schemas").json() == []
    problem(other.get("/schemas/shop.orders"), 404, "not_found")


def test_usage(shop: Tenant) -> None:
    shop.write(order("o-1", 1), order("o-2", 2))
    told = shop.get("/usage").json()
    assert (told["tenant"], told["limits"]) == (shop.name, {"rows": None, "bytes": None})
    assert told["used"]["rows"] == 2
    assert told["used"]["bytes"] > 0
    assert [(one["schema"], one["rows"]) for one in told["schemas"]] == [("shop.orders", 2)]
