"""A schedule, and the rows that keep it. Times are Unix seconds.

What came of its last run is read from the job of that run; when jobs that have ended long ago are about to be
forgotten, `settle` notes it in the schedule.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from chains.library import Kind
from oql import json
from oql.jobs.executions import CANCELLED
from substrate.interface import Frame, Row, SystemTables

Outcome = Literal["done", "error"]


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a schedule. `id` is None where none could be made; no `outcome`: it is not over."""

    at: float
    id: str | None = None
    outcome: Outcome | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule. `name` is that of what it starts, `due` its next slot, None where there is none."""

    id: str
    created: float
    name: str
    cron: str
    kind: Kind = "chain"
    label: str = ""
    input: dict[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    enabled: bool = True
    catch_up: str = "once"
    due: float | None = None
    last: LastRun | None = None


_JOINED = "FROM chain_schedule AS s LEFT JOIN job AS j ON j.id = s.last_run"
_SELECT = f"SELECT s.id, s.created, s.due, s.record, s.last_run, j.state, j.answer {_JOINED}"


def find(tables: SystemTables, id: str) -> Schedule | None:  # noqa: A002 - what it is called everywhere
    """The schedule of an id."""
    rows = tables.system(f"{_SELECT} WHERE s.id = ?", id)
    return _schedule(rows[0]) if rows else None


def listed(tables: SystemTables) -> list[Schedule]:
    """All schedules, the oldest first."""
    return [_schedule(row) for row in tables.system(f"{_SELECT} ORDER BY s.created, s.id")]


def count(tables: SystemTables) -> int:
    """How many there are."""
    [(found,)] = tables.system("SELECT count(*) FROM chain_schedule")
    assert isinstance(found, int)
    return found


def due_until(tables: SystemTables, now: float, most: int) -> list[str]:
    """The ids of schedules whose slot has come, those that are longest due first."""
    rows = tables.system("SELECT id FROM chain_schedule WHERE due <= ? ORDER BY due, id LIMIT ?", now, most)
    return [str(id_) for (id_,) in rows]


def keep(frame: Frame, schedule: Schedule) -> None:
    """Writes a schedule, also in place of what is kept under its id."""
    kept = asdict(replace(schedule, due=None))
    for column in ("id", "created", "due"):
        del kept[column]
    frame.system(
        "INSERT INTO chain_schedule (id, record, created, last_run, due) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET record = excluded.record, last_run = excluded.last_run, due = excluded.due",
        schedule.id, json.dumps(kept).decode(), schedule.created,
        schedule.last.id if schedule.last else None, schedule.due,
    )  # fmt: skip


def delete(frame: Frame, id: str) -> bool:  # noqa: A002 - as above
    """Forgets a schedule; False where there is none. Its runs go on."""
    return bool(frame.system("DELETE FROM chain_schedule WHERE id = ? RETURNING id", id))


def settle(frame: Frame) -> None:
    """Notes what came of last runs, so that their jobs may be forgotten."""
    for row in frame.system(f"{_SELECT} WHERE j.finished IS NOT NULL"):
        schedule = _schedule(row)
        if schedule.last != _noted(json.loads(str(row[3]))):
            keep(frame, schedule)


def _schedule(row: Row) -> Schedule:
    id_, created, due, record, run, state, answer = row
    kept: dict[str, Any] = json.loads(str(record))
    last = _noted(kept)
    del kept["last"]
    if last and run:
        last = _as_of_now(last, state, answer)
    return Schedule(id=id_, created=created, due=due, last=last, **kept)  # type: ignore[arg-type] # as the table has them


def _noted(kept: dict[str, Any]) -> LastRun | None:
    """The last run as the record has it."""
    return LastRun(**kept["last"]) if kept["last"] else None


def _as_of_now(last: LastRun, state: Any, answer: Any) -> LastRun:
    """What the job of a run tells; what was noted where the job is forgotten."""
    if state is None:
        return last
    if state == "complete":
        return replace(last, outcome="done", error=None)
    if state == "cancelled":
        return replace(last, outcome="error", error=CANCELLED)
    if state == "error":
        told = (json.loads(str(answer)).get("error") or {}) if answer else {}
        return replace(last, outcome="error", error=str(told.get("message", "")) or None)
    return replace(last, outcome=None, error=None)
