"""What /openapi.json says of the store is what the store does."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import given
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from server.problems import CODES
from server.request import STORE_PATHS
from tests.fuzz.dose import dose
from tests.http.running import Server
from tests.store.asking import SCAN, Tenant, order

CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    """The part of the document that is about the store, without the one route that never ends."""
    told: dict[str, Any] = httpx.get(server.url + "/openapi.json").json()
    paths = {path: methods for path, methods in told["paths"].items() if path.startswith(STORE_PATHS)}
    return told | {"paths": {path: methods for path, methods in paths.items() if not path.endswith("/watch")}}


def test_the_store_does_what_is_described(document: dict[str, Any], server: Server) -> None:
    """A small dose of made-up requests, good and bad, to every route."""
    schema: Any = schemathesis.openapi.from_dict(document)
    seen = {status for found in schema.get_all_operations() for status in statuses(found.ok(), server.url)}
    assert {200, 201, 400, 404} <= seen <= {200, 201, *CODES}


def statuses(operation: Any, url: str) -> set[int]:
    """The statuses of some requests made for an operation, each answer checked against the document."""
    seen = set()

    @dose(8)
    @given(case=operation.as_strategy())
    def ask_and_check(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": "Bearer x"}
        answer = case.call(base_url=url)
        case.validate_response(answer, checks=CHECKED)
        seen.add(answer.status_code)

    ask_and_check()
    return seen


def test_answers_of_a_used_tenant_fit_their_schemas(document: dict[str, Any], shop: Tenant) -> None:
    shop.write(order("o-1", 1))
    for method, path, body in (
        ("GET", "/schemas", None), ("GET", "/rows/shop.orders/o-1", None), ("POST", "/query", SCAN),
        ("POST", "/query?explain=true", SCAN), ("GET", "/usage", None),
        ("POST", "/ask", {"nl": "how many orders", "show_plan": True}),
        ("POST", "/sql", {"sql": "SELECT * FROM shop.orders"}),
        ("POST", "/sql", {"sql": "INSERT INTO shop.orders (order_id) VALUES ('o-2')", "execute": True}),
        ("POST", "/sql", {"sql": "DELETE FROM shop.orders WHERE order_id = 'o-2'", "execute": True}),
        ("DELETE", "/rows/shop.orders/o-1", None), ("DELETE", "/schemas/shop.orders", None),
    ):  # fmt: skip
        answer = shop.ask(method, path, json=body)
        assert answer.status_code == 200, (path, answer.text)
        template = "/v1/tenants/{tenant}" + path.partition("?")[0]
        template = template.replace("shop.orders/o-1", "{schema}/{key}").replace("shop.orders", "{schema}")
        told = document["paths"][template][method.lower()]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema_rs.validate(told | {"components": document["components"]}, answer.json())
