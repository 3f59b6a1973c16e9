"""Executions: found, decided on, cancelled, and taken up again.

An execution is a job with a row of its own. Steps of nested ones stand in the journal of the outermost, their `root`,
under its `place`: step 3 of a chain that step 2 runs is `2.in.3`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chains.executions import events, steps
from chains.executions.steps import StepState
from chains.lowering import lowered
from oql.jobs import journals, records as jobs, waits
from oql.jobs.executions import add_events, slots_taken
from oql.jobs.records import Job
from oql.jobs.waits import OpenWait
from substrate.interface import Frame, SystemTables

MOST_REASON = 1_000
_AFTER_NUMBER = re.compile(r"([0-9]+)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution. `slot`: 1 where it holds one, 0 where it waits for one or for a person, None inside another one."""

    id: str
    kind: str
    name: str
    parent: str | None
    root: str
    place: str
    slot: int | None
    job: Job

    @property
    def status(self) -> str:
        """pending, running, done or error."""
        if self.job.state == "queued":
            return "pending" if self.slot == 0 and self.job.started is None else "running"
        return {"complete": "done", "error": "error", "cancelled": "error"}.get(self.job.state, "running")


class NotResumable(Exception):
    """Only what has failed can be resumed, and only as a whole; `status` is what it is, `root` what it is a part of."""

    def __init__(self, status: str, root: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.root = root


class TooMany(Exception):
    """All slots of the namespace are taken. `running`: how many; runs that are owed the next slot have none yet."""

    def __init__(self, taken: int, slots: int) -> None:
        self.running = min(taken, slots)
        super().__init__(self.running)


class NoApproval(Exception):
    """Nobody has been asked there."""


class AlreadyDecided(Exception):
    """It was decided, or has come to its end otherwise."""


class ReasonRequired(Exception):
    """A rejection needs a reason there."""


def find(tables: SystemTables, execution: str) -> Execution | None:
    """The execution of an id."""
    rows: list[Any] = tables.system(
        "SELECT job, kind, name, parent, root, place, slot FROM execution WHERE job = ?", execution
    )
    job = jobs.find(tables, execution) if rows else None
    if job is None:
        return None
    [(found, kind, name, parent, root, place, slot)] = rows
    return Execution(found, kind, name, parent, root, place, slot, job)


# decisions


def decide(
    frame: Frame, execution: str, step: str, approved: bool, reason: str | None, by: str, now: float
) -> None:  # fmt: skip
    """Decides at a gate. Raises NoApproval, AlreadyDecided, ReasonRequired."""
    found = find(frame, execution)
    wait = _asked(frame, found, step) if found else None
    if found is None or wait is None:
        raise NoApproval
    if wait.state != "open":
        raise AlreadyDecided
    reason = (reason or "").strip()[:MOST_REASON]
    if not approved and not reason and wait.shown.get("needs_reason"):
        raise ReasonRequired
    value = {"approved": approved, "reason": reason or None}
    if not jobs.answer(frame, found.root, wait.key, value, by, now):
        raise AlreadyDecided


def _asked(tables: SystemTables, found: Execution, step: str) -> OpenWait | None:
    """What a step asks, or has asked last."""
    asked = [wait for wait in waits.of_job(tables, found.root) if wait.kind == "confirm"]
    places = places_of(tables, found.root)
    fitting = [wait for wait in asked if _named(wait.key, places, found, step)]
    return next((wait for wait in fitting if wait.state == "open"), fitting[-1] if fitting else None)


def _named(key: str, places: Mapping[str, "Placed"], found: Execution, step: str) -> bool:
    asking, own = step_at(places, key)
    path = own
    while asking.id != found.id:
        if asking.place == "":
            return False
        outer, name = step_at({place: each for place, each in places.items() if len(place) < len(asking.place)}, key)
        asking, path = outer, f"{name}/{path}"
    return path == step


@dataclass(frozen=True, slots=True)
class Placed:
    """An execution and where its steps stand in the journal; `steps`: their ids in order."""

    id: str
    name: str
    place: str
    steps: tuple[str, ...]


def places_of(tables: SystemTables, root: str) -> dict[str, Placed]:
    """The executions of one journal by their places; of several that had the same one, the last."""
    found: dict[str, Placed] = {}
    rows = tables.system("SELECT job, name, place FROM execution WHERE root = ? ORDER BY created, job", root)
    for job, name, place in rows:
        ids = [each for (each,) in tables.system("SELECT id FROM execution_step WHERE job = ? ORDER BY number", job)]
        found[str(place)] = Placed(str(job), str(name), str(place), tuple(map(str, ids)))
    return found


def step_at(places: Mapping[str, Placed], key: str) -> tuple[Placed, str]:
    """The innermost execution and its step that a key of the journal belongs to."""
    place = max((place for place in places if key.startswith(place)), key=len)
    found = places[place]
    match = _AFTER_NUMBER.match(key, len(place))
    return found, found.steps[int(match[1]) - 1] if match else ""


# the end, and a new beginning


def cancel(frame: Frame, execution: str, by: str, now: float) -> bool:
    """Cancels an execution, as a whole: one inside another ends with it. False where it is over or unknown."""
    found = find(frame, execution)
    if found is None or found.status in ("done", "error"):
        return False
    return jobs.cancel(frame, found.root, by, now) is not None


def resume(frame: Frame, execution: str, now: float, limit: int) -> None:
    """Lets a failed execution go on behind its last finished steps. Raises NotResumable, TooMany."""
    found = find(frame, execution)
    if found and found.root != found.id:
        raise NotResumable(found.status, found.root)
    if found is None or found.job.state != "error":
        raise NotResumable(_why_not(found))
    taken = slots_taken(frame)
    if taken >= limit:
        raise TooMany(taken, limit)
    jobs.reopen(frame, execution, now)
    frame.system(
        "UPDATE execution SET slot = 1, decided = 0, stalls = 0, given_up = ? WHERE job = ?", found.job.fence, execution
    )
    _reset(frame, found)


def _why_not(found: Execution | None) -> str:
    """What an execution is that cannot be resumed; one that was cancelled is over for good."""
    if found is None:
        return "unknown"
    return "cancelled" if found.job.state == "cancelled" else found.status


def _reset(frame: Frame, found: Execution) -> None:
    """Has the steps that are not kept run again, and tells of those that are."""
    label = f"pipeline:{found.name}" if found.kind == "pipeline" else found.name
    told: list[dict[str, Any]] = [{"type": "execution_started", "executionId": found.id, "chainName": label}]
    kind = "pipeline" if found.kind == "pipeline" else "chain"
    labels = [step.shown for step in lowered(kind, found.name, found.job.source).chain.steps]
    for state in steps.of(frame, found.id):
        if state.kept:
            told += _restored(found.id, state, labels[state.number]) if state.status == "done" else []
            continue
        _forget(frame, found, state)
    add_events(frame, found.id, events.last(frame, found.id) + 1, told)


def _forget(frame: Frame, found: Execution, state: StepState) -> None:
    steps.write(frame, found.id, StepState(state.number, state.id))
    key = f"{found.place}{state.number + 1}"
    inside = frame.system(
        "SELECT job FROM execution WHERE root = ? AND place = ? ORDER BY created DESC, job DESC LIMIT 1",
        found.root, f"{key}.in.",
    )  # fmt: skip
    nested = find(frame, str(inside[0][0])) if inside else None
    forgotten = [f"{key}{mark}" for mark in ".:?"]
    if nested and nested.job.state == "error":
        frame.system("UPDATE job SET state = 'running', finished = NULL, answer = NULL WHERE id = ?", nested.id)
        _reset(frame, nested)
        forgotten = [f"{key}{mark}" for mark in (".try", ":failed", ":pause")]  # all further tries of the step
    journals.append(frame, found.root, [{"k": each, "p": True} for each in forgotten], [])
    for each in forgotten:
        frame.system(
            "DELETE FROM wait WHERE job = ? AND substr(key, 1, CAST(? AS INTEGER)) = ?", found.root, len(each), each
        )


def _restored(execution: str, state: StepState, label: str) -> list[dict[str, Any]]:
    """What is told of a step that an earlier run has done."""
    here = {"executionId": execution, "stepId": state.id}
    done: dict[str, Any] = {"type": "step_done", **here, "durationMs": state.duration_ms or 0}
    if state.input_tokens is not None:
        done["inputTokens"] = state.input_tokens
    if state.output_tokens is not None:
        done["outputTokens"] = state.output_tokens
    return [
        {"type": "step_started", **here, "label": label},
        {"type": "step_log", **here, "message": "Restored from checkpoint", "level": "info"},
        {"type": "step_output", **here, "chunk": state.output or ""},
        done,
    ]
