"""A retry under the same key does nothing twice, also from many clients and over all processes."""

import threading
from typing import Any

import httpx
import pytest

from tests.store.asking import ORDERS, Tenant, order, problem

KEY = {"Idempotency-Key": "k-1"}


def version(shop: Tenant, key: str = "o-1") -> int:
    row: dict[str, int] = shop.get(f"/rows/shop.orders/{key}").json()
    return row["_oc_row_version"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rows/shop.orders", order("o-1", 1)),
        ("PUT", "/rows/shop.orders/o-1", {"qty": 1}),
        ("POST", "/rows/shop.orders/_batch", [order("o-1", 1)]),
        ("POST", "/sql", {"sql": "INSERT INTO shop.orders (order_id, qty) VALUES ('o-1', 1)", "execute": True}),
    ],
)  # fmt: skip
def test_a_write_is_done_once(shop: Tenant, method: str, path: str, body: Any) -> None:
    first, second = (shop.ask(method, path, json=body, headers=KEY) for _ in range(2))
    assert (first.status_code, first.json().get("lsn") is not None) == (200, True)
    assert (second.status_code, second.content) == (200, first.content)
    assert version(shop) == 1
    other = shop.ask(method, path, json=body, headers={"Idempotency-Key": "k-2"})
    assert other.json()["lsn"] != first.json()["lsn"]
    assert version(shop) == 2


@pytest.mark.parametrize(
    "text", ["INSERT INTO shop.orders (order_id) VALUES ('o-1')", "DELETE FROM shop.orders WHERE order_id = 'o-1'"]
)
def test_what_sql_has_done_is_told_again_when_its_table_is_gone(shop: Tenant, text: str) -> None:
    asked = {"sql": text, "execute": True}
    first = shop.post("/sql", json=asked, headers=KEY)
    assert (first.status_code, shop.delete("/schemas/shop.orders").status_code) == (200, 200)
    again = shop.post("/sql", json=asked, headers=KEY)
    assert (again.status_code, again.content) == (200, first.content)
    problem(shop.post("/sql", json=asked), 400, "validation_failed")


def test_a_delete_and_a_declaration_are_done_once(shop: Tenant) -> None:
    shop.write(order("o-1"))
    first = shop.delete("/rows/shop.orders/o-1", headers=KEY)
    shop.write(order("o-1"))
    assert shop.delete("/rows/shop.orders/o-1", headers=KEY).content == first.content
    assert version(shop) == 2
    wider = ORDERS + '\n[[columns]]\nname = "venue"\ntype = "str"\n'
    told = shop.post("/schemas", content=wider, headers={"Idempotency-Key": "s"})
    assert shop.post("/schemas", content=wider, headers={"Idempotency-Key": "s"}).content == told.content
    dropped = shop.delete("/schemas/shop.orders", headers={"Idempotency-Key": "d"})
    shop.declare()
    assert shop.delete("/schemas/shop.orders", headers={"Idempotency-Key": "d"}).content == dropped.content
    assert shop.get("/schemas").json() == ["shop.orders"]


def test_another_request_under_the_key_is_refused(shop: Tenant) -> None:
    assert shop.post("/rows/shop.orders", json=order("o-1"), headers=KEY).status_code == 200
    for method, path, body in (
        ("POST", "/rows/shop.orders", order("o-2")), ("POST", "/rows/shop.orders?expect=insert", order("o-1")),
        ("PUT", "/rows/shop.orders/o-1", order("o-1")), ("POST", "/schemas", order("o-1")),
        ("POST", "/rows/shop.orders/_batch", [order("o-1")]),
    ):  # fmt: skip
        problem(shop.ask(method, path, json=body, headers=KEY), 409, "conflict")
    assert [row["order_id"] for row in shop.rows()] == ["o-1"]


def test_what_failed_is_not_kept(shop: Tenant) -> None:
    bad = order("o-1") | {"qty": "many"}
    problem(shop.post("/rows/shop.orders", json=bad, headers=KEY), 400, "validation_failed")
    assert shop.post("/rows/shop.orders", json=order("o-1"), headers=KEY).status_code == 200


def test_reads_ignore_keys(shop: Tenant) -> None:
    for path, body in (
        ("/query", {"Scan": {"schema": "shop.orders"}}), ("/sql", {"sql": "SELECT 1 AS one"}),
        ("/sql", {"sql": "INSERT INTO shop.orders (order_id) VALUES ('x')"}),
    ):  # fmt: skip
        assert shop.post(path, json=body, headers=KEY).status_code == 200
    assert shop.post("/rows/shop.orders", json=order("o-1"), headers=KEY).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", b"a\xffb\x85"])
def test_a_key_is_printable_and_not_too_long(shop: Tenant, key: str | bytes) -> None:
    for path in ("/rows/shop.orders", "/rows/shop.orders/_batch"):
        for media_type in ("application/json", "application/x-ndjson"):
            headers: Any = {"Idempotency-Key": key, "Content-Type": media_type}
            answer = shop.post(path, content=b"{}", headers=headers)
            assert answer.status_code == 400, (key, path, answer.text)
    assert shop.post("/rows/shop.orders", json=order("o"), headers={"Idempotency-Key": "x" * 255}).status_code == 200


def test_keys_of_tenants_are_apart(shop: Tenant) -> None:
    other = Tenant(shop.server, shop.name + "-2", "x", shop.client)
    other.declare()
    for tenant in (shop, other):
        assert tenant.post("/rows/shop.orders", json=order(tenant.name), headers=KEY).status_code == 200
        assert [row["order_id"] for row in tenant.rows()] == [tenant.name]


@pytest.mark.parametrize("media_type", ["application/json", "application/x-ndjson"])
def test_one_key_from_32_clients(shop: Tenant, media_type: str) -> None:
    answers: list[httpx.Response] = []
    body = b'{"order_id":"o-1","qty":1}'
    path = "/rows/shop.orders" if media_type == "application/json" else "/rows/shop.orders/_batch"
    together = threading.Barrier(32)

    def ask() -> None:
        headers = {"Authorization": "Bearer x", "Content-Type": media_type} | KEY
        with httpx.Client(timeout=60) as client:
            together.wait()
            answers.append(client.post(shop.url + path, content=body, headers=headers))

    threads = [threading.Thread(target=ask) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 32
    assert len({answer.content for answer in answers}) == 1
    assert version(shop) == 1
