"""Rows over HTTP: one by its key, many at a time, versions, and what is refused."""

import json
import re
from typing import Any

import pytest

from tests.store.asking import PAIRS, ULID, Tenant, order, problem


def test_a_row_is_written_and_read(shop: Tenant) -> None:
    answer = shop.post("/rows/shop.orders", json={"order_id": "o-1", "symbol": "AAPL", "qty": 100})
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "lsn": answer.json()["lsn"]}
    assert set(answer.json()["lsn"]) == {"segment", "offset"}
    assert re.fullmatch(ULID, answer.headers["X-OC-Request-Id"])
    row = shop.get("/rows/shop.orders/o-1")
    assert row.text == '{"order_id":"o-1","symbol":"AAPL","qty":100,"_oc_row_version":1}'


def test_a_write_replaces_the_whole_row_and_lsns_grow(shop: Tenant) -> None:
    first = shop.post("/rows/shop.orders", json=order("o-1", 1, "AAPL")).json()["lsn"]
    second = shop.post("/rows/shop.orders?expect=insert", json={"order_id": "o-1", "_oc_row_version": 77}).json()["lsn"]
    assert (second["segment"], second["offset"]) > (first["segment"], first["offset"])
    assert shop.get("/rows/shop.orders/o-1").json() == order("o-1") | {"_oc_row_version": 2}


def test_a_row_is_put_at_its_key(shop: Tenant) -> None:
    assert shop.put("/rows/shop.orders/o-1", json={"qty": 3}).json()["ok"] is True
    assert shop.put("/rows/shop.orders/o-1", json={"order_id": "o-1", "qty": 4}).status_code == 200
    told = problem(shop.put("/rows/shop.orders/o-1", json={"order_id": "o-2"}), 400, "validation_failed")
    assert told["detail"]["column"] == "order_id"
    assert shop.rows() == [order("o-1", 4)]


def test_a_row_is_deleted_and_its_version_goes_on(shop: Tenant) -> None:
    shop.write(order("o-1", 1), order("o-1", 2))
    answer = shop.delete("/rows/shop.orders/o-1").json()
    assert (answer["ok"], answer["deleted"], set(answer["lsn"])) == (True, True, {"segment", "offset"})
    assert shop.delete("/rows/shop.orders/o-1").json()["deleted"] is False
    problem(shop.get("/rows/shop.orders/o-1"), 404, "not_found")
    shop.write(order("o-1", 3))
    assert shop.get("/rows/shop.orders/o-1").json()["_oc_row_version"] == 3


def test_if_match(shop: Tenant) -> None:
    assert shop.post("/rows/shop.orders", json=order("o-1"), headers={"If-Match": "0"}).status_code == 200
    for method, path in (("POST", "/rows/shop.orders"), ("PUT", "/rows/shop.orders/o-1")):
        told = problem(shop.ask(method, path, json=order("o-1"), headers={"If-Match": "7"}), 409, "conflict")
        assert (told["detail"]["current_version"], told["retry"]) == (1, True)
    assert shop.put("/rows/shop.orders/o-1", json={}, headers={"If-Match": '"1"'}).status_code == 200
    told = problem(shop.delete("/rows/shop.orders/o-1", headers={"If-Match": "1"}), 409, "conflict")
    assert told["detail"]["current_version"] == 2
    assert shop.delete("/rows/shop.orders/o-1", headers={"If-Match": "2"}).json()["deleted"] is True
    told = problem(shop.delete("/rows/shop.orders/o-1", headers={"If-Match": "2"}), 409, "conflict")
    assert told["detail"]["current_version"] == 0
    for wrong in ("*", "one", "-1", "1.0", ""):
        problem(shop.delete("/rows/shop.orders/o-1", headers={"If-Match": wrong}), 400, "validation_failed")


@pytest.mark.parametrize("version", ["0", "7", "*", ""])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson"])
def test_if_match_is_not_about_many_rows(shop: Tenant, content_type: str, version: str) -> None:
    body = json.dumps(order("o-1") if "ndjson" in content_type else [order("o-1")])
    headers = {"If-Match": version, "Content-Type": content_type}
    told = problem(shop.post("/rows/shop.orders/_batch", content=body, headers=headers), 400, "validation_failed")
    assert told["message"] == "the header If-Match is for one row: send each row by POST /rows/{schema}"
    assert shop.rows() == []


def test_a_key_that_the_server_makes_is_told(tenant: Tenant) -> None:
    columns = '[[columns]]\nname = "id"\ntype = "uuid"\ngenerated = true\n[[columns]]\nname = "other"\ntype = "uuid"\n'
    tenant.declare(f'id = "shop.things"\n[primary_key]\ncolumns = ["id"]\n{columns}')
    made = tenant.post("/rows/shop.things", json={}).json()["pk"]
    assert tenant.get(f"/rows/shop.things/{made}").json()["id"] == made
    assert "pk" not in tenant.post("/rows/shop.things", json={"id": made}).json()


def test_a_batch_is_one_frame(shop: Tenant) -> None:
    answer = shop.write(order("o-1", 1), order("o-2", 2), order("o-1", 3))
    assert (answer["inserted"], set(answer["lsn"])) == (3, {"segment", "offset"})
    assert shop.rows() == [order("o-1", 3), order("o-2", 2)]
    empty = shop.write()
    assert (empty["inserted"], set(empty["lsn"])) == (0, {"segment", "offset"})


def test_a_bad_row_of_a_batch_writes_nothing(shop: Tenant) -> None:
    rows = [order("o-1", 1), {"order_id": "o-2", "qty": "many"}]
    told = problem(shop.post("/rows/shop.orders/_batch", json=rows), 400, "validation_failed")
    assert (told["detail"]["row"], told["detail"]["column"]) == (1, "qty")
    assert shop.rows() == []


@pytest.mark.parametrize("path", ["/rows/shop.orders", "/rows/shop.orders/_batch"])
def test_expect_is_a_hint_with_one_value(shop: Tenant, path: str) -> None:
    body: Any = [] if path.endswith("_batch") else order("o-1")
    assert shop.post(path + "?expect=insert", json=body).status_code == 200
    problem(shop.post(path + "?expect=update", json=body), 400, "validation_failed")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"order_id": "o", "qty": 1.0}, "qty"),
        ({"order_id": "o", "qty": True}, "qty"),
        ({"order_id": "o", "qty": "1"}, "qty"),
        ({"order_id": "o", "qty": 2**63}, "qty"),
        ({"order_id": "o", "qty": 2**70}, "qty"),
        ({"order_id": 5}, "order_id"),
        ({"order_id": None}, "order_id"),
        ({"qty": 5}, "order_id"),
        ({"order_id": "o", "price": 5}, "price"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(shop: Tenant, row: dict[str, Any], column: str) -> None:
    told = problem(shop.post("/rows/shop.orders", json=row), 400, "validation_failed")
    assert told["detail"]["column"] == column
    assert shop.rows() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b"null", b'{"order_id":"o","qty":NaN}', b'{"order_id":"o","qty":1e400}',
     b'{"order_id":"\\ud800"}', b'{"order_id":"a\\u0000b"}', b'{"order_id":"o","symbol\\u0000":1}', b"\xff\xfe",
     b'{"order_id":"\xed\xa0\x80"}', b'{"order_id":"a\x00b"}',
     b'{"order_id":"o","symbol":' + b"[" * 70 + b"]" * 70 + b"}"],
)  # fmt: skip
def test_a_body_that_is_no_row_is_refused(shop: Tenant, body: bytes) -> None:
    problem(shop.post("/rows/shop.orders", content=body), 400, "validation_failed")
    assert shop.rows() == []


def test_what_json_allows_is_taken(shop: Tenant) -> None:
    body = b' {"order_id":"\\u00e9\\\\u0000","qty":1,"qty":2} '
    assert shop.post("/rows/shop.orders", content=body, headers={"Content-Type": "text/html"}).status_code == 200
    assert shop.rows() == [order("é\\u0000", 2)]


def test_a_batch_has_to_be_an_array_of_objects(shop: Tenant) -> None:
    problem(shop.post("/rows/shop.orders/_batch", json=order("o-1")), 400, "validation_failed")
    told = problem(shop.post("/rows/shop.orders/_batch", json=[order("o-1"), 5]), 400, "validation_failed")
    assert told["detail"]["row"] == 1


def test_unknown_tables_and_rows(shop: Tenant) -> None:
    for method, path, body in (
        ("POST", "/rows/shop.nothing", {}), ("POST", "/rows/shop.nothing/_batch", []),
        ("PUT", "/rows/shop.nothing/k", {}), ("DELETE", "/rows/shop.nothing/k", None),
        ("GET", "/rows/shop.nothing/k", None), ("GET", "/rows/shop.orders/k", None), ("GET", "/rows/nodot/k", None),
    ):  # fmt: skip
        problem(shop.ask(method, path, json=body), 404, "not_found")


def test_keys_of_other_types_and_of_several_columns(tenant: Tenant) -> None:
    tenant.declare(PAIRS)
    assert tenant.post("/rows/shop.pairs", json={"a": 1, "b": "x"}).status_code == 200
    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        told = problem(tenant.ask(method, "/rows/shop.pairs/1", json=body), 400, "validation_failed")
        assert "/query" in told["message"]
    numbers = PAIRS.replace("shop.pairs", "shop.numbers").replace('["a", "b"]', '["a"]')
    tenant.declare(numbers)
    problem(tenant.get("/rows/shop.numbers/one"), 400, "validation_failed")
    problem(tenant.get("/rows/shop.numbers/1.0"), 400, "validation_failed")


def test_bodies_have_a_bound(shop: Tenant) -> None:
    rows = b"[" + b",".join(b'{"order_id":"%d","symbol":"%s"}' % (n, b"x" * 1000) for n in range(8300)) + b"]"
    assert len(rows) > 8 * 2**20
    problem(shop.post("/rows/shop.orders/_batch", content=rows), 413, "body_too_large")
    problem(shop.post("/rows/shop.orders/_batch", content=iter([rows])), 413, "body_too_large")
    assert shop.post("/rows/shop.orders/_batch", content=rows[: 7 * 2**20 // 1023 * 0] + b"[]").status_code == 200
    assert shop.rows() == []


def test_a_packed_body(shop: Tenant) -> None:
    import gzip

    headers = {"Content-Encoding": "gzip"}
    body = gzip.compress(b'{"order_id":"o-1"}')
    assert shop.post("/rows/shop.orders", content=body, headers=headers).status_code == 200
    bomb = gzip.compress(b"[" + b" " * (9 * 2**20) + b"]")
    problem(shop.post("/rows/shop.orders/_batch", content=bomb, headers=headers), 413, "body_too_large")
    problem(shop.post("/rows/shop.orders", content=body[:-4], headers=headers), 400, "validation_failed")
