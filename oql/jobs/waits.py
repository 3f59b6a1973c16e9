"""What suspended jobs wait for, and what comes of it: answers, or deadlines that pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oql import exact
from oql.errors import Code, timed_out
from oql.jobs import journals
from oql.journal import Entry, Wait
from substrate.interface import Frame, Namespace, SystemTables


@dataclass(frozen=True, slots=True)
class OpenWait:
    """What a job waits for: `shown` is the form or question; `state` open, answered, expired or cancelled."""

    key: str
    kind: str
    shown: dict[str, Any]
    opened: float
    deadline: float | None
    state: str
    answered: float | None
    answered_by: str | None


def of_job(tables: SystemTables, job: str) -> list[OpenWait]:
    """What a job waits for or has waited for, in the order of its steps."""
    rows = tables.system(
        "SELECT key, kind, shown, opened, deadline, state, answered, answered_by FROM wait WHERE job = ? "
        "ORDER BY opened, number",
        job,
    )
    return [OpenWait(row[0], row[1], exact.read(row[2]), *row[3:]) for row in rows]  # type: ignore[arg-type] # as the table has them


def open_all(frame: Frame, job: str, waits: Sequence[Wait], now: float) -> None:
    """Notes what a job waits for, where that is not noted yet."""
    for number, wait in enumerate(waits):
        frame.system(
            "INSERT INTO wait (job, key, kind, number, shown, opened, deadline, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, 'open') ON CONFLICT DO NOTHING",
            job, wait.key, wait.kind, number, exact.written(wait.shown), now,
            None if wait.seconds is None else now + wait.seconds,
        )  # fmt: skip


def settled(store: Namespace, job: str, keys: Sequence[str], now: float) -> list[Entry]:
    """The journal's entries of those waits, of a job that runs, that were answered, or whose deadline has passed."""
    which = f"job = ? AND key IN ({', '.join('?' * len(keys))})"
    late = store.system(f"SELECT key FROM wait WHERE {which} AND state = 'open' AND deadline <= ?", job, *keys, now)
    if late:
        store.write(lambda frame: expire(frame, job, now))
    rows = store.system(f"SELECT key, state, answer, opened, deadline FROM wait WHERE {which}", job, *keys)
    return [_settled(*row) for row in rows if row[1] in ("answered", "expired")]


def _settled(key: Any, state: Any, answer: Any, opened: Any, deadline: Any) -> Entry:
    if state == "answered":
        return {"k": key, "v": exact.read(answer)}
    return {"k": key, "e": [str(Code.TIMEOUT), _late(opened, deadline), None]}


def _late(opened: float, deadline: float) -> str:
    return timed_out("time for an answer", round(deadline - opened, 3)).message


def expire(frame: Frame, job: str, now: float) -> None:
    """Ends what the job has waited for until its deadline."""
    for key, kind, opened, deadline in frame.system(
        "UPDATE wait SET state = 'expired', answered = ? WHERE job = ? AND state = 'open' AND deadline <= ? "
        "RETURNING key, kind, opened, deadline",
        now, job, now,
    ):  # fmt: skip
        if kind != "sleep":
            assert isinstance(opened, float)
            assert isinstance(deadline, float)
            journals.append(frame, job, [{"k": key, "e": [str(Code.TIMEOUT), _late(opened, deadline), None]}], [])
