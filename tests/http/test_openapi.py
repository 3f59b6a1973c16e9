"""The OpenAPI document: valid, complete, and true of the server that it describes."""

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
from server.request import STORE_PATHS, of_chains
from tests.fuzz.dose import dose
from tests.http.running import TEST_LOGIN, Server, ask


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(server.url + "/openapi.json").json()
    return told


@pytest.fixture(scope="module")
def ours(document: dict[str, Any]) -> dict[str, Any]:
    """The part of the document that is not about the store or chains, which have tests of their own."""
    paths = {
        path: told
        for path, told in document["paths"].items()
        if not path.startswith(STORE_PATHS) and not of_chains(path)
    }
    return document | {"paths": paths}


def test_every_route_is_described(ours: dict[str, Any]) -> None:
    assert ours["openapi"] == "3.1.0"
    assert {(path, method) for path, methods in ours["paths"].items() for method in methods} == {
        ("/v1/query", "post"), ("/v1/token", "post"), ("/v1/token", "delete"), ("/files/{token}", "get"),
        ("/health", "get"), ("/ready", "get"), ("/metrics", "get"), ("/openapi.json", "get"), ("/", "get"),
        ("/v1/jobs", "get"), ("/v1/job/{id}", "get"), ("/v1/job/{id}", "delete"), ("/v1/job/{id}/retry", "post"),
        ("/v1/job/{id}/stream", "get"), ("/v1/confirm/{id}", "post"), ("/v1/webhooks/{id}", "get"),
        ("/v1/webhooks/{id}/redeliver", "post"), ("/gather/{token}", "get"), ("/gather/{token}", "post"),
    }  # fmt: skip


def test_its_address_is_the_servers(document: dict[str, Any], server: Server) -> None:
    assert document["servers"] == [{"url": server.url}]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {reference.rsplit("/", 1)[1] for reference in references(document)} == set(schemas)


def references(node: Any) -> set[str]:
    """All `$ref` in a document."""
    if isinstance(node, list):
        return {found for item in node for found in references(item)}
    if not isinstance(node, dict):
        return set()
    inner = {found for item in node.values() for found in references(item)}
    return inner | {node["$ref"]} if isinstance(node.get("$ref"), str) else inner


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"query": "EMIT 1"}, True),
        ({"query": "EMIT 1", "auth": TEST_LOGIN, "mode": "check", "request": {"a": 1}, "options": {}}, True),
        ({"query": "EMIT 1", "auth": {"token": "t"}}, True),
        ({"query": "EMIT 1", "auth": {**TEST_LOGIN, "token": "t"}}, False),
        ({"query": "EMIT 1", "request": {"a": [1]}}, False),
        ({"query": "EMIT 1", "debug": True}, False),
        ({"query": 1}, False),
        ({}, False),
    ],
)
def test_the_schema_of_a_query(document: dict[str, Any], client: httpx.Client, body: Any, valid: bool) -> None:
    schema = {"$ref": "#/components/schemas/Query", "components": document["components"]}
    assert jsonschema_rs.is_valid(schema, body) is valid
    assert (client.post("/v1/query", json=body).status_code != 400) is valid


def test_every_status_has_its_code(document: dict[str, Any]) -> None:
    described = {
        int(status)
        for methods in document["paths"].values()
        for operation in methods.values()
        for status in operation["responses"]
    }
    assert described - {200, 201, 202, 204, 206, 304} <= set(CODES)


CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def test_the_server_does_what_it_describes(ours: dict[str, Any], server: Server) -> None:
    """A small dose of made-up requests, good and bad, to every route."""
    schema: Any = schemathesis.openapi.from_dict(ours)
    operations = [found.ok() for found in schema.get_all_operations()]
    seen = {status for operation in operations for status in statuses(operation, server.url)}
    assert len(operations) == 19
    assert {200, 400, 401, 404} <= seen < {200, 202, *CODES}


def statuses(operation: Any, url: str) -> set[int]:
    """The statuses of some requests made for an operation, each answer checked against the document."""
    seen = set()

    @dose(25)
    @given(case=operation.as_strategy())
    def ask_and_check(case: Any) -> None:
        if isinstance(case.body, dict) and "auth" not in case.body:
            case.body["auth"] = TEST_LOGIN
        answer = case.call(base_url=url)
        case.validate_response(answer, checks=CHECKED)
        seen.add(answer.status_code)

    ask_and_check()
    return seen


def test_programs_of_all_kinds_fit_the_answer_schema(document: dict[str, Any], client: httpx.Client) -> None:
    run = document["paths"]["/v1/query"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema = run | {"components": document["components"]}
    for query, mode in (
        ("EMIT 1", "sync"), ('SLEEP "1ms"', "sync"), ("UPER 1", "sync"), ('CALCULATE "1/0" SET ?x', "sync"),
        ("EMIT 1", "check"), ("UPER 1 AFTER LOWR 1", "check"), ('CACHE 1 AS "k"', "check"),
    ):  # fmt: skip
        jsonschema_rs.validate(schema, ask(client, query, mode=mode).json())
