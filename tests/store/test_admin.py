"""What operators do: make and delete tenants, and issue, list and revoke their tokens."""

import time
from typing import Any

import httpx
import pytest

from tests.http.running import Server
from tests.store.asking import Tenant, new_name, order, problem


class Operator:
    """Requests below /v1/admin/tenants."""

    def __init__(self, server: Server, token: str, client: httpx.Client) -> None:
        self.server, self.token, self.client = server, token, client

    def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.client.request(method, f"{self.server.url}/v1/admin/tenants{path}", headers=headers, **more)


@pytest.fixture
def ops(guarded: Server, operator: str, client: httpx.Client) -> Operator:
    return Operator(guarded, operator, client)


def test_tenants_are_made_listed_and_deleted(ops: Operator) -> None:
    name = new_name()
    assert [ops.ask("PUT", f"/{name}").status_code for _ in range(2)] == [201, 200]
    assert name in ops.ask("GET").json()
    tenant = Tenant(ops.server, name, ops.token, ops.client)
    tenant.declare()
    tenant.write(order("o-1"))
    token = ops.ask("POST", f"/{name}/tokens", json={"name": "ci", "scopes": ["read"]}).json()["token"]
    for query in ("", "?confirm=", "?confirm=other", "?confirm=true"):
        problem(ops.ask("DELETE", f"/{name}{query}"), 400, "validation_failed")
    assert ops.ask("DELETE", f"/{name}?confirm={name}").json() == {"deleted": True}
    assert ops.ask("DELETE", f"/{name}?confirm={name}").json() == {"deleted": False}
    assert name not in ops.ask("GET").json()
    problem(tenant.get("/schemas"), 404, "not_found")
    problem(Tenant(ops.server, name, token, ops.client).get("/schemas"), 401, "unauthorized")
    assert ops.ask("PUT", f"/{name}").status_code == 201
    for _ in range(4):  # both workers have forgotten what it held
        answer = httpx.get(f"{tenant.url}/schemas", headers={"Authorization": f"Bearer {ops.token}"})
        assert answer.json() == []


@pytest.mark.parametrize("name", ["a b", "x" * 65, "a.b", "ä", "..", "%00"])
def test_a_tenants_name(ops: Operator, name: str) -> None:
    for method, path in (("PUT", ""), ("GET", "/config"), ("GET", "/tokens"), ("DELETE", f"?confirm={name}")):
        answer = ops.ask(method, f"/{name.replace('..', '%2e%2e')}{path}")
        assert answer.status_code == 400, (method, path, answer.text)


def test_replication_is_configured_the_one_way(ops: Operator) -> None:
    mode = {"replication_mode": "active_passive"}
    assert ops.ask("GET", "/nobody/config").json() == mode
    assert ops.ask("POST", "/nobody/config", json=mode).json() == mode | {"installed": True}
    wrong: tuple[Any, ...] = ({"replication_mode": "quorum"}, {}, [], {"replication_mode": 1})
    for body in wrong:
        problem(ops.ask("POST", "/nobody/config", json=body), 400, "validation_failed")


def test_tokens_are_issued_listed_and_revoked(ops: Operator) -> None:
    name = new_name()
    ops.ask("PUT", f"/{name}")
    ends = int(time.time()) + 3600
    asked = {"name": "ci", "scopes": ["write", "read"], "expires_at_secs": ends}
    answer = ops.ask("POST", f"/{name}/tokens", json=asked)
    assert (answer.status_code, set(answer.json())) == (201, {"id", "token"})
    token_id, secret = answer.json()["id"], answer.json()["token"]
    listed = ops.ask("GET", f"/{name}/tokens")
    assert secret not in listed.text
    [shown] = listed.json()
    assert (shown["id"], shown["name"], shown["scopes"], shown["expires_at_secs"]) == (
        token_id, "ci", ["read", "write"], ends,
    )  # fmt: skip
    assert Tenant(ops.server, name, secret, ops.client).get("/schemas").json() == []
    assert ops.ask("DELETE", f"/{new_name()}/tokens/{token_id}").status_code == 404
    assert ops.ask("DELETE", f"/{name}/tokens/{token_id}").json() == {"revoked": True}
    assert ops.ask("DELETE", f"/{name}/tokens/{token_id}").json() == {"revoked": False}
    problem(Tenant(ops.server, name, secret, ops.client).get("/schemas"), 401, "unauthorized")
    assert ops.ask("GET", f"/{name}/tokens").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {}, [], {"name": "x"}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["operator"]},
        {"name": "x", "scopes": ["query"]}, {"name": "x", "scopes": "read"}, {"name": 5, "scopes": ["read"]},
        {"name": "", "scopes": ["read"]}, {"name": "x" * 201, "scopes": ["read"]}, {"scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expires_at_secs": 1}, {"name": "x", "scopes": ["read", 5]},
        {"name": "x", "scopes": ["read"], "expires_at_secs": 10**18},
        {"name": "x", "scopes": ["read"], "expires_at_secs": "soon"},
        {"name": "x", "scopes": ["read"], "expires_at_secs": True},
    ],
)  # fmt: skip
def test_a_token_that_cannot_be_issued(ops: Operator, body: Any) -> None:
    name = "tokens-refused"
    ops.ask("PUT", f"/{name}")
    problem(ops.ask("POST", f"/{name}/tokens", json=body), 400, "validation_failed")
    problem(ops.ask("POST", "/nobody/tokens", json={"name": "x", "scopes": ["read"]}), 404, "not_found")
