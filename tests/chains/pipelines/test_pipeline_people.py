"""Pipelines in which people decide, that are cancelled, and that are resumed."""

import time
from typing import Any

import pytest

from chains import saving
from chains.executions import reading, records
from chains.executions.records import AlreadyDecided, NoApproval
from chains.pipelines.reading import record
from tests.chains.pipelines.conftest import BOTH
from tests.chains.pipelines.test_pipeline_runs import JOIN, shown, start, told
from tests.chains.worker_process import Worker

ASKING = """
name: asking
inputs: [{name: text}]
steps:
  - {id: ask, type: gate, prompt: "Publish {text}?", output_var: answer}
  - {id: say, type: transform, operation: template, template_str: "{text} {answer}", depends_on: [ask], output_var: out}
output: out
"""
SHAKY = """
name: shaky
inputs: [{name: path}]
steps:
  - {id: first, type: transform, operation: template, template_str: "read", output_var: a}
  - {id: read, type: oql, program: 'READ ?path SET ?text AFTER EMIT ?text', depends_on: [first], output_var: out}
output: out
"""
MENDER = """
name: mender
steps: [{id: a, type: oql, program: 'WRITE "found" INTO "/root/a.txt"', output_var: a}]
output: a
"""
WITH_GATE = """
name: gated
inputs: [{name: topic}]
chains:
  - {id: draft-one, chain: asking, inputs: {text: "{input.topic}"}}
  - {id: end, chain: join, depends_on: [draft-one], inputs: {left: "{draft-one}"}}
output: end
"""
WITH_FAILURE = """
name: shaky-pipeline
chains:
  - {id: good, chain: join, inputs: {left: l}}
  - {id: bad, chain: shaky, depends_on: [good], inputs: {path: /root/a.txt}}
  - {id: end, chain: join, depends_on: [bad], inputs: {left: "{good}", right: "{bad}"}}
output: end
"""


@pytest.fixture(autouse=True)
def texts(worker: Worker) -> None:
    for name, text in (("asking", ASKING), ("join", JOIN), ("shaky", SHAKY), ("mender", MENDER)):
        saving.save(worker.namespace, "chain", name, text, 1.0)
    saving.save(worker.namespace, "pipeline", "gated", WITH_GATE, 1.0)
    saving.save(worker.namespace, "pipeline", "shaky-pipeline", WITH_FAILURE, 1.0)


def gated(worker: Worker) -> str:
    """A pipeline that waits at its gate."""
    execution = start(worker, "gated", topic="bees")
    worker.run()
    return execution


def decide(worker: Worker, execution: str, step: str, approved: bool = True) -> None:
    worker.namespace.write(
        lambda frame: records.decide(frame, execution, step, approved, "because", "ada", time.time())
    )


def inside(worker: Worker, execution: str) -> str:
    """The id of the execution of the entry with the gate."""
    return str(shown(worker, execution)["chains"]["draft-one"]["executionId"])


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {name: entry["status"] for name, entry in found["chains"].items()}


def test_a_gate_inside_is_shown_under_the_nested_id_and_frees_the_slot(worker: Worker) -> None:
    execution = gated(worker)
    assert statuses(shown(worker, execution)) == {"draft-one": "running", "end": "pending"}
    assert shown(worker, execution)["status"] == "running"
    [asked] = reading.approvals(worker.namespace, time.time())
    assert (asked["executionId"], asked["stepId"], asked["chainName"], asked["prompt"]) == (
        inside(worker, execution), "ask", "asking", "Publish bees?",
    )  # fmt: skip
    assert reading.holding_slots(worker.namespace) == 0


@BOTH
@pytest.mark.parametrize("how", ["pipeline", "nested"])
def test_it_is_decided_under_either_id(worker: Worker, how: str) -> None:
    execution = gated(worker)
    nested = inside(worker, execution)
    if how == "pipeline":
        decide(worker, execution, "draft-one/ask")
    else:
        decide(worker, nested, "ask")
    for where, step in ((execution, "draft-one/ask"), (nested, "ask")):
        with pytest.raises(AlreadyDecided):
            decide(worker, where, step)
    worker.run()
    found = shown(worker, execution)
    assert (found["status"], found["result"]) == ("done", "bees approved+none")
    actions = [
        (event["stepId"], event["action"]) for event in told(worker, execution) if event["type"] == "gate_action"
    ]
    assert actions == [("draft-one/ask", "approved")]


@pytest.mark.parametrize("step", ["ask", "draft-one", "end/ask", "draft-one/say", "x/draft-one/ask"])
def test_where_nobody_was_asked(worker: Worker, step: str) -> None:
    execution = gated(worker)
    with pytest.raises(NoApproval):
        decide(worker, execution, step)


def test_a_rejection_fails_the_pipeline(worker: Worker) -> None:
    execution = gated(worker)
    decide(worker, execution, "draft-one/ask", approved=False)
    worker.run()
    found = shown(worker, execution)
    assert (found["status"], found["error"]) == ("error", "Gate rejected by user: because")
    assert statuses(found) == {"draft-one": "error", "end": "skipped"}


def test_a_cancelled_pipeline_ends_with_what_is_inside(worker: Worker) -> None:
    execution = gated(worker)
    nested = inside(worker, execution)
    assert worker.namespace.write(lambda frame: records.cancel(frame, execution, "ada", time.time()))
    worker.run()
    found = shown(worker, execution)
    assert (found["status"], found["error"]) == ("error", "Cancelled by user")
    assert statuses(found) == {"draft-one": "skipped", "end": "skipped"}
    ended = records.find(worker.namespace, nested)
    assert ended
    assert ended.status == "error"
    assert reading.approvals(worker.namespace, time.time()) == []
    for where in (execution, nested):
        assert told(worker, where)[-1]["error"] == "Cancelled by user"
    with pytest.raises(records.NotResumable):
        worker.namespace.write(lambda frame: records.resume(frame, execution, time.time(), 5))


@BOTH
def test_a_failed_pipeline_goes_on_behind_what_was_done(worker: Worker) -> None:
    execution = start(worker, "shaky-pipeline")
    worker.run()
    before = shown(worker, execution)
    assert statuses(before) == {"good": "done", "bad": "error", "end": "skipped"}
    start(worker, "mender", "chain")
    worker.run()
    worker.namespace.write(lambda frame: records.resume(frame, execution, time.time(), 5))
    worker.run()
    found = record(worker.namespace, execution)
    assert found
    assert (found["status"], found["result"]) == ("done", "l+none+found")
    assert found["startedAt"] == before["startedAt"]
    assert "error" not in found
    lines = told(worker, execution)
    again = lines[max(number for number, event in enumerate(lines) if event["type"] == "execution_started") :]
    assert next(event["message"] for event in again if event["type"] == "step_log") == "Restored from checkpoint"
    started = [event["stepId"] for event in again if event["type"] == "step_started"]
    assert [step for step in started if "/" not in step] == ["good", "bad", "end"]
