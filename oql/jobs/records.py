"""The records of jobs in a namespace: how they are made, claimed, suspended, answered, and ended.

A job is run by whoever has claimed it, as long as its lease lasts: its `due` is the end of the lease then, and `fence`
counts the claims. Every change checks both the state it starts from and, where a run makes it, the fence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from oql import exact, json
from oql.errors import limit_reached
from oql.jobs import executions, journals, waits
from oql.jobs.due import running
from oql.jobs.states import FINAL, State, before
from oql.jobs.waits import OpenWait
from oql.journal import LOST, Entry, Fenced, Interrupted, Wait
from oql.progress import Told, whole
from oql.values import to_json
from substrate.interface import Cell, Frame, Namespace, NotUniqueError, Row, SystemTables

LEASE_S = 4.0
"""How long a job is held without a sign of life."""
RENEW_S = 1.0
MOST_JOURNAL_BYTES = 256 * 2**20
"""What all runs of a job may record."""
_ROWS_AT_ONCE = 100

_COLUMNS = (
    "id, kind, name, state, source, request, options, created, started, finished, due, holder, fence, attempts, "
    "answer, NULL, idempotency_key, fingerprint"
)

_NOT_OVER = f"state NOT IN ({', '.join(map(repr, FINAL))})"
"""Of jobs to claim. Were it a list of states to find, engines would look through all that wait, instead of `due`."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its row has it. Times are Unix seconds; `answer` is {"result"} or {"error"} once it has ended.

    `trace` is there of runs that were over at once; that of others is told in their journal.
    """

    id: str
    kind: str
    name: str
    state: State
    source: str
    request: dict[str, Any]
    options: dict[str, Any]
    created: float
    started: float | None
    finished: float | None
    due: float | None
    holder: str | None
    fence: int
    attempts: int
    answer: dict[str, Any] | None
    trace: list[Told] | None
    idempotency_key: str | None
    fingerprint: str | None


# making


def create(
    frame: Frame,
    *,
    id: str,  # noqa: A002 - what it is called everywhere
    source: str,
    request: Mapping[str, Any],
    now: float,
    kind: str = "query",
    name: str = "",
    options: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    fingerprint: str | None = None,
    holder: str | None = None,
    created: float | None = None,
) -> bool:
    """Makes a job, queued, or running for a holder; False where there is one with this idempotency key.

    `created`: when it began, where that was before `now`.
    """
    state = "running" if holder else "queued"
    held, began = 1 if holder else 0, now if created is None else created
    values: tuple[Cell, ...] = (
        id, kind, name, state, source, exact.written(dict(request)), _text(options or {}), began,
        began if holder else None, now + LEASE_S if holder else now, holder, held, held, idempotency_key, fingerprint,
    )  # fmt: skip
    try:
        frame.system(
            "INSERT INTO job (id, kind, name, state, source, request, options, created, started, due, holder, fence, "
            "attempts, idempotency_key, fingerprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *values,
        )
    except NotUniqueError:
        return False
    return True


def add_history(frame: Frame, runs: Sequence[tuple[Cell, ...]], keep: int) -> None:
    """Adds runs that were over at once: (id, state, source, request JSON, created, finished, answer JSON).

    Of such runs the newest `keep` stay.
    """
    for start in range(0, len(runs), _ROWS_AT_ONCE):
        some = runs[start : start + _ROWS_AT_ONCE]
        frame.system(
            "INSERT INTO job (id, kind, name, state, source, request, options, created, started, finished, fence, "
            "attempts, answer) VALUES "
            + ", ".join(["(?, 'sync', '', ?, ?, ?, '{}', ?, ?, ?, 0, 1, ?)"] * len(some))
            + " ON CONFLICT DO NOTHING",
            *chain.from_iterable((*run[:5], run[4], *run[5:]) for run in some),
        )
    frame.system(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE kind = 'sync' "
        "ORDER BY created DESC, id LIMIT 100000 OFFSET ?)",
        keep,
    )


# claiming


def claim(frame: Frame, holder: str, now: float, most: int, at_once: int | None = None) -> list[Job]:
    """Takes jobs that are due: queued, or waiting no longer, or of a holder that has given no sign of life.

    `at_once`: how many of the namespace may run, whoever holds them; None for any number.
    """
    room = most if at_once is None else min(most, at_once - running(frame, now))
    return _claimed(frame, holder, now, "due <= ? ORDER BY due, id LIMIT ?", now, room) if room > 0 else []


def claim_one(frame: Frame, job: str, holder: str, now: float, at_once: int | None = None) -> Job | None:
    """Takes this job, unless it is running, or waiting, or over, or as many as may are running."""
    if at_once is not None and running(frame, now) >= at_once:
        return None
    found = _claimed(frame, holder, now, "id = ? AND due <= ?", job, now)
    return found[0] if found else None


def _claimed(frame: Frame, holder: str, now: float, which: str, *params: Cell) -> list[Job]:
    rows = frame.system(
        "UPDATE job SET state = 'running', holder = ?, fence = fence + 1, attempts = attempts + 1, due = ?, "
        f"started = COALESCE(started, ?) WHERE id IN (SELECT id FROM job WHERE {_NOT_OVER} AND {which}) "
        f"RETURNING {_COLUMNS}",
        holder, now + LEASE_S, now, *params,
    )  # fmt: skip
    jobs = sorted(map(_job, rows), key=lambda job: (job.created, job.id))
    for job in jobs:
        if job.fence > 1:
            waits.expire(frame, job.id, now)
    return jobs


def renew(frame: Frame, holder: str, now: float) -> set[str]:
    """Gives a sign of life for all jobs of a holder; those that it still holds."""
    return {
        str(job)
        for (job,) in frame.system(
            "UPDATE job SET due = ? WHERE holder = ? AND state = 'running' RETURNING id", now + LEASE_S, holder
        )
    }


def held(tables: SystemTables, holder: str) -> set[str]:
    """The jobs that a holder may go on with."""
    rows = tables.system("SELECT id FROM job WHERE holder = ? AND state = 'running'", holder)
    return {str(job) for (job,) in rows}


# the run of a job


class JobKeeper:
    """See `oql.journal.Keeper`: writes for one run of one job, as long as the run holds it."""

    def __init__(self, job: str, fence: int, written: int = 0) -> None:
        """`written`: bytes that the journal has already."""
        self.job = job
        self.fence = fence
        self._written = written
        self._last = 0  # the number of the last row that this run has added

    @property
    def waiting(self) -> bool:
        """Nothing but the journal is written."""
        return False

    def opened(self, wait: Wait) -> None:
        """What is waited for is told when the job is suspended."""

    def answers(self, store: Namespace, keys: Sequence[str]) -> list[Entry]:
        """See `oql.journal.Keeper`."""
        return []

    def written(self, store: Namespace) -> list[Entry]:
        """See `oql.journal.Keeper`."""
        return journals.read(store, self.job)[0]

    def append(self, frame: Frame, entries: list[Entry], told: list[Told], *, last: bool = False) -> None:
        """Adds to the journal.

        Raises Fenced, LimitExceeded, and Interrupted where an earlier commit of the run has failed.
        """
        self.check(frame)
        if self._written > MOST_JOURNAL_BYTES and not last:
            raise limit_reached("bytes in the journal of a job", f"{MOST_JOURNAL_BYTES:,}")
        if entries or told:
            number, size = journals.append(frame, self.job, entries, told)
            if number <= self._last:
                raise Interrupted(LOST)
            self._last, self._written = number, self._written + size

    def check(self, frame: Frame) -> None:
        """Raises Fenced where the job is no longer this run's."""
        if frame.system("SELECT fence, state FROM job WHERE id = ?", self.job) != [(self.fence, "running")]:
            raise Fenced

    def end(self, frame: Frame, state: State, answer: Mapping[str, Any], now: float) -> None:
        """Ends the job. Raises Fenced."""
        self._leave(frame, state, "finished = ?, answer = ?, due = NULL", now, to_json(dict(answer)).decode())

    def release(self, frame: Frame, due: float) -> None:
        """Gives the job back, to be taken up again from `due` on. Raises Fenced."""
        self._leave(frame, "queued", "due = ?", due)

    def suspend(self, frame: Frame, for_what: Sequence[Wait], now: float) -> list[OpenWait]:
        """Lets the job wait; what for. Where an answer came meanwhile it is queued at once. Raises Fenced."""
        waits.open_all(frame, self.job, for_what, now)
        found = waits.of_job(frame, self.job)
        now_open = [wait for wait in found if wait.state == "open"]
        keys = {wait.key for wait in now_open}
        if all(wait.key in keys for wait in for_what):
            due = min((wait.deadline for wait in now_open if wait.deadline is not None), default=None)
            self._leave(frame, "suspended", "due = ?", due)
        else:
            self._leave(frame, "queued", "due = ?", now)
        return now_open

    def _leave(self, frame: Frame, state: State, change: str, *params: Cell) -> None:
        left = frame.system(
            f"UPDATE job SET state = '{state}', holder = NULL, {change} "
            f"WHERE id = ? AND fence = ? AND state IN ({before(state)}) RETURNING id",
            *params, self.job, self.fence,
        )  # fmt: skip
        if not left:
            raise Fenced


# what people and clients do


def answer(frame: Frame, job: str, key: str, value: Any, by: str, now: float) -> bool:
    """Answers what a job waits for; False where that is no longer open. The job is due then."""
    won = frame.system(
        "UPDATE wait SET state = 'answered', answer = ?, answered = ?, answered_by = ? WHERE job = ? AND key = ? "
        "AND state = 'open' AND (deadline IS NULL OR deadline > ?) RETURNING key",
        exact.written(value), now, by, job, key, now,
    )  # fmt: skip
    if not won:
        return False
    journals.append(frame, job, [{"k": key, "v": value}], [])
    frame.system("UPDATE job SET state = 'queued', due = ? WHERE id = ? AND state = 'suspended'", now, job)
    return True


def cancel(frame: Frame, job: str, by: str, now: float) -> Job | None:
    """Cancels a job that is not over, and all that it waits for; None where it is over or unknown.

    Its `holder` stays until that has noticed. Of an execution inside another one all is cancelled that it is a part of.
    """
    job = executions.root_of(frame, job)
    rows = frame.system(
        f"UPDATE job SET state = 'cancelled', finished = ?, due = NULL, answer = ? WHERE id = ? "
        f"AND state IN ({before('cancelled')}) RETURNING {_COLUMNS}",
        now, _text({"error": None, "cancelled_by": by}), job,
    )  # fmt: skip
    if not rows:
        return None
    frame.system(
        "UPDATE wait SET state = 'cancelled', answered = ?, answered_by = ? WHERE job = ? AND state = 'open'",
        now, by, job,
    )  # fmt: skip
    cancelled = _job(rows[0])
    for inner in executions.inside(frame, job):
        cancel(frame, inner, by, now)
    if cancelled.kind in executions.KINDS:
        executions.close(frame, job, executions.CANCELLED, now)
        if "answers" in cancelled.options:
            waiting, key = cancelled.options["answers"]
            answer(frame, waiting, key, executions.answer_of(None), by, now)
    return cancelled


def let_go(frame: Frame, job: str, holder: str) -> None:
    """The holder of a cancelled job has noticed: none of its steps starts any more."""
    frame.system("UPDATE job SET holder = NULL WHERE id = ? AND holder = ? AND state = 'cancelled'", job, holder)


def retry(frame: Frame, job: str, now: float) -> bool:
    """Lets a failed job go on behind its last finished step; False where it has not failed, or is an execution."""
    kinds = ", ".join(map(repr, ("sync", "nested", *executions.KINDS)))
    return _reopened(frame, job, f"kind NOT IN ({kinds})", now)


def reopen(frame: Frame, job: str, now: float) -> bool:
    """Has a failed execution queued again, and nothing more; False where it has not failed."""
    return _reopened(frame, job, "kind <> 'nested'", now)


def _reopened(frame: Frame, job: str, which: str, now: float) -> bool:
    return bool(
        frame.system(
            "UPDATE job SET state = 'queued', due = ?, finished = NULL, answer = NULL "
            f"WHERE id = ? AND state = 'error' AND {which} RETURNING id",
            now, job,
        )
    )  # fmt: skip


# looking


def find(tables: SystemTables, job: str) -> Job | None:
    """A job by its id."""
    rows = tables.system(f"SELECT {_COLUMNS} FROM job WHERE id = ?", job)
    return _job(rows[0]) if rows else None


def find_by_key(tables: SystemTables, idempotency_key: str) -> Job | None:
    """A job by its idempotency key."""
    rows = tables.system(f"SELECT {_COLUMNS} FROM job WHERE idempotency_key = ?", idempotency_key)
    return _job(rows[0]) if rows else None


def listed(tables: SystemTables, states: Sequence[str], limit: int, after: tuple[float, str] | None) -> list[Job]:
    """Jobs, the newest first, behind the one made at `after`, in these states (none: in all)."""
    at, last = after or (1e18, "")
    chosen = f"state IN ({', '.join('?' * len(states))}) AND " if states else ""
    rows = tables.system(
        f"SELECT {_COLUMNS} FROM job WHERE {chosen}created <= ? AND (created < ? OR id > ?) "
        "ORDER BY created DESC, id LIMIT ?",
        *states, at, at, last, limit,
    )  # fmt: skip
    return [_job(row) for row in rows]


def trace_of(tables: SystemTables, job: Job) -> list[Told]:
    """The trace of a job as far as it has come."""
    return job.trace if job.trace is not None else whole(journals.read(tables, job.id)[1])


def _job(row: Row) -> Job:
    values: list[Any] = list(row)
    values[5], values[6] = exact.read(values[5]), json.loads(values[6])
    values[14] = None if values[14] is None else json.loads(values[14], max_depth=1_000_000)
    values[15] = values[14].pop("trace", None) if values[1] == "sync" else None
    return Job(*values)


def _text(value: Any) -> str:
    return json.dumps(value).decode()
