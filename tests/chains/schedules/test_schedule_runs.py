"""Schedules that start what is really run."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chains import saving
from chains.executions import records
from chains.schedules import given, record
from chains.schedules.shown import shown
from tests.chains.worker_process import SLOTS, Worker, working

CHAIN = """
name: brief
inputs: [{name: topic}]
steps: [{id: a, type: transform, operation: json_extract, prompt: "{topic}", json_path: a, output_var: a}]
output: a
"""
PIPELINE = "name: both\noutput: e\nchains: [{id: e, chain: brief, inputs: {topic: '{\"a\": 1}'}}]\n"


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """A worker in this process, with a chain and a pipeline."""
    with working("", tmp_path / "data") as made:
        saving.save(made.namespace, "chain", "brief", CHAIN, 1.0)
        saving.save(made.namespace, "pipeline", "both", PIPELINE, 1.0)
        yield made


def due(worker: Worker, **said: Any) -> str:
    """The id of a schedule that is due."""
    made = given.new("sched_1", {"chainName": "brief", "cron": "0 0 1 1 *", **said}, time.time())
    worker.namespace.write(lambda frame: record.keep(frame, replace(made, due=time.time() - 1)))
    return made.id


def told(worker: Worker, schedule: str) -> dict[str, Any]:
    found = record.find(worker.namespace, schedule)
    assert found
    return shown(found)


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ({"input": {"topic": '{"a": 1}'}}, "done", None),
        ({"chainName": "both", "type": "pipeline"}, "done", None),
        ({"input": {"topic": "{}"}}, "error", 'json_extract: path "a" not found'),
        ({"input": {}}, "error", 'Missing required input: "topic"'),
        ({"chainName": "nobody"}, "error", 'Chain "nobody" not found'),
        ({"type": "pipeline"}, "error", 'Pipeline "brief" not found'),
    ],
)
def test_what_comes_of_a_run(worker: Worker, said: dict[str, Any], status: str, error: str | None) -> None:
    schedule = due(worker, **said)
    worker.run()
    found = told(worker, schedule)
    assert (found["lastRunStatus"], found.get("lastRunError")) == (status, error)
    assert found["nextRunAt"][4:] == "-01-01T00:00:00.000Z"
    started = error is None or "json_extract" in error
    assert ("lastRunId" in found) is started
    assert str(found.get("lastRunId", "")).startswith("pip_") is (said.get("type") == "pipeline" and started)


def test_without_a_free_slot_it_waits_for_one(worker: Worker) -> None:
    values = {"topic": '{"a": 1}'}
    for _ in range(SLOTS):
        worker.namespace.write(lambda frame: worker.launch(frame, "chain", "brief", values, time.time()))
    schedule = due(worker, input=values)
    worker.namespace.write(lambda frame: frame.system("UPDATE job SET due = due + 5"))  # nobody runs them yet
    worker.drain.drain("user_chains")
    found = told(worker, schedule)
    waiting = records.find(worker.namespace, found["lastRunId"])
    assert waiting
    assert waiting.status == "pending"
    assert "lastRunStatus" not in found
    worker.namespace.write(lambda frame: frame.system("UPDATE job SET due = due - 5 WHERE due IS NOT NULL"))
    worker.run()
    assert told(worker, schedule)["lastRunStatus"] == "done"
