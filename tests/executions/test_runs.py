"""Executions over HTTP: what is started, what is told of it, how people decide, cancel and let it go on."""

import re
import threading
from typing import Any

import httpx
import pytest

from tests.executions.asking import (
    FAILING,
    GATE,
    GREETING,
    LATER,
    asked,
    decide,
    followed,
    following,
    hint_of,
    reached,
    record,
    refused,
    saved,
    started,
)
from tests.http.running import until

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def untimed(value: Any) -> Any:
    """A record without what differs from run to run, after its form has been checked."""
    if isinstance(value, list):
        return [untimed(item) for item in value]
    if not isinstance(value, dict):
        return value
    for name in ("startedAt", "finishedAt", "checkpointAt"):
        assert name not in value or MOMENT.fullmatch(value[name])
    assert isinstance(value.get("durationMs", 0), int)
    hidden = ("startedAt", "finishedAt", "checkpointAt", "durationMs", "id")
    return {name: untimed(inner) for name, inner in value.items() if name not in hidden}


def test_a_chain_from_its_start_to_its_record(client: httpx.Client) -> None:
    name = saved(client, GREETING)
    execution = client.post(f"/execute/{name}", json={"input": {"who": "Ada"}}).json()["executionId"]
    assert re.fullmatch(r"[0-9a-f]{16}", execution)
    assert [untimed(event.data) for event in followed(client, execution)] == [
        {"type": "execution_started", "executionId": execution, "chainName": name},
        {"type": "step_started", "executionId": execution, "stepId": "hello", "label": "hello"},
        {"type": "step_output", "executionId": execution, "stepId": "hello", "chunk": "Hello Ada"},
        {"type": "step_done", "executionId": execution, "stepId": "hello"},
        {"type": "step_started", "executionId": execution, "stepId": "again", "label": "again"},
        {"type": "step_output", "executionId": execution, "stepId": "again", "chunk": "Hello Ada!"},
        {"type": "step_done", "executionId": execution, "stepId": "again"},
        {"type": "execution_done", "executionId": execution, "result": "Hello Ada!"},
    ]
    found = record(client, execution)
    assert found["id"] == execution
    assert {"startedAt", "finishedAt", "durationMs"} <= set(found)
    assert untimed(found) == {
        "chainName": name, "status": "done", "input": {"who": "Ada"}, "result": "Hello Ada!",
        "steps": {
            "hello": {"stepId": "hello", "status": "done", "output": "Hello Ada"},
            "again": {"stepId": "again", "status": "done", "output": "Hello Ada!"},
        },
    }  # fmt: skip
    assert untimed(client.get(f"/executions/{execution}/timeline").json()) == [
        {"stepId": "hello", "status": "done"}, {"stepId": "again", "status": "done"},
    ]  # fmt: skip
    newest = client.get("/executions").json()[0]
    assert (newest["id"], untimed(newest)) == (execution, {"chainName": name, "status": "done", "files": []})
    stats = client.get(f"/chains/{name}/stats").json()
    assert stats == {
        "totalRuns": 1, "successRate": 100, "avgDurationMs": found["durationMs"],
        "totalTokens": {"input": 0, "output": 0},
    }  # fmt: skip


def test_one_run_under_one_id_in_both_views(client: httpx.Client) -> None:
    execution = started(client, GREETING, who="Ada")
    reached(client, execution, "done")
    job = client.get(f"/v1/job/{execution}", auth=("test", "test")).json()
    assert (job["status"], job["result"]) == ("complete", "Hello Ada!")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, 'Missing required input: "who" (whom to greet)'),
        ({"input": {"who": ""}}, 'Missing required input: "who" (whom to greet)'),
        ({"input": None}, 'Missing required input: "who" (whom to greet)'),
        ({"input": []}, "input must be an object"),
        ({"input": "who"}, "input must be an object"),
        ([], "Invalid JSON"),
    ],
)
def test_what_cannot_be_started(client: httpx.Client, body: Any, message: str) -> None:
    assert refused(client.post(f"/execute/{saved(client, GREETING)}", json=body), 400) == message


@pytest.mark.parametrize(
    ("body", "message", "hint"),
    [
        (
            {"inputs": {"who": "Ada"}},
            'Missing required input: "who" (whom to greet)',
            "`inputs` is no field of this request; the inputs stand in `input`",
        ),
        (
            {"who": "Ada"},
            'Missing required input: "who" (whom to greet)',
            "`who` is no field of this request; the inputs stand in `input`",
        ),
        (
            {"input": {"whom": "Ada"}, "more": 1},
            'Missing required input: "who" (whom to greet)',
            '"whom" is no declared input, did you mean `who`?',
        ),
        ({}, 'Missing required input: "who" (whom to greet)', ""),
        ([], "Invalid JSON", "expected an object"),
    ],
)
def test_what_was_meant_by_a_body_that_starts_nothing(client: httpx.Client, body: Any, message: str, hint: str) -> None:
    answer = client.post(f"/execute/{saved(client, GREETING)}", json=body)
    assert (refused(answer, 400), hint_of(answer)) == (message, hint)


def test_unknown_fields_of_a_body_start_a_chain_all_the_same(client: httpx.Client) -> None:
    name = saved(client, GREETING)
    answer = client.post(f"/execute/{name}", json={"inputs": {}, "input": {"who": "Ada"}})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (b'{"input": {\n"who": }}', "unexpected character, expected a JSON value at line 2 column 8"),
        (b"{", "unexpected end of data at line 1 column 2"),
        (b"\xff", "the body is not UTF-8"),
    ],
)
def test_broken_json_has_a_place(client: httpx.Client, body: bytes, hint: str) -> None:
    for path in ("/execute/nothing", "/schedules", "/chains/x"):
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert (refused(answer, 400), hint_of(answer)) == ("Invalid JSON", hint)


def test_nothing_of_that_name(client: httpx.Client) -> None:
    assert refused(client.post("/execute/nothing"), 400) == 'Chain "nothing" not found'
    assert refused(client.post("/execute/..%2Fx"), 400) == 'Invalid name: "../x"'
    assert refused(client.post("/execute/nothing", content=b"{"), 400) == "Invalid JSON"


def test_a_chain_that_fails(client: httpx.Client) -> None:
    name = saved(client, FAILING)
    execution = client.post(f"/execute/{name}", json={}).json()["executionId"]
    events = followed(client, execution)
    assert [event.type for event in events][-2:] == ["step_error", "execution_error"]
    found = reached(client, execution, "error")
    assert found["error"] == events[-1].data["error"] == 'json_extract: path "a" not found'
    assert (found["steps"]["extract"]["status"], "result" in found) == ("error", False)
    assert client.get("/executions?limit=1").json()[0]["error"] == found["error"]
    assert client.get(f"/chains/{name}/stats").json()["successRate"] == 0


# gates


def test_a_gate_that_is_approved(client: httpx.Client) -> None:
    execution = started(client, GATE)
    question = asked(client, execution)
    assert MOMENT.fullmatch(question.pop("startedAt"))
    assert question == {
        "executionId": execution, "stepId": "approval", "chainName": question["chainName"], "prompt": "Send a draft?",
    }  # fmt: skip
    assert record(client, execution)["status"] == "running"
    assert record(client, execution)["steps"]["approval"]["status"] == "running"
    assert decide(client, execution, "approval", approved=True).json() == {"ok": True}
    assert reached(client, execution, "done")["result"] == "sent approved"
    assert [one for one in client.get("/approvals").json() if one["executionId"] == execution] == []
    action = next(event for event in followed(client, execution) if event.type == "gate_action")
    assert action.data == {
        "type": "gate_action", "executionId": execution, "stepId": "approval", "action": "approved",
    }  # fmt: skip
    assert refused(decide(client, execution, "approval", approved=True), 409) == "Already decided"


def test_a_gate_that_is_rejected(client: httpx.Client) -> None:
    execution = started(client, GATE)
    asked(client, execution)
    assert decide(client, execution, "approval", approved=False, reason="too long").status_code == 200
    assert reached(client, execution, "error")["error"] == "Gate rejected by user: too long"
    assert followed(client, execution)[-1].data["error"] == "Gate rejected by user: too long"


def test_decisions_that_are_none(client: httpx.Client) -> None:
    execution = started(client, GATE.replace("type: gate,", "type: gate, gate_rejection_reason: true,"))
    asked(client, execution)
    for body in ({}, {"approved": "yes"}, {"approved": 1}, {"approved": None}):
        assert refused(decide(client, execution, "approval", **body), 400) == "approved must be true or false"
    assert refused(decide(client, execution, "approval", approved=False), 400) == "reason is required"
    assert refused(decide(client, execution, "approval", approved=False, reason=" "), 400) == "reason is required"
    for place in (f"{execution}/approve/draft", f"{execution}/approve/none", f"{'0' * 16}/approve/approval"):
        answer = client.post(f"/executions/{place}", json={"approved": True})
        assert refused(answer, 404) == "No pending approval found"
    assert decide(client, execution, "approval", approved=False, reason="no").status_code == 200
    reached(client, execution, "error")


def test_of_many_decisions_one_counts(client: httpx.Client) -> None:
    execution = started(client, GATE)
    asked(client, execution)
    gate, statuses = threading.Barrier(8), []

    def one(number: int) -> None:
        gate.wait()
        statuses.append(decide(client, execution, "approval", approved=number % 2 == 0, reason=str(number)).status_code)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[409] * 7]
    reached(client, execution, "done", "error")


# cancelling and resuming


def test_a_cancelled_execution(client: httpx.Client) -> None:
    execution = started(client, GATE)
    asked(client, execution)
    with following(client, execution) as stream:
        assert next(stream).type == "execution_started"
        assert client.delete(f"/executions/{execution}").json() == {"ok": True}
        assert list(stream)[-1].data == {
            "type": "execution_error", "executionId": execution, "error": "Cancelled by user",
        }  # fmt: skip
    found = record(client, execution)
    assert (found["status"], found["error"]) == ("error", "Cancelled by user")
    assert {name: step["status"] for name, step in found["steps"].items()} == {
        "draft": "done", "approval": "skipped", "send": "skipped",
    }  # fmt: skip
    assert refused(decide(client, execution, "approval", approved=True), 409) == "Already decided"
    for again in (execution, "f" * 16, "x"):
        assert refused(client.delete(f"/executions/{again}"), 404) == "Execution not found or already finished"
    assert refused(client.post(f"/executions/{execution}/resume"), 409).startswith(
        f"Execution {execution} is not in error state"
    )


def test_a_failed_execution_goes_on(client: httpx.Client) -> None:
    execution = started(client, LATER, key="resumed")
    failed = reached(client, execution, "error")
    assert refused(client.post(f"/executions/{execution}/resume"), 500) == failed["error"]
    before = followed(client, execution)
    assert before[0].id > 1, "the stream begins with the present run"
    write = client.post(
        "/v1/query", auth=("test", "test"), json={"query": 'WRITE "at last" INTO "/root/resumed" AFTER EMIT 1'}
    )
    assert write.json()["status"] == "ok"
    answer = client.post(f"/executions/{execution}/resume")
    assert answer.json() == {"executionId": execution, "result": "kept at last"}, answer.text
    found = record(client, execution)
    assert (found["status"], found["startedAt"]) == ("done", failed["startedAt"])
    events = followed(client, execution)
    assert [(event.type, event.data.get("stepId")) for event in events[:5]] == [
        ("execution_started", None), ("step_started", "first"), ("step_log", "first"), ("step_output", "first"),
        ("step_done", "first"),
    ]  # fmt: skip
    assert events[0].id == before[-1].id + 1
    assert followed(client, execution, before[-1].id) == events
    message = f"Execution {execution} is not in error state (current: done)"
    assert refused(client.post(f"/executions/{execution}/resume"), 409) == message
    assert refused(client.post("/executions/none/resume"), 404) == "Execution not found"


def test_a_resumed_execution_that_waits_for_a_person(client: httpx.Client) -> None:
    text = LATER.replace("name: later", "name: waits") + (
        "  - {id: approval, type: gate, prompt: 'Well?', output_var: decision, depends_on: [second]}\n"
    )
    execution = started(client, text, key="waits")
    reached(client, execution, "error")
    client.post("/v1/query", auth=("test", "test"), json={"query": 'WRITE "now" INTO "/root/waits"'})
    answer = client.post(f"/executions/{execution}/resume")
    assert (answer.status_code, answer.json()) == (202, {"executionId": execution, "status": "running"})
    assert decide(client, execution, "approval", approved=True).status_code == 200
    assert reached(client, execution, "done")["result"] == "kept now"


# slots and lists


def test_slots_are_held_and_counted(eve: httpx.Client) -> None:
    name = saved(eve, "name: s\noutput: o\nsteps:\n  - {id: s, type: oql, program: 'SLEEP \"900ms\"', output_var: o}\n")
    running = [eve.post(f"/execute/{name}").json()["executionId"] for _ in range(5)]
    message = "Too many concurrent executions (5 running). Try again later."
    assert refused(eve.post(f"/execute/{name}"), 429) == message
    assert refused(eve.post("/execute/nothing"), 429) == message
    assert until(lambda: eve.get("/health").json()["runningExecutions"] == 5)
    for execution in running:
        reached(eve, execution, "done")
    assert until(lambda: eve.get("/health").json()["runningExecutions"] == 0)
    assert eve.post(f"/execute/{name}").status_code == 200


def test_pages_of_executions(client: httpx.Client) -> None:
    made = [started(client, GREETING, who=str(number)) for number in range(3)]
    for execution in made:
        reached(client, execution, "done")
    newest = [one["id"] for one in client.get("/executions?limit=3").json()]
    assert newest == made[::-1]
    assert [one["id"] for one in client.get("/executions?limit=1&offset=2").json()] == [made[0]]
    whole = client.get("/executions").json()
    for odd in ("limit=0", "limit=x", "limit=-1", "offset=-1", "offset=x", "limit=" + "9" * 30):
        assert client.get(f"/executions?{odd}").json() == whole
    assert client.get("/executions?offset=99999").json() == []


def test_an_id_that_nothing_has(client: httpx.Client) -> None:
    for path in ("/executions/x", "/executions/x/stream", "/executions/x/timeline", f"/executions/{'0' * 16}"):
        assert refused(client.get(path), 404) == "Not found"


def test_what_is_decided_as_a_job_holds_here(client: httpx.Client) -> None:
    execution, cancelled = started(client, GATE), started(client, GATE)
    asked(client, execution)
    asked(client, cancelled)
    job = client.get(f"/v1/job/{execution}", auth=("test", "test")).json()
    assert (job["status"], job["waits"][0]["prompt"]) == ("suspended", "Send a draft?")
    answer = client.post(f"/v1/confirm/{execution}", auth=("test", "test"), json={"approved": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"] == "sent approved"
    assert record(client, execution)["status"] == "done"
    assert refused(decide(client, execution, "approval", approved=True), 409) == "Already decided"
    assert client.delete(f"/v1/job/{cancelled}", auth=("test", "test")).json()["status"] == "cancelled"
    assert record(client, cancelled)["error"] == "Cancelled by user"
    assert followed(client, cancelled)[-1].type == "execution_error"
