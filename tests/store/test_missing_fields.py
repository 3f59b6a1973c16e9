"""What a body lacks is said to be missing, and not to be null; null itself is still told apart."""

from typing import Any

import httpx
import pytest

from tests.store.asking import Tenant, problem

WORDS = {"table": "t", "field": "f", "q": "x"}
BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("/sql", {"sql": "SELECT 1"}, "sql"),
    ("/ask", {"nl": "how many orders"}, "nl"),
    ("/vector/t/put", {"id": "a", "embedding": [1]}, "id"),
    ("/vector/t/delete-bulk", {"ids": []}, "ids"),
    ("/fts/t/f", {"doc_id": "a", "text": "b"}, "text"),
    *(("/graph/shop.orders/dijkstra", {"rel": "r", "src": "a", "dst": "b"}, field) for field in ("rel", "src", "dst")),
    ("/migrations", {"schema": "shop.orders", "diff": []}, "schema"),
    ("/migrations", {"schema": "shop.orders", "diff": []}, "diff"),
    *(("/search", {"text": WORDS}, f"text.{field}") for field in WORDS),
    ("/search", {"vector": {"table": "t", "query": [1]}}, "vector.table"),
    ("/search", {"vector": {"table": "t", "query": [1]}}, "vector.query"),
]
OPERATORS: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/replication/lease", {"holder": "a", "ttl_secs": 1}, "holder"),
    *(
        ("/v1/replication/ack", {"follower": "a", "tenant": "b", "lsn": {"segment": 0, "offset": 0}}, field)
        for field in ("follower", "tenant", "lsn")
    ),
    ("/v1/admin/tenants/{name}/tokens", {"name": "a", "scopes": ["read"]}, "name"),
    ("/v1/admin/tenants/{name}/tokens", {"name": "a", "scopes": ["read"]}, "scopes"),
    ("/v1/admin/tenants/{name}/config", {"replication_mode": "active_passive"}, "replication_mode"),
]


@pytest.mark.parametrize(("path", "body", "field"), BODIES)
def test_a_field_that_is_missing(shop: Tenant, path: str, body: dict[str, Any], field: str) -> None:
    told = problem(shop.post(path, json=_without(body, field)), 400, "validation_failed")
    assert (told["message"], told["detail"]) == (f"`{field}`: is required", {"field": field})
    answer = shop.post(path, json=_without(body, field, null=True))
    assert answer.status_code in (400, 404), answer.text  # the table that is asked may be looked for first
    assert "required" not in answer.json()["message"]


@pytest.mark.parametrize(("path", "body", "field"), OPERATORS)
def test_a_field_that_an_operator_leaves_out(shop: Tenant, path: str, body: dict[str, Any], field: str) -> None:
    told = problem(_operator(shop, path, _without(body, field)), 400, "validation_failed")
    assert (told["message"], told["detail"]) == (f"`{field}`: is required", {"field": field})
    told = problem(_operator(shop, path, _without(body, field, null=True)), 400, "validation_failed")
    assert "required" not in told["message"]


@pytest.mark.parametrize(
    ("method", "path", "parameter"),
    [("DELETE", "/v1/replication/lease", "holder"), ("GET", "/v1/replication/snapshot", "tenant")],
)
def test_a_parameter_that_is_missing(shop: Tenant, method: str, path: str, parameter: str) -> None:
    headers = {"Authorization": f"Bearer {shop.token}"}
    told = problem(shop.client.request(method, f"{shop.server.url}{path}", headers=headers), 400, "validation_failed")
    assert (told["message"], told["detail"]) == (f"the parameter `{parameter}` is missing", {"parameter": parameter})


def test_an_unknown_field_is_told_beside_it(shop: Tenant) -> None:
    told = problem(shop.post("/ask", json={"nil": "how many orders"}), 400, "validation_failed")
    assert told["message"] == (
        "`nl`: is required; `nil` is not a known field (known: nl, schemas, show_plan); did you mean `nl`?"
    )
    told = problem(
        shop.post("/search", json={"text": {**_without(WORDS, "q"), "query": "x"}}), 400, "validation_failed"
    )
    assert told["message"] == "`text.q`: is required; `query` is not a known field (known: table, field, q)"


def _operator(tenant: Tenant, path: str, body: dict[str, Any]) -> httpx.Response:
    url, headers = f"{tenant.server.url}{path.format(name=tenant.name)}", {"Authorization": f"Bearer {tenant.token}"}
    return tenant.client.post(url, json=body, headers=headers)


def _without(body: dict[str, Any], field: str, *, null: bool = False) -> dict[str, Any]:
    """The body without a field, which may lie inside of one; or with null in its place."""
    name, _, inner = field.partition(".")
    left = {key: value for key, value in body.items() if key != name}
    if inner:
        return {**left, name: _without(body[name], inner, null=null)}
    return {**left, name: None} if null else left
