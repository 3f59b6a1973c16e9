"""A tenant of a running server, and what tests ask of it."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from tests.http.running import Server

ORDERS = """
id = "shop.orders"

[primary_key]
columns = ["order_id"]

[[columns]]
name = "order_id"
type = "str"

[[columns]]
name = "symbol"
type = "str"
indexed = true

[[columns]]
name = "qty"
type = "i64"
"""

PAIRS = """
id = "shop.pairs"

[primary_key]
columns = ["a", "b"]

[[columns]]
name = "a"
type = "i64"

[[columns]]
name = "b"
type = "str"
"""

SCAN = {"Scan": {"schema": "shop.orders"}}
NDJSON = {"Content-Type": "application/x-ndjson"}
ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"


@dataclass
class Tenant:
    """A tenant's world over HTTP, as a bearer of `token` reaches it."""

    server: Server
    name: str
    token: str
    client: httpx.Client

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request below the tenant's path."""
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return self.client.request(method, f"{self.url}{path}", headers=headers, **more)

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1/tenants/{self.name}"

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    def put(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("DELETE", path, **more)

    def declare(self, manifest: str = ORDERS) -> None:
        """Registers a table."""
        answer = self.post("/schemas", content=manifest)
        assert answer.status_code == 200, answer.text

    def write(self, *rows: dict[str, Any]) -> Any:
        """Writes rows of shop.orders; the answer."""
        answer = self.post("/rows/shop.orders/_batch", json=list(rows))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self) -> list[dict[str, Any]]:
        """All rows of shop.orders, by key."""
        answer = self.post("/query", json=SCAN)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found


def order(key: str, qty: int | None = None, symbol: str | None = None) -> dict[str, Any]:
    """A row of shop.orders."""
    return {"order_id": key, "symbol": symbol, "qty": qty}


def new_name() -> str:
    """A tenant that no other test has."""
    return f"t-{secrets.token_hex(6)}"


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body of an answer that has to be this problem."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    told: dict[str, Any] = answer.json()
    assert told["error"] == code, told
    assert set(told) <= {"error", "message", "request_id", "detail", "retry"}
    assert told["request_id"] == answer.headers["X-OC-Request-Id"]
    return told
