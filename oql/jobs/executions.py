"""Executions of chains, as far as they are jobs: their events, the slots of a namespace, and how a job's end ends them.

What the events say and who starts executions is left to the room `chains`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from oql import json
from oql.errors import Code
from oql.jobs.states import FINAL
from substrate.interface import Frame, SystemTables

KINDS = ("chain", "pipeline")
"""Kinds of jobs that are executions; those inside another one are of the kind "nested", and run with it."""
CANCELLED = "Cancelled by user"

Event = Mapping[str, Any]
_OPEN = f"state NOT IN ({', '.join(map(repr, FINAL))})"


def answer_of(answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a program gets that waits for an execution, of what its job has answered."""
    if answer and "result" in answer:
        return {"result": answer["result"]}
    return {"error": (answer or {}).get("error") or {"code": str(Code.CHAIN_FAILED), "message": CANCELLED}}


def add_events(frame: Frame, job: str, first: int, events: Sequence[Event], behind: int | None = None) -> bool:
    """Adds events of an execution, of which the first has this number.

    `behind`: the number of the first event of those that were added last; False where they are not there.
    """
    condition = "" if behind is None else " WHERE EXISTS (SELECT 1 FROM execution_event WHERE job = ? AND number = ?)"
    return bool(
        frame.system(
            f"INSERT INTO execution_event (job, number, events) SELECT ?, ?, ?{condition} RETURNING number",
            job, first, json.dumps(events).decode(), *(() if behind is None else (job, behind)),
        )
    )  # fmt: skip


def last_event(tables: SystemTables, job: str) -> int:
    """The number of the last event of an execution; 0 where there is none."""
    rows = tables.system("SELECT number, events FROM execution_event WHERE job = ? ORDER BY number DESC LIMIT 1", job)
    return int(rows[0][0]) + len(json.loads(rows[0][1])) - 1 if rows else 0  # type: ignore[arg-type] # as written


def inside(tables: SystemTables, job: str) -> list[str]:
    """Executions that a job has started by CHAIN RUN and that are not over."""
    rows = tables.system(
        f"SELECT job.id FROM execution JOIN job ON job.id = execution.job WHERE parent = ? AND root = job AND {_OPEN}",
        job,
    )
    return [str(found) for (found,) in rows]


def root_of(tables: SystemTables, job: str) -> str:
    """The job whose run an execution is a part of; of other jobs themselves."""
    rows = tables.system("SELECT root FROM execution WHERE job = ?", job)
    return str(rows[0][0]) if rows else job


def close(frame: Frame, root: str, error: str, now: float) -> None:
    """Ends what belongs to an execution whose job was cancelled: its steps, and the executions inside it."""
    found = frame.system(
        f"SELECT id FROM job WHERE id IN (SELECT job FROM execution WHERE root = ?) AND ({_OPEN} OR id = ?)", root, root
    )
    for (job,) in found:
        assert isinstance(job, str)
        frame.system(
            "UPDATE execution_step SET status = 'skipped' WHERE job = ? AND status IN ('pending', 'running')", job
        )
        frame.system(f"UPDATE job SET state = 'cancelled', finished = ? WHERE id = ? AND {_OPEN}", now, job)
        event = {"type": "execution_error", "executionId": job, "error": error}
        add_events(frame, job, last_event(frame, job) + 1, [event])
    hand_slot_on(frame, root, now)


def slots_taken(frame: Frame) -> int:
    """How many executions hold a slot or are owed the next one; run in a frame, so that nobody takes one meanwhile."""
    [(count,)] = frame.system(
        "SELECT count(*) FROM execution JOIN job ON job.id = execution.job "
        "WHERE slot IS NOT NULL AND state IN ('queued', 'running') AND (slot = 1 OR decided = 1)"
    )
    assert isinstance(count, int)
    return count


def take_slot(frame: Frame, job: str, most: int) -> bool:
    """Gives an execution a slot; False where all are taken."""
    [(held, taken)] = frame.system(
        "SELECT slot, (SELECT count(*) FROM execution JOIN job ON job.id = execution.job "
        "WHERE slot = 1 AND state IN ('queued', 'running')) FROM execution WHERE job = ?",
        job,
    )
    if held == 0 and int(taken) >= most:  # type: ignore[arg-type] # a count
        return False
    frame.system("UPDATE execution SET slot = 1, decided = 0 WHERE job = ? AND slot IS NOT NULL", job)
    return True


def hand_slot_on(frame: Frame, job: str, now: float) -> None:
    """Takes the slot of an execution that has ended or only waits, and wakes whoever is next.

    One that held none may have been woken for a free one, which is there for the next then.
    """
    if not frame.system("UPDATE execution SET slot = 0 WHERE job = ? AND slot IS NOT NULL RETURNING job", job):
        return
    frame.system(
        "UPDATE job SET due = ? WHERE id = (SELECT job.id FROM execution JOIN job ON job.id = execution.job "
        "WHERE slot = 0 AND state = 'queued' AND due IS NULL ORDER BY decided DESC, job.created, job.id LIMIT 1)",
        now,
    )
