"""What the server answers about jobs is what its OpenAPI document says."""

from typing import Any

import httpx
import jsonschema_rs
import pytest

from tests.jobs.asking import FORM, QUESTION, confirm, reached, start, waiting


@pytest.fixture(scope="module")
def document(server: Any) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    return told


def fits(document: dict[str, Any], route: str, answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer, which must be of a status and shape that the route's description has."""
    method, _, path = route.partition(" ")
    described = document["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json"]["schema"] | {"components": document["components"]}
    body: dict[str, Any] = answer.json()
    jsonschema_rs.validate(schema, body)
    return body


def test_jobs_in_every_state(client: httpx.Client, document: dict[str, Any]) -> None:
    two = waiting(client, f"{FORM} AND {QUESTION} SET ?b")
    sleeping, failed, done = (start(client, text) for text in ('SLEEP "2h"', 'PARSE JSON "{" SET ?x', "EMIT 1"))
    cancelled = waiting(client, QUESTION)
    fits(document, "DELETE /v1/job/{id}", client.delete(f"/v1/job/{cancelled}"))
    states = {sleeping: "suspended", failed: "error", done: "complete", cancelled: "cancelled", two: "suspended"}
    for job_id, state in states.items():
        reached(client, job_id, state)
        fits(document, "GET /v1/job/{id}", client.get(f"/v1/job/{job_id}"))
    page = fits(document, "GET /v1/jobs", client.get("/v1/jobs?limit=100"))
    assert set(states) <= {one["job_id"] for one in page["jobs"]}


def test_answers_and_refusals(client: httpx.Client, document: dict[str, Any]) -> None:
    route, job_id = "POST /v1/confirm/{id}", waiting(client, f'{FORM} AFTER {QUESTION} AFTER SLEEP "300ms"')
    for body, status in (
        ({"fields": {}}, 400), ({"approved": True}, 400), ({"fields": {"name": "x"}, "key": "no"}, 404),
        ({"fields": {"name": "x"}}, 200), ({"approved": True, "options": {"deadline_ms": 20}}, 202),
        ({"approved": True}, 409),
    ):  # fmt: skip
        answer = confirm(client, job_id, **body)
        assert answer.status_code == status, answer.text
        fits(document, route, answer)


def test_a_query_that_becomes_a_job(client: httpx.Client, document: dict[str, Any]) -> None:
    for body, status in (
        ({"query": FORM}, 200), ({"query": QUESTION}, 200), ({"query": "EMIT 1", "mode": "async"}, 202),
        ({"query": 'SLEEP "400ms"', "options": {"deadline_ms": 30}}, 202),
    ):  # fmt: skip
        answer = client.post("/v1/query", json=body)
        assert answer.status_code == status, answer.text
        fits(document, "POST /v1/query", answer)
