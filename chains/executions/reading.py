"""Executions as the API shows them: absent values are left out, times are ISO 8601, durations milliseconds."""

from collections.abc import Sequence
from typing import Any

from chains.executions import events, steps
from chains.executions.records import Execution, find, places_of, step_at
from chains.executions.steps import StepState
from oql import exact, iso, json
from oql.jobs.executions import CANCELLED
from oql.jobs.following import Stand
from oql.jobs.states import FINAL, State
from substrate.interface import Row, SystemTables

Shown = dict[str, Any]
_AT_ONCE = 200
_LIVE = f"job.state NOT IN ({', '.join(map(repr, FINAL))})"


# one execution


def record(tables: SystemTables, execution: str) -> Shown | None:
    """An execution of a chain with all its steps; None where there is none of this id."""
    found = find(tables, execution)
    if found is None or found.kind != "chain":
        return None
    shown_steps = {state.id: _step(state) for state in steps.of(tables, execution)}
    job = found.job
    return _present(
        id=found.id, chainName=found.name, status=found.status, input=job.options.get("input", {}), steps=shown_steps,
        **ending(found), parentId=found.parent,
    )  # fmt: skip


def outcome(tables: SystemTables, execution: str) -> Shown | None:
    """The status of an execution or pipeline, and its result or error; None where there is none of this id."""
    found = find(tables, execution)
    if found is None:
        return None
    ended = ending(found)
    return {"status": found.status, "result": ended["result"], "error": ended["error"]}


def ending(found: Execution) -> Shown:
    """The fields result, error, startedAt, finishedAt and durationMs of an execution or pipeline; None for absent."""
    job, answer = found.job, found.job.answer or {}
    return {
        "result": answer.get("result") if found.status == "done" else None,
        "error": _why(job.state, answer),
        **_times(job.created, job.finished),
    }


def timeline(tables: SystemTables, execution: str) -> list[Shown] | None:
    """The steps that have ended, in the order in which they did; None where there is no such execution."""
    if find(tables, execution) is None:
        return None
    ended = [state for state in steps.of(tables, execution) if state.finished is not None]
    return [
        _present(
            stepId=state.id, status=state.status, checkpointAt=iso.utc(state.finished or 0.0),
            durationMs=state.duration_ms or 0, inputTokens=state.input_tokens, outputTokens=state.output_tokens,
        )
        for state in sorted(ended, key=lambda state: (state.finished or 0.0, state.number))
    ]  # fmt: skip


def _step(state: StepState) -> Shown:
    return _present(
        stepId=state.id, status=state.status, output=state.output, error=state.error,
        startedAt=_moment(state.started), finishedAt=_moment(state.finished), durationMs=state.duration_ms,
        inputTokens=state.input_tokens, outputTokens=state.output_tokens,
    )  # fmt: skip


# many


def listed(tables: SystemTables, limit: int, offset: int) -> list[Shown]:
    """Executions of chains, those inside others too, the newest first."""
    rows: list[Any] = tables.system(
        "SELECT execution.job, execution.name, state, slot, job.created, started, finished, answer, parent, files "
        "FROM (SELECT job FROM execution WHERE kind = 'chain' ORDER BY created DESC, job DESC LIMIT ? OFFSET ?) "
        "AS page JOIN execution ON execution.job = page.job JOIN job ON job.id = page.job "
        "ORDER BY execution.created DESC, execution.job DESC",
        limit, offset,
    )  # fmt: skip
    return [_summary(*row) for row in rows]


def _summary(
    execution: str, name: str, state: State, slot: int | None, created: float, started: float | None,
    finished: float | None, answer: str | None, parent: str | None, files: str,
) -> Shown:  # fmt: skip
    told = json.loads(answer, max_depth=1_000_000) if answer and state in ("error", "cancelled") else {}
    return _present(
        id=execution, chainName=name, status=status_of(state, slot, started), **_times(created, finished),
        error=_why(state, told), parentId=parent, files=json.loads(files),
    )  # fmt: skip


def stats(tables: SystemTables, name: str) -> Shown:
    """What the ended executions of a chain have come to: how many, how many percent well, how long, how many tokens."""
    [(runs, well, seconds)] = tables.system(
        "SELECT count(*), sum(CASE WHEN state = 'complete' THEN 1 ELSE 0 END), sum(finished - job.created) "
        "FROM execution JOIN job ON job.id = execution.job "
        "WHERE execution.kind = 'chain' AND execution.name = ? AND state IN ('complete', 'error', 'cancelled')",
        name,
    )
    [(tokens_in, tokens_out)] = tables.system(
        "SELECT sum(input_tokens), sum(output_tokens) FROM execution_step WHERE job IN (SELECT job.id FROM execution "
        "JOIN job ON job.id = execution.job WHERE execution.kind = 'chain' AND execution.name = ? "
        "AND state IN ('complete', 'error', 'cancelled'))",
        name,
    )
    count = _whole(runs)
    return {
        "totalRuns": count,
        "successRate": json.normalise(round(100 * _whole(well) / count, 2)) if count else 0,
        "avgDurationMs": round(1_000 * float(seconds or 0) / count) if count else 0,
        "totalTokens": {"input": _whole(tokens_in), "output": _whole(tokens_out)},
    }


def approvals(tables: SystemTables, now: float) -> list[Shown]:
    """What executions ask people now, the oldest question first. `now` in Unix seconds."""
    rows: list[Any] = tables.system(
        "SELECT wait.job, wait.key, wait.shown, wait.opened FROM job JOIN execution ON execution.job = job.id "
        f"JOIN wait ON wait.job = job.id WHERE {_LIVE} AND execution.slot IS NOT NULL AND wait.kind = 'confirm' "
        "AND wait.state = 'open' AND (deadline IS NULL OR deadline > ?) "
        "ORDER BY opened, wait.job, wait.number, wait.key",
        now,
    )
    places = {root: places_of(tables, root) for root in dict.fromkeys(row[0] for row in rows)}
    shown = []
    for root, key, question, opened in rows:
        asking, step = step_at(places[root], key)
        asked = exact.read(question)
        shown.append(
            {
                "executionId": asking.id, "stepId": step, "chainName": asking.name,
                "prompt": asked.get("prompt", asked.get("message", "")), "startedAt": iso.utc(opened),
            }
        )  # fmt: skip
    return shown


def holding_slots(tables: SystemTables) -> int:
    """How many executions hold a slot of the namespace."""
    [(count,)] = tables.system(
        "SELECT count(*) FROM execution JOIN job ON job.id = execution.job "
        "WHERE slot = 1 AND state IN ('queued', 'running', 'suspended')"
    )
    return _whole(count)


# following


def stands(tables: SystemTables, executions: Sequence[str]) -> dict[str, Stand]:
    """How far these executions have come; `row` is the number of the first event of the last commit that told any."""
    found: dict[str, Stand] = {}
    for first in range(0, len(executions), _AT_ONCE):
        some = executions[first : first + _AT_ONCE]
        rows: list[Any] = tables.system(
            "SELECT job.id, job.state, (SELECT max(number) FROM execution_event WHERE execution_event.job = job.id) "
            f"FROM job WHERE job.id IN ({', '.join('?' * len(some))})",
            *some,
        )
        found.update({execution: Stand(state, row or 0) for execution, state, row in rows})
    return found


def told_before(tables: SystemTables, execution: str, last: int | None) -> tuple[int, bool] | None:
    """Behind which event a stream begins, and whether nothing will follow; None where there is no such execution.

    last: the number of the last event that the client has; without it the stream begins with the present run.
    """
    found = find(tables, execution)
    if found is None:
        return None
    if last is None:
        return events.started_at(tables, execution) - 1, False
    return last, found.job.state in FINAL and last >= events.last(tables, execution)


def waits_for_people(tables: SystemTables, execution: str) -> bool:
    """Whether an execution does nothing but wait for people."""
    rows = tables.system(
        "SELECT 1 FROM job JOIN wait ON wait.job = job.id WHERE id = ? AND job.state = 'suspended' "
        "AND wait.state = 'open' AND wait.kind <> 'sleep' LIMIT 1",
        execution,
    )
    return bool(rows)


# fields


def status_of(state: State, slot: int | None, started: float | None) -> str:
    """The status of an execution from its row."""
    if state == "queued":
        return "pending" if slot == 0 and started is None else "running"
    return {"complete": "done", "error": "error", "cancelled": "error"}.get(state, "running")


def _why(state: State, answer: Shown) -> str | None:
    if state == "cancelled":
        return CANCELLED
    error = answer.get("error") if state == "error" else None
    return str(error.get("message", "")) if isinstance(error, dict) else None


def _times(created: float, finished: float | None) -> Shown:
    passed = None if finished is None else max(0, round((finished - created) * 1_000))
    return {"startedAt": iso.utc(created), "finishedAt": _moment(finished), "durationMs": passed}


def _moment(at: float | None) -> str | None:
    return None if at is None else iso.utc(at)


def _whole(count: Row | object) -> int:
    return int(count or 0)  # type: ignore[call-overload,no-any-return] # a count or sum of whole numbers


def _present(**fields: Any) -> Shown:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
