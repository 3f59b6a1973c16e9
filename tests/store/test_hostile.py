"""What nobody should send: every such request is refused, none is a fault of the server, and nothing is lost."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from tests.fuzz.dose import dose
from tests.http.wire import Wire
from tests.store.asking import NDJSON, SCAN, Tenant, order

NAMES = (
    "shop.orders;drop table t1", 'shop."orders"', "shop.orders--", "shop..orders", ".", "..", "shop.", ".orders",
    "sqlite_master", "_oc_meta", "shop._oc_x", "shop.orders\n", "SHOP.ORDERS", "shop.ord\u00e9rs", "x" * 10_000,
    "%", "%25", "${x}", "{{x}}", "../../etc/passwd", "'", '"', "\\", "\u202e", "t1", "main.t1", "shop.*",
)  # fmt: skip

POSTED = (
    "/query", "/query?explain=true", "/sql", "/ask", "/rows/shop.orders", "/rows/shop.orders/_batch", "/schemas",
    "/migrations", "/graph/shop.orders/dijkstra",
)  # fmt: skip
"""The routes that take a body."""


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tables(shop: Tenant, name: str) -> None:
    shop.write(order("o-1", 1))
    segment = quote(name, safe="").replace(".", "%2E")
    for method, path, body in (
        ("GET", f"/schemas/{segment}", None), ("DELETE", f"/schemas/{segment}", None),
        ("POST", f"/rows/{segment}", {"a": 1}), ("POST", f"/rows/{segment}/_batch", [{"a": 1}]),
        ("GET", f"/rows/{segment}/k", None), ("DELETE", f"/rows/{segment}/k", None),
        ("GET", f"/watch?schemas={segment}", None), ("POST", "/query", {"Scan": {"schema": name}}),
        ("GET", f"/graph/{segment}/bfs?rel={quote(name)}&pk=k", None),
        ("POST", f"/graph/{segment}/dijkstra", {"rel": name, "src": name, "dst": name, "weights": {name: 1}}),
        ("POST", "/migrations", {"schema": name, "diff": [{"DropColumn": {"name": name}}]}),
        ("POST", "/migrations", {"schema": "shop.orders", "diff": [{"DropColumn": {"name": name}}]}),
        ("POST", "/sql", {"sql": f"SELECT * FROM {name}"}), ("POST", "/ask", {"nl": f"how many {name}"}),
        ("POST", "/query", {"Filter": {"predicate": {"Eq": [name, 1]}, "child": SCAN}}),
        ("POST", "/query", {"Project": {"columns": [{"column": "qty", "as": name}], "child": SCAN}}),
        ("POST", "/rows/shop.orders", {"order_id": "o-2", name: 1}),
    ):  # fmt: skip
        answer = shop.ask(method, path, json=body)
        assert answer.status_code < 500, (method, path, answer.text)
    assert shop.get("/rows/shop.orders/o-1").status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_values_are_values(shop: Tenant, name: str) -> None:
    if not name.strip():
        return
    name = name[:2_600]  # more does not fit into an index
    shop.write(order(name, 1, name))
    for predicate in ({"Eq": ["symbol", name]}, {"In": ["symbol", [name]]}, {"Eq": ["order_id", name]}):
        rows = shop.post("/query", json={"Filter": {"predicate": predicate, "child": SCAN}}).json()
        assert rows == [order(name, 1, name)]
    sql = {"sql": "SELECT order_id FROM shop.orders WHERE symbol = $1", "params": [name]}
    assert shop.post("/sql", json=sql).json()["rows"] == [{"order_id": name}]


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"Scan":' * 5_000, b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 60 + b"1" + b"}" * 60, b"1" * 100_000,
     b'{"Not":' * 63 + b"1" + b"}" * 63, b'"\\u0000"', b"\x00", b"\xef\xbb\xbf{}", b"-", b"1e999999999", b"{}" * 1000],
)  # fmt: skip
def test_json_that_is_none_or_deep(shop: Tenant, body: bytes) -> None:
    for path in (
        "/query",
        "/query?explain=true",
        "/sql",
        "/ask",
        "/rows/shop.orders",
        "/rows/shop.orders/_batch",
        "/schemas",
    ):
        for headers in ({}, NDJSON):
            answer = shop.post(path, content=body, headers=headers)
            assert 400 <= answer.status_code < 500, (path, answer.text)
    assert shop.rows() == []


@pytest.mark.parametrize(
    "header",
    ["If-Match", "Idempotency-Key", "Last-Event-ID", "X-OC-Query-Id", "Content-Type", "Content-Encoding", "Origin",
     "X-Request-Id", "Accept", "Expect", "Range", "Prefer", "Transfer-Encoding"],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", [b"\xff\xfe", b"9" * 5_000, b"' OR 1=1 --", b"\x01", b"-1", b"0x10", b"1e5", b"null", b'""']
)
def test_headers(shop: Tenant, header: str, value: bytes) -> None:
    for line in (b"POST /v1/tenants/%b/rows/shop.orders", b"HEAD /v1/tenants/%b/watch?schemas=shop.orders",
                 b"POST /v1/tenants/%b/query"):  # fmt: skip
        body = b"{}" if line.startswith(b"POST") else b""
        head = [
            line % shop.name.encode() + b" HTTP/1.1", b"Host: x", b"Authorization: Bearer x", b"Connection: close",
            b"Content-Length: %d" % len(body), header.encode() + b": " + value,
        ]  # fmt: skip
        with Wire(shop.server.port) as wire:
            wire.send(b"\r\n".join([*head, b"", b""]) + body)
            assert wire.answer(bodiless=line.startswith(b"HEAD")).status < 500


@pytest.mark.parametrize(
    "query", ["%ff", "schemas=%ff", "explain=%00", "chunk=%00", "expect=\xff", "a&b&=&==", "x=" + "y" * 9_000]
)
def test_queries(shop: Tenant, query: str) -> None:
    for method, path in (
        ("POST", "/query"),
        ("POST", "/rows/shop.orders/_batch"),
        ("GET", "/watch"),
        ("GET", "/schemas"),
    ):
        answer = shop.ask(method, f"{path}?{query}", content=b"{}", headers=NDJSON)
        assert answer.status_code < 500


WORDS = ("Scan", "Filter", "And", "Eq", "child", "schema", "order_id", "qty", "sql", "nl")
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=12,
)


@dose(80)
@given(value=JSON)
def test_made_up_bodies(shop: Tenant, value: Any) -> None:
    body = json.dumps(value).encode()
    for path in (
        "/query",
        "/query?explain=true",
        "/sql",
        "/ask",
        "/rows/shop.orders",
        "/rows/shop.orders/_batch",
        "/schemas",
    ):
        answer = shop.post(path, content=body)
        assert answer.status_code < 500, (path, body, answer.text)


@dose(80)
@given(body=st.binary(max_size=200))
def test_made_up_bytes(shop: Tenant, body: bytes) -> None:
    for path in ("/query", "/sql", "/rows/shop.orders", "/rows/shop.orders/_batch", "/schemas"):
        for headers in ({}, NDJSON, {"Content-Encoding": "gzip"}):
            answer = shop.post(path, content=body, headers=headers)
            assert answer.status_code < 500, (path, body, answer.text)


@dose(100)
@given(path=st.text("abc/%20FfAa9.._*~:@!$'()+,;=", max_size=30))
def test_made_up_paths(shop: Tenant, path: str) -> None:
    with Wire(shop.server.port) as wire:
        for method in ("GET", "DELETE"):
            head = (
                f"{method} /v1/tenants/{shop.name}/rows/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n"
            )
            wire.send(head.encode())
            assert wire.answer().status < 500
