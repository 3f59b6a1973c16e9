"""Every route of the store, as /openapi.json lists them, asked with another tenant's token and another tenant's ids."""

from typing import Any

import httpx
import pytest

from server.request import STORE_PATHS
from tests.http.running import Server, accounts_of
from tests.store.asking import ORDERS, SCAN, Tenant, new_name, order

SCOPES = ("read", "write", "admin")
BODIES: dict[str, Any] = {
    "/schemas": ORDERS.encode(),
    "/rows/{schema}": order("planted"),
    "/rows/{schema}/_batch": [order("planted")],
    "/rows/{schema}/{key}": {"qty": 666},
    "/query": SCAN,
    "/sql": {"sql": "DELETE FROM shop.orders WHERE order_id = 'mine'", "execute": True},
    "/vector/{table}/put": {"id": "planted", "embedding": [1, 0]},
    "/vector/{table}/put-bulk": [{"id": "planted", "embedding": [1, 0]}],
    "/vector/{table}/topk": {"query": [1, 0], "k": 9, "with_metadata": True},
    "/vector/{table}/delete-bulk": {"ids": ["mine"]},
    "/fts/{table}/{field}": {"doc_id": "planted", "text": "planted"},
    "/search": {"text": {"table": "notes", "field": "body", "q": "canary"}},
    "/ask": {"nl": "how many orders"},
    "/graph/{schema}/dijkstra": {"rel": "to", "src": "mine", "dst": "kept"},
    "/migrations": {"schema": "shop.orders", "diff": [{"DropColumn": {"name": "symbol"}}]},
    "/config": {"replication_mode": "active_passive"},
    "/tokens": {"name": "stolen", "scopes": ["read"]},
    "/v1/replication/lease": {"holder": "thief"},
    "/v1/replication/ack": {"follower": "thief", "tenant": "x", "lsn": {"segment": 0, "offset": 0}},
}
"""A body that each route would take."""


@pytest.fixture(scope="module")
def victim(guarded: Server, operator: str, client: httpx.Client) -> Tenant:
    """A tenant with a row, which an operator has made."""
    made = Tenant(guarded, new_name(), operator, client)
    client.put(f"{guarded.url}/v1/admin/tenants/{made.name}", headers={"Authorization": f"Bearer {operator}"})
    made.declare()
    made.write(order("mine", 1, "canary"))
    vector = {"id": "mine", "embedding": [1, 0], "metadata": {"kind": "canary"}}
    assert made.post("/vector/notes/put", json=vector).status_code == 201
    assert made.post("/fts/notes/body", json={"doc_id": "mine", "text": "canary"}).status_code == 201
    return made


@pytest.fixture(scope="module")
def thief(guarded: Server, operator: str, victim: Tenant) -> Tenant:
    """Another tenant, with every scope in its own world."""
    name = new_name()
    victim.client.put(f"{guarded.url}/v1/admin/tenants/{name}", headers={"Authorization": f"Bearer {operator}"})
    accounts = accounts_of(guarded)
    token = accounts.issue_tenant_token(name, scopes=SCOPES).secret
    accounts.close()
    made = Tenant(guarded, name, token, victim.client)
    made.declare()
    return made


def operations(server: Server) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every route of the store."""
    document = httpx.get(server.url + "/openapi.json").json()
    return [
        (method.upper(), path, told)
        for path, methods in document["paths"].items()
        if path.startswith(STORE_PATHS)
        for method, told in methods.items()
    ]


def asked(of: Tenant, method: str, path: str, token: str | None) -> httpx.Response:
    """One request with the ids of a tenant in its path, and a body that fits."""
    values = {
        "table": "notes", "field": "body", "doc_id": "mine", "tenant": of.name, "schema": "shop.orders", "key": "mine",
        "id": "01HW7G5ZK3QJ4ND8X9ZT2M5VJZ",
    }  # fmt: skip
    template = path.removeprefix("/v1/tenants/{tenant}").removeprefix("/v1/admin/tenants/{tenant}")
    query = f"?schemas=shop.orders&confirm={of.name}&q=seen"
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = BODIES.get(template)
    more: Any = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    url = of.server.url + path.format(**values) + query
    # A stream that is let in would have no end.
    return of.client.request("HEAD" if path.endswith("/watch") else method, url, headers=headers, **more)


def test_another_tenants_token_opens_nothing(victim: Tenant, thief: Tenant) -> None:
    found = operations(victim.server)
    assert len(found) >= 24
    for method, path, _ in found:
        answer = asked(victim, method, path, thief.token)
        if path.startswith("/v1/tenants/"):
            assert answer.status_code == 401, (method, path, answer.status_code)
        elif path.startswith(("/v1/admin/", "/v1/replication/")):
            assert answer.status_code == 403, (method, path, answer.status_code)
        else:
            assert answer.status_code == 200
            assert answer.json() == {"cancelled": False} or path == "/v1/plan-schema"
        assert "canary" not in answer.text
    assert victim.rows() == [order("mine", 1, "canary")]


def test_nobody_gets_in_without_a_token(victim: Tenant) -> None:
    for method, path, told in operations(victim.server):
        assert told["security"] == [{"bearer": []}]
        assert asked(victim, method, path, None).status_code == 401, (method, path)


def test_another_tenants_ids_are_as_unknown_ones(victim: Tenant, thief: Tenant) -> None:
    """In its own world the thief finds its own tables, and never a row, a key or an answer of the victim."""
    shared = {"Idempotency-Key": "the-same-key"}
    theirs = victim.post("/rows/shop.orders", json=order("kept", 2, "canary"), headers=shared)
    mine = thief.post("/rows/shop.orders", json=order("kept", 2, "own"), headers=shared)
    assert (theirs.status_code, mine.status_code) == (200, 200)
    assert [row["symbol"] for row in thief.rows()] == ["own"]
    for method, path, _ in operations(victim.server):
        if path.startswith("/v1/tenants/") and method != "DELETE":
            answer = asked(thief, method, path, thief.token)
            assert answer.status_code < 500
            assert "canary" not in answer.text, (method, path)


def test_what_the_victim_has_is_as_it_was(victim: Tenant) -> None:
    assert [row["symbol"] for row in victim.rows()] == ["canary"] * len(victim.rows())
    asked = {"query": [1, 0], "k": 9, "with_metadata": True}
    assert [hit["metadata"] for hit in victim.post("/vector/notes/topk", json=asked).json()] == [{"kind": "canary"}]
    assert victim.get("/fts/notes/body?q=canary").json() == ["mine"]
