"""The OpenAPI document is true of chains; and every route in it is closed to other accounts."""

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

from server.request import of_chains
from tests.executions.asking import GATE, LATER, YAML, asked, decide, reached, record, saved, started
from tests.executions.conftest import EVE
from tests.fuzz.dose import dose
from tests.http.running import Server

CHECKED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    response_headers_conformance,
]  # fmt: skip
WITH_MODELS = "/generate-chain"
"""Without a model these answer 500, as is published."""
SECRET = "canary-4711"


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    return told | {"paths": {path: methods for path, methods in told["paths"].items() if of_chains(path)}}


def fits(document: dict[str, Any], route: str, answer: httpx.Response) -> None:
    """The answer is of a status and shape that the description of its route has."""
    method, _, path = route.partition(" ")
    described = document["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"] | {"components": document["components"]}
    jsonschema_rs.validate(schema, answer.json())


def test_answers_of_every_shape(client: httpx.Client, document: dict[str, Any]) -> None:
    name, waiting, failed = saved(client, GATE), started(client, GATE), started(client, LATER, key="described")
    asked(client, waiting)
    reached(client, failed, "error")
    run = "/executions/{id}"
    for route, answer in (
        ("GET /chains", client.get("/chains")),
        ("POST /chains/{name}", client.post("/chains/described", content=GATE, headers=YAML)),
        ("GET /chains/{name}/stats", client.get(f"/chains/{name}/stats")),
        ("POST /execute/{name}", client.post(f"/execute/{name}")),
        ("GET /executions", client.get("/executions?limit=200")),
        (f"GET {run}", client.get(f"/executions/{waiting}")),
        (f"GET {run}", client.get(f"/executions/{failed}")),
        (f"GET {run}/timeline", client.get(f"/executions/{failed}/timeline")),
        ("GET /approvals", client.get("/approvals")),
        (f"POST {run}/resume", client.post(f"/executions/{failed}/resume")),
        (f"POST {run}/approve/{{step}}", decide(client, waiting, "approval", approved=True)),
        (f"DELETE {run}", client.delete(f"/executions/{failed}")),
    ):
        fits(document, route, answer)


def test_every_route_is_for_those_who_say_who_they_are(document: dict[str, Any], server: Server) -> None:
    elsewhere = {"Host": "elsewhere.example"}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["security"] == [{"basic": []}, {"bearer": []}]
            answer = httpx.request(
                method.upper(), server.url + path.format(name="x", id="x", step="x"), headers=elsewhere
            )
            assert (answer.status_code, answer.json()["error"]) == (401, "Authentication required"), (method, path)


def test_another_account_finds_nothing(document: dict[str, Any], client: httpx.Client, eve: httpx.Client) -> None:
    """Asks every route with the ids of somebody else's things."""
    name = saved(client, GATE.replace("a draft", SECRET))
    execution = client.post(f"/execute/{name}").json()["executionId"]
    asked(client, execution)
    before = record(client, execution)
    assert len(document["paths"]) >= 10
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            if path.startswith(WITH_MODELS):
                continue
            url = path.format(name=name, id=execution, step="approval")
            body = {"approved": True, "input": {}} if "requestBody" in told else None
            answer = eve.request(method.upper(), url, json=body, params={"path": f"/root/{SECRET}"})
            assert SECRET not in answer.text, (method, path)
            own = "{" not in path and path != "/download"
            assert answer.status_code in ((200, 400) if own else (400, 404)), (method, path, answer.text)
    assert record(client, execution) == before
    client.delete(f"/executions/{execution}")


def test_the_server_does_what_it_describes(document: dict[str, Any], server: Server) -> None:
    """A small dose of made-up requests to every route, each answer checked against the document."""
    paths = {path: told for path, told in document["paths"].items() if not path.startswith(WITH_MODELS)}
    schema: Any = schemathesis.openapi.from_dict(document | {"paths": paths})
    operations = [found.ok() for found in schema.get_all_operations()]
    seen = {status for operation in operations for status in _statuses(operation, server.url)}
    assert {200, 400, 404} <= seen


def _statuses(operation: Any, url: str) -> set[int]:
    seen = set()

    @dose(3)
    @given(case=operation.as_strategy())
    def ask_and_check(case: Any) -> None:
        answer = case.call(base_url=url, auth=EVE)
        case.validate_response(answer, checks=CHECKED)
        seen.add(answer.status_code)

    ask_and_check()
    return seen
