"""Pipelines over HTTP."""

import json
from typing import Any

import httpx
import pytest

from tests.http.running import ask, until

YAML = {"content-type": "text/yaml"}
UPPER = """name: upper
inputs: [{name: text}]
steps: [{id: work, type: oql, program: 'UPPER ?text SET ?r AFTER EMIT ?r', output_var: out}]
output: out
"""
ASK = """name: ask
steps: [{id: gate, type: gate, prompt: Really, output_var: out}]
output: out
"""
TWICE = """name: twice
description: both at once
version: 1.0
inputs: [{name: topic}]
chains:
  - {id: first-one, chain: upper, inputs: {text: "{input.topic}"}}
  - {id: last, chain: upper, depends_on: [first-one], inputs: {text: "{first-one.result}!"}}
output: last
"""
READS = """name: reads
steps: [{id: r, type: oql, program: 'READ "/root/p.txt" SET ?t AFTER EMIT ?t', output_var: r}]
output: r
"""
LATER = """name: later
chains: [{id: a, chain: upper, inputs: {text: x}}, {id: b, chain: reads, depends_on: [a]}]
output: b
"""
GATED = "name: gated\noutput: g\nchains: [{id: g, chain: ask}]\n"


@pytest.fixture(autouse=True)
def texts(client: httpx.Client) -> None:
    for path, text in (
        ("/chains/upper", UPPER), ("/chains/ask", ASK), ("/pipelines/twice", TWICE), ("/pipelines/gated", GATED),
    ):  # fmt: skip
        assert client.post(path, content=text, headers=YAML).json() == {"ok": True}


def error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body.keys() == {"error", "request_id"}
    return answer.status_code, body["error"]


def run(client: httpx.Client, name: str, **values: Any) -> str:
    return str(client.post(f"/pipelines/{name}/execute", json={"input": values}).json()["executionId"])


def record(client: httpx.Client, execution: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/pipeline-executions/{execution}").json()
    return found


def test_what_is_saved(client: httpx.Client) -> None:
    listed = client.get("/pipelines").json()
    assert {"name": "twice", "description": "both at once", "version": "1.0", "chainCount": 2} in listed
    assert [saved["name"] for saved in listed] == sorted(saved["name"] for saved in listed)
    answer = client.get("/pipelines/twice")
    assert (answer.text, answer.headers["content-type"].partition(";")[0]) == (TWICE, "text/yaml")
    shown = client.get("/pipelines/twice/json").json()
    assert (shown["name"], shown["version"], shown["output"]) == ("twice", "1.0", "last")
    assert shown["chains"][1] == {
        "id": "last", "chain": "upper", "label": "", "depends_on": ["first-one"], "condition": "",
        "inputs": {"text": "{first-one.result}!"}, "summarize_output": False,
    }  # fmt: skip


def test_saved_as_json_and_deleted(client: httpx.Client) -> None:
    body = {"name": "made", "output": "a", "chains": [{"id": "a", "chain": "nobody"}]}
    assert client.post("/pipelines/made", json=body).json() == {"ok": True, "warnings": ['Chain "nobody" not found']}
    assert error(client.post("/pipelines/made/execute", json={})) == (400, 'Chain "nobody" not found')
    assert client.delete("/pipelines/made").json() == {"ok": True}
    unknown = (404, 'Pipeline "made" not found')
    for path in ("/pipelines/made", "/pipelines/made/json"):
        assert error(client.get(path)) == unknown
    assert error(client.delete("/pipelines/made")) == unknown
    assert error(client.post("/pipelines/made/execute", json={})) == (400, unknown[1])
    assert error(client.post("/pipelines/.made", json=body)) == (400, 'Invalid name: ".made"')


def test_one_that_does_not_check_is_not_saved(client: httpx.Client) -> None:
    text = "name: p\noutput: x\nchains:\n  - {id: a, chain: upper, depends_on: [b]}\n"
    assert error(client.post("/pipelines/bad", content=text, headers=YAML)) == (
        400,
        'Pipeline "bad": "a" depends on unknown "b"\nPipeline "bad": output references unknown chain "x"',
    )
    assert client.get("/pipelines/bad").status_code == 404


def test_a_run_and_its_events(client: httpx.Client) -> None:
    execution = run(client, "twice", topic="bees")
    with client.stream("GET", f"/executions/{execution}/stream") as stream:
        lines = [line for line in stream.iter_lines() if line.startswith("data: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {event["executionId"] for event in told} == {execution}
    assert [(event["type"], event.get("stepId", event.get("chainName", ""))) for event in told] == [
        ("execution_started", "pipeline:twice"),
        *_of("first-one"),
        *_of("last"),
        ("execution_done", ""),
    ]
    found = record(client, execution)
    assert (found["status"], found["result"]) == ("done", "BEES!")
    assert client.get(f"/executions/{execution}").json() == found
    assert found in client.get("/pipeline-executions").json()
    inner = client.get(f"/executions/{found['chains']['last']['executionId']}").json()
    assert (inner["chainName"], inner["status"], inner["parentId"]) == ("upper", "done", execution)
    assert inner["input"] == {"text": "BEES!"}
    assert [step["stepId"] for step in client.get(f"/executions/{execution}/timeline").json()] == ["first-one", "last"]
    assert error(client.get("/pipeline-executions/pip_0000000000000000")) == (404, "Not found")
    assert error(client.delete(f"/executions/{execution}")) == (404, "Execution not found or already finished")


def _of(entry: str) -> list[tuple[str, str]]:
    """What is told of an entry whose chain has one step."""
    inner = [(kind, f"{entry}/work") for kind in ("step_started", "step_output", "step_done")]
    return [("step_started", entry), *inner, ("step_done", entry)]


def test_a_gate_inside(client: httpx.Client) -> None:
    execution = run(client, "gated")
    until(lambda: any(asked["chainName"] == "ask" for asked in client.get("/approvals").json()))
    nested = record(client, execution)["chains"]["g"]["executionId"]
    [asked] = [asked for asked in client.get("/approvals").json() if asked["executionId"] == nested]
    assert (asked["stepId"], asked["prompt"]) == ("gate", "Really")
    assert error(client.post(f"/executions/{execution}/approve/gate", json={"approved": True})) == (
        404, "No pending approval found",
    )  # fmt: skip
    assert client.post(f"/executions/{execution}/approve/g/gate", json={"approved": True}).json() == {"ok": True}
    assert error(client.post(f"/executions/{nested}/approve/gate", json={"approved": True})) == (409, "Already decided")
    until(lambda: record(client, execution)["status"] == "done")
    assert record(client, execution)["result"] == "approved"


def test_cancelled(client: httpx.Client) -> None:
    execution = run(client, "gated")
    assert client.delete(f"/executions/{execution}").json() == {"ok": True}
    found = record(client, execution)
    assert (found["status"], found["error"]) == ("error", "Cancelled by user")
    answer = client.post(f"/executions/{execution}/resume")
    assert error(answer) == (409, f"Execution {execution} is not in error state (current: cancelled)")


def test_resumed(client: httpx.Client) -> None:
    for path, text in (("/chains/reads", READS), ("/pipelines/later", LATER)):
        assert client.post(path, content=text, headers=YAML).json() == {"ok": True}
    execution = run(client, "later")
    until(lambda: record(client, execution)["status"] == "error")
    status, message = error(client.post(f"/executions/{execution}/resume"))
    assert (status, message) == (500, record(client, execution)["error"])
    assert ask(client, 'WRITE "there" INTO "/root/p.txt"').status_code == 200
    answer = client.post(f"/executions/{execution}/resume")
    assert (answer.status_code, answer.json()) == (200, {"executionId": execution, "result": "there"})
    assert record(client, execution)["chains"]["a"]["status"] == "done"


def test_inputs_that_do_not_fit(client: httpx.Client) -> None:
    assert error(client.post("/pipelines/twice/execute", json={})) == (400, 'Missing required input: "topic"')
    assert error(client.post("/pipelines/twice/execute", json={"input": []})) == (400, "input must be an object")
