"""Pipelines from their start to their end."""

import time
from pathlib import Path
from typing import Any

import pytest

from chains import saving
from chains.executions import events
from chains.executions.records import TooMany
from chains.library import Kind
from chains.lowering import ChainRefused
from chains.pipelines.reading import newest, record
from tests.chains.pipelines.conftest import BOTH as ON_BOTH
from tests.chains.worker_process import SLOTS, Worker, working
from tests.models.services import openai, serving

UPPER = """
name: upper
inputs: [{name: text}]
steps:
  - {id: work, type: oql, program: 'UPPER ?text SET ?r AFTER EMIT ?r', output_var: out}
output: out
"""
JOIN = """
name: join
inputs: [{name: left}, {name: right, default: none}]
steps:
  - {id: work, type: transform, operation: template, template_str: "{left}+{right}", output_var: out}
output: out
"""
FAILING = """
name: failing
steps:
  - {id: good, type: transform, operation: template, template_str: "x", output_var: a}
  - {id: bad, type: transform, operation: json_extract, prompt: "{}", json_path: "no", output_var: b,
     depends_on: [good]}
output: b
"""
BOTH = """
name: both
inputs: [{name: topic}, {name: depth, optional: true}]
chains:
  - {id: first-one, chain: upper, inputs: {text: "{input.topic}"}}
  - {id: second, chain: upper, inputs: {text: "[{input.depth}] {topic}"}}
  - id: last
    chain: join
    label: Both together
    depends_on: [first-one, second]
    condition: "{first-one.result} == BEES"
    inputs: {left: "{first-one}", right: "{second.result} {nobody.result}"}
output: last
"""
SUMMARIZED = """
name: summarized
output: a
chains: [{id: a, chain: upper, inputs: {text: LONG}, summarize_output: true}]
"""


@pytest.fixture(autouse=True)
def chains(worker: Worker) -> None:
    for name, text in (("upper", UPPER), ("join", JOIN), ("failing", FAILING)):
        assert saving.save(worker.namespace, "chain", name, text, 1.0) == []


def save(worker: Worker, text: str, name: str = "both") -> list[str]:
    return saving.save(worker.namespace, "pipeline", name, text, 1.0)


def start(worker: Worker, name: str = "both", kind: Kind = "pipeline", **values: Any) -> str:
    return worker.namespace.write(lambda frame: worker.launch(frame, kind, name, values, time.time()))


def run(worker: Worker, text: str, **values: Any) -> dict[str, Any]:
    """A pipeline's record at its end."""
    save(worker, text)
    execution = start(worker, **values)
    worker.run()
    return shown(worker, execution)


def shown(worker: Worker, execution: str) -> dict[str, Any]:
    found = record(worker.namespace, execution)
    assert found
    return found


def told(worker: Worker, execution: str) -> list[dict[str, Any]]:
    return [event for _, event in events.after(worker.namespace, execution, 0, 1_000)]


@ON_BOTH
def test_a_pipeline_from_start_to_end(worker: Worker) -> None:
    found = run(worker, BOTH, topic="bees")
    assert found["id"].startswith("pip_")
    assert len(found["id"]) == 20
    assert (found["pipelineName"], found["status"], found["input"]) == ("both", "done", {"topic": "bees"})
    assert found["result"] == "BEES+[] BEES "
    entries = found["chains"].items()
    assert [(name, entry["chainName"], entry["status"], entry["result"]) for name, entry in entries] == [
        ("first-one", "upper", "done", "BEES"), ("second", "upper", "done", "[] BEES"),
        ("last", "join", "done", "BEES+[] BEES "),
    ]  # fmt: skip
    assert all(entry["chainRefId"] == name for name, entry in entries)
    assert len({entry["executionId"] for entry in found["chains"].values()}) == 3
    assert found["durationMs"] >= 0
    assert {"startedAt", "finishedAt"} <= found.keys()
    assert "error" not in found
    assert newest(worker.namespace) == [found]


def test_what_is_told_of_it(worker: Worker) -> None:
    execution = run(worker, BOTH, topic="bees")["id"]
    lines = told(worker, execution)
    assert {event["executionId"] for event in lines} == {execution}
    assert lines[0] == {"type": "execution_started", "executionId": execution, "chainName": "pipeline:both"}
    assert lines[-1]["type"] == "execution_done"
    assert lines[-1]["result"] == "BEES+[] BEES "
    of_last = [(event["type"], event["stepId"]) for event in lines if str(event.get("stepId", "")).startswith("last")]
    assert of_last == [
        ("step_started", "last"), ("step_started", "last/work"), ("step_output", "last/work"),
        ("step_done", "last/work"), ("step_done", "last"),
    ]  # fmt: skip
    labels = {event["stepId"]: event["label"] for event in lines if event["type"] == "step_started"}
    assert (labels["first-one"], labels["last"], labels["last/work"]) == ("upper (first-one)", "Both together", "work")


def test_an_entry_whose_condition_does_not_hold_is_skipped(worker: Worker) -> None:
    found = run(worker, BOTH, topic="ants")
    assert found["status"] == "done"
    assert found["result"] == ""
    assert found["chains"]["last"] == {
        "chainRefId": "last", "chainName": "join", "status": "skipped", "durationMs": 0,
    }  # fmt: skip
    logs = [event["message"] for event in told(worker, found["id"]) if event["type"] == "step_log"]
    assert logs == ["Condition not met: {first-one.result} == BEES"]


@ON_BOTH
def test_the_first_failure_ends_it(worker: Worker) -> None:
    text = (
        "name: p\noutput: c\nchains:\n  - {id: a, chain: failing}\n"
        "  - {id: b, chain: upper, inputs: {text: x}}\n  - {id: c, chain: upper, depends_on: [a]}\n"
    )
    found = run(worker, text)
    message = 'json_extract: path "no" not found'
    assert (found["status"], found["error"]) == ("error", message)
    assert "result" not in found
    assert {name: entry["status"] for name, entry in found["chains"].items()} in (
        {"a": "error", "b": "done", "c": "skipped"},
        {"a": "error", "b": "skipped", "c": "skipped"},
    )
    assert found["chains"]["a"]["error"] == message
    assert told(worker, found["id"])[-1] == {
        "type": "execution_error", "executionId": found["id"], "error": message,
    }  # fmt: skip


def test_inputs_of_a_chain_that_do_not_fit_fail_its_entry(worker: Worker) -> None:
    found = run(worker, "name: p\noutput: a\nchains: [{id: a, chain: upper}]\n")
    assert found["error"] == 'Missing required input: "text"'


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("", "BEESBEES"),
        (", summarize_output: 4", "BEES\n[truncated from 8 chars]"),
        (", summarize_output: 8", "BEESBEES"),
        (", summarize_output: true", "BEESBEES"),
    ],
)
def test_how_long_results_may_be(worker: Worker, how: str, expected: str) -> None:
    found = run(worker, f"name: p\noutput: a\nchains:\n  - {{id: a, chain: upper, inputs: {{text: beesbees}}{how}}}\n")
    assert found["result"] == expected
    assert found["chains"]["a"]["result"] == expected


def test_a_model_summarizes_what_is_long(tmp_path: Path) -> None:
    with serving() as service, working("", tmp_path / "data", models=service.models()) as worker:
        worker.namespace.make()
        saving.save(worker.namespace, "chain", "upper", UPPER, 1.0)
        service.says = [openai("in ", "short")]
        found = run(worker, SUMMARIZED.replace("LONG", "b" * 5_001))
        assert (found["result"], found["chains"]["a"]["result"]) == ("in short", "in short")
        [asked] = service.asked
        assert asked.body["model"] == "claude-haiku-4-5"
        assert "B" * 5_001 in asked.body["messages"][-1]["content"]
        assert run(worker, SUMMARIZED.replace("LONG", "b" * 5_000))["result"] == "B" * 5_000
        assert len(service.asked) == 1
        kinds = [event["type"] for event in told(worker, found["id"]) if event.get("stepId") == "a"]
        assert kinds == ["step_started", "step_log", "step_done"]


def test_where_no_model_can_summarize_the_whole_result_is_used(worker: Worker) -> None:
    long = "b" * 5_001
    found = run(worker, SUMMARIZED.replace("LONG", long))
    assert found["result"] == long.upper()
    assert "Summary failed" in next(e["message"] for e in told(worker, found["id"]) if e["type"] == "step_log")


def test_a_run_keeps_the_texts_of_its_start(worker: Worker) -> None:
    save(worker, BOTH)
    execution = start(worker, topic="bees")
    saving.save(worker.namespace, "chain", "join", JOIN.replace("+", " changed "), 2.0)
    save(worker, "name: p\noutput: a\nchains: [{id: a, chain: join}]\n")
    worker.run()
    assert shown(worker, execution)["result"] == "BEES+[] BEES "


def test_what_cannot_start(worker: Worker) -> None:
    missing = "name: p\noutput: a\nchains: [{id: a, chain: nobody}, {id: b, chain: nobody}]\n"
    assert save(worker, missing, "p") == ['Chain "nobody" not found', 'Chain "nobody" not found']
    save(worker, BOTH)
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("p", {}, 'Chain "nobody" not found'),
        ("unheard", {}, 'Pipeline "unheard" not found'),
        ("both", {}, 'Missing required input: "topic"'),
    ]
    for name, values, message in cases:
        with pytest.raises(ChainRefused) as refused:
            start(worker, name, **values)
        assert refused.value.message == message
    assert newest(worker.namespace) == []


def test_a_pipeline_takes_one_slot(worker: Worker) -> None:
    save(worker, BOTH)
    for _ in range(SLOTS):
        start(worker, topic="bees")
    with pytest.raises(TooMany) as refused:
        start(worker, topic="bees")
    assert refused.value.running == SLOTS
    worker.run()
    assert {found["status"] for found in newest(worker.namespace)} == {"done"}
