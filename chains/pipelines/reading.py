"""Runs of pipelines as the API shows them."""

from typing import Any

from chains.executions import reading as executions, steps
from chains.executions.records import Execution, find
from chains.executions.steps import StepState
from chains.lowering import ChainRefused, lowered
from substrate.interface import SystemTables

Shown = dict[str, Any]
NEWEST = 50
"""Runs in a list."""


def record(tables: SystemTables, execution: str) -> Shown | None:
    """A run of a pipeline; None where there is none of this id."""
    found = find(tables, execution)
    return _record(tables, found) if found and found.kind == "pipeline" else None


def newest(tables: SystemTables) -> list[Shown]:
    """The newest runs, all pipelines together."""
    rows = tables.system(
        "SELECT job FROM execution WHERE kind = 'pipeline' ORDER BY created DESC, job DESC LIMIT ?", NEWEST
    )
    found = [record(tables, str(job)) for (job,) in rows]
    return [shown for shown in found if shown is not None]


def _record(tables: SystemTables, found: Execution) -> Shown:
    chains, nested = _chains(found), _nested(tables, found.id)
    shown = {
        "id": found.id,
        "pipelineName": found.name,
        "status": found.status,
        "input": found.job.options.get("input", {}),
        "chains": {
            state.id: _entry(state, chains.get(state.id, ""), nested.get(state.number))
            for state in steps.of(tables, found.id)
        },
        **executions.ending(found),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _entry(state: StepState, chain: str, nested: str | None) -> Shown:
    shown = {
        "chainRefId": state.id,
        "chainName": chain,
        "status": state.status,
        "executionId": nested,
        "result": state.output if state.status == "done" else None,
        "error": state.error,
        "durationMs": state.duration_ms,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _chains(found: Execution) -> dict[str, str]:
    """The chain of each entry, by the text as it was at the start."""
    try:
        ready: Any = lowered("pipeline", found.name, found.job.source)
    except ChainRefused:  # its text was good once
        return {}
    return {step.id: step.chain_name for step in ready.chain.steps}


def _nested(tables: SystemTables, pipeline: str) -> dict[int, str]:
    """The executions of a pipeline's entries, by the number of the entry."""
    rows = tables.system("SELECT place, job FROM execution WHERE parent = ?", pipeline)
    return {int(str(place).partition(".")[0]) - 1: str(job) for place, job in rows}


def any_record(tables: SystemTables, execution: str) -> Shown | None:
    """The record of an execution or of a run of a pipeline, whichever has this id."""
    return executions.record(tables, execution) or record(tables, execution)
