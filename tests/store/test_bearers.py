"""Who may do what: scopes, tenants, operators, tokens that end, accounts; and how often."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import Server, accounts_of, running, until
from tests.store.asking import ORDERS, SCAN, Tenant, new_name, order, problem

WITHOUT_RATE = {"dev": "false", "store_rate_per_minute": "100000", "store_burst": "100000"}


@pytest.fixture(scope="module")
def accounts(guarded: Server) -> Iterator[Accounts]:
    opened = accounts_of(guarded)
    yield opened
    opened.close()


@pytest.fixture
def owned(guarded: Server, operator: str, client: httpx.Client) -> Tenant:
    """A tenant of the guarded server with shop.orders, as an operator reaches it."""
    made = Tenant(guarded, new_name(), operator, client)
    answer = client.put(f"{guarded.url}/v1/admin/tenants/{made.name}", headers=bearer(operator))
    assert answer.status_code == 201, answer.text
    made.declare()
    made.write(order("o-1", 1))
    return made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def as_(tenant: Tenant, token: str) -> Tenant:
    return Tenant(tenant.server, tenant.name, token, tenant.client)


def token_for(accounts: Accounts, tenant: Tenant, *scopes: str) -> Tenant:
    return as_(tenant, accounts.issue_tenant_token(tenant.name, name="test", scopes=scopes).secret)


ASKS: dict[str, list[tuple[str, str, Any]]] = {
    "read": [
        ("GET", "/schemas", None), ("GET", "/schemas/shop.orders", None), ("GET", "/rows/shop.orders/o-1", None),
        ("POST", "/query", SCAN), ("POST", "/sql", {"sql": "SELECT 1 AS one"}), ("GET", "/usage", None),
        ("POST", "/ask", {"nl": "how many orders"}), ("HEAD", "/watch?schemas=shop.orders", None),
    ],
    "write": [
        ("POST", "/rows/shop.orders", order("o-1", 1)), ("PUT", "/rows/shop.orders/o-1", {}),
        ("POST", "/rows/shop.orders/_batch", []), ("DELETE", "/rows/shop.orders/o-2", None),
    ],
    "admin": [("POST", "/schemas", None), ("DELETE", "/schemas/shop.nothing", None)],
}  # fmt: skip
"""What each scope is for."""


@pytest.mark.parametrize("scope", ASKS)
def test_a_scope_opens_its_routes_and_no_others(accounts: Accounts, owned: Tenant, scope: str) -> None:
    tenant = token_for(accounts, owned, scope)
    for needed, asks in ASKS.items():
        for method, path, body in asks:
            more: Any = {"content": ORDERS} if path == "/schemas" and method == "POST" else {"json": body}
            answer = tenant.ask(method, path, **more)
            if needed == scope:
                assert answer.status_code == 200, (method, path, answer.text)
            elif method == "HEAD":
                assert answer.status_code == 403
            else:
                assert problem(answer, 403, "forbidden")["detail"] == {"scope": needed}


def test_running_sql_that_writes_needs_the_scope_to_write(accounts: Accounts, owned: Tenant) -> None:
    delete = {"sql": "DELETE FROM shop.orders WHERE order_id = 'o-1'", "execute": True}
    reader = token_for(accounts, owned, "read")
    assert reader.post("/sql", json=delete | {"execute": False}).status_code == 200
    assert reader.post("/sql", json={"sql": "SELECT 1 AS one", "execute": True}).status_code == 200
    problem(reader.post("/sql", json=delete), 403, "forbidden")
    writer = token_for(accounts, owned, "write")
    for asked in (delete | {"execute": False}, {"sql": "SELECT 1 AS one"}, {"sql": "SELECT 1 AS one", "execute": True}):
        assert problem(writer.post("/sql", json=asked), 403, "forbidden")["detail"] == {"scope": "read"}
    assert writer.post("/sql", json=delete).json()["deleted"] == 1
    problem(token_for(accounts, owned, "admin").post("/sql", json=delete), 403, "forbidden")


def test_tenant_tokens_open_no_operators_routes(accounts: Accounts, owned: Tenant) -> None:
    tenant = token_for(accounts, owned, "read", "write", "admin")
    base = f"{owned.server.url}/v1/admin/tenants"
    for method, path in (
        ("GET", ""), ("PUT", f"/{owned.name}"), ("DELETE", f"/{owned.name}?confirm={owned.name}"),
        ("GET", f"/{owned.name}/config"), ("GET", f"/{owned.name}/tokens"),
    ):  # fmt: skip
        problem(owned.client.request(method, base + path, headers=bearer(tenant.token)), 403, "forbidden")


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", "Basic dGVzdDp0ZXN0", "Bearer oql_" + "A" * 43, "Token x",
     "Bearer \xff", "Bearer " + "x" * 10_000],
)  # fmt: skip
def test_who_is_not_known(owned: Tenant, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    answer = httpx.get(owned.url + "/schemas", headers=headers)  # type: ignore[arg-type] # bytes are allowed
    problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_tenants_token_is_as_an_unknown_one(accounts: Accounts, owned: Tenant) -> None:
    tenant = token_for(accounts, owned, "read", "write", "admin")
    others = [
        Tenant(owned.server, name, tenant.token, owned.client) for name in (owned.name + "x", "nobody", "no%20name")
    ]
    told = [problem(other.get("/schemas"), 401, "unauthorized") for other in others]
    unknown = problem(as_(owned, "oql_unknown").get("/schemas"), 401, "unauthorized")
    assert {one["message"] for one in told} == {unknown["message"]}


def test_operators_name_tenants_that_are_there(owned: Tenant) -> None:
    problem(Tenant(owned.server, "nobody", owned.token, owned.client).get("/schemas"), 404, "not_found")
    problem(Tenant(owned.server, "no%20name", owned.token, owned.client).get("/schemas"), 400, "validation_failed")
    problem(Tenant(owned.server, "x" * 65, owned.token, owned.client).get("/schemas"), 400, "validation_failed")
    problem(Tenant(owned.server, "%2e%2e", owned.token, owned.client).get("/schemas"), 400, "validation_failed")


def test_an_accounts_token_opens_its_namespace(accounts: Accounts, guarded: Server, client: httpx.Client) -> None:
    name = "ann" + new_name().replace("-", "")
    account = accounts.add(name, "a long password")
    auth = {"username": name, "password": "a long password"}
    issued = client.post(f"{guarded.url}/v1/token", json={"auth": auth, "scopes": ["read", "write", "admin"]}).json()
    tenant = Tenant(guarded, account.namespace, issued["token"], client)
    assert tenant.get("/schemas").json() == []
    tenant.declare()
    assert tenant.write(order("o-1"))["inserted"] == 1
    limits = tenant.get("/usage").json()["limits"]
    assert limits == {"rows": None, "bytes": 4 * 2**30}
    # A token for running programs is none for the store.
    query = accounts.issue_token(account).secret
    problem(as_(tenant, query).get("/schemas"), 403, "forbidden")
    accounts.disable(name)
    problem(tenant.get("/schemas"), 401, "unauthorized")


def test_a_page_of_another_origin_is_refused(accounts: Accounts, guarded: Server, client: httpx.Client) -> None:
    name = "ben" + new_name().replace("-", "")
    account = accounts.add(name)
    accounts.set_whitelist(name, [f"https://{name}.example"])
    tenant = Tenant(guarded, account.namespace, accounts.issue_token(account, scopes=["read"]).secret, client)
    problem(tenant.get("/schemas", headers={"Origin": "https://evil.example"}), 403, "forbidden")
    answer = tenant.get("/schemas", headers={"Origin": f"https://{name}.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == f"https://{name}.example"


def test_tokens_end(accounts: Accounts, owned: Tenant) -> None:
    issued = accounts.issue_tenant_token(owned.name, scopes=["read"], expires_at=time.time() + 1)
    short = as_(owned, issued.secret)
    assert short.get("/schemas").status_code == 200
    until(lambda: short.get("/schemas").status_code == 401)
    revoked = accounts.issue_tenant_token(owned.name, scopes=["read"])
    assert as_(owned, revoked.secret).get("/schemas").status_code == 200
    accounts.revoke_tenant_token(owned.name, revoked.token.id)
    for _ in range(4):  # whichever worker answers
        assert httpx.get(owned.url + "/schemas", headers=bearer(revoked.secret)).status_code == 401


def test_rates(tmp_path: Path, client: httpx.Client) -> None:
    settings = {"dev": "false", "store_rate_per_minute": "1", "store_burst": "10", "store_at_once": "2"}
    with running(tmp_path / "data", **settings) as server:
        accounts = accounts_of(server)
        tenant = Tenant(server, new_name(), accounts.issue_tenant_token(None).secret, client)
        other = accounts.issue_tenant_token(None).secret
        accounts.close()
        client.put(f"{server.url}/v1/admin/tenants/{tenant.name}", headers=bearer(other))
        # Each on a connection of its own, so that both workers have a part of them.
        answers = [httpx.get(tenant.url + "/schemas", headers=bearer(tenant.token)) for _ in range(14)]
        refused = [answer for answer in answers if answer.status_code == 429]
        # One comes back a minute.
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 4
        told = problem(refused[0], 429, "rate_limited")
        assert told["retry"] is True
        assert 0 < int(refused[0].headers["Retry-After"]) <= 60
        first = answers[0].headers
        assert (first["X-RateLimit-Limit"], first["X-RateLimit-Remaining"]) == ("1", "9")
        assert 0 < int(first["X-RateLimit-Reset"]) - time.time() <= 61
        assert as_(tenant, other).get("/schemas").status_code == 200


def test_at_once(tmp_path: Path, client: httpx.Client) -> None:
    with running(tmp_path / "data", store_at_once="2", **WITHOUT_RATE) as server:
        accounts = accounts_of(server)
        tenant = Tenant(server, new_name(), accounts.issue_tenant_token(None).secret, client)
        other = accounts.issue_tenant_token(None).secret
        accounts.close()
        client.put(f"{server.url}/v1/admin/tenants/{tenant.name}", headers=bearer(other))
        tenant.declare()
        go_on = threading.Event()

        def body() -> Iterator[bytes]:
            yield b"{}\n"
            go_on.wait(1)

        def load() -> None:
            headers = bearer(tenant.token) | {"Content-Type": "application/x-ndjson"}
            while not go_on.is_set():  # again, since the question below may have had its place
                httpx.post(f"{tenant.url}/rows/shop.orders/_batch", content=body(), headers=headers)

        threads = [threading.Thread(target=load) for _ in range(2)]
        for thread in threads:
            thread.start()
        until(lambda: httpx.get(tenant.url + "/schemas", headers=bearer(tenant.token)).status_code == 429)
        assert as_(tenant, other).get("/schemas").status_code == 200
        go_on.set()
        for thread in threads:
            thread.join()
        assert tenant.get("/schemas").status_code == 200


def test_development_has_no_rate(shop: Tenant) -> None:
    answer = shop.get("/schemas")
    assert not [name for name in answer.headers if re.match("x-ratelimit", name, re.IGNORECASE)]
    assert {shop.get("/schemas").status_code for _ in range(300)} == {200}
