"""What a worker does for the migrations of a namespace: turn by turn, then the transition, then the sweeping."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from substrate import log
from substrate.interface.faults import reach
from substrate.migrations import acts, changes, records
from substrate.migrations.changes import Written
from substrate.migrations.pace import LONG_SECONDS, Pace, Turn
from substrate.migrations.records import Migration
from substrate.migrations.shadow import CHUNK, Shadow, Unconvertible
from substrate.reading import ReadingHere
from substrate.upkeeping import Place

if TYPE_CHECKING:
    from substrate.frame import Frame

READY_SECONDS = 2
"""How far behind the log a shadow may be that waits for its cut-over."""
_SWEPT = 5_000
_NEEDED = "WHERE state IN (?, ?) OR leftover IS NOT NULL"


def due(reading: ReadingHere) -> float | None:
    """When there is something to do next; None for never, 0 for at once."""
    found = records.found(reading, _NEEDED, *records.OPEN)
    dues = [when for migration in found if (when := _due(reading, migration)) is not None]
    return min(dues, default=None)


def _due(reading: ReadingHere, migration: Migration) -> float | None:
    if migration.state == records.BACKFILLING or (migration.state == records.READY and migration.phase != "over"):
        return 0.0
    if migration.leftover is not None:
        return float(migration.sweep_at or 0)
    behind = migration.follows < log.place(log.position(reading.connection)[0])
    return float(migration.caught_at + READY_SECONDS) if behind else None


def needed(reading: ReadingHere) -> int | None:
    """The first place of the log that an open migration has yet to see; None where there is none."""
    return min((each.follows for each in records.found(reading, "WHERE state IN (?, ?)", *records.OPEN)), default=None)


def work(at: Place, seconds: float) -> None:
    """Does what is due, for about so long."""
    ends = time.monotonic() + seconds
    over: acts.Prepared | None = None
    pace = Pace()
    while time.monotonic() < ends:
        with at.snapshot() as reading:
            todo = _first(reading, at.now())
            if todo is None:
                return
            if todo.leftover is not None:
                ahead = None
            else:
                over = over if over and _fits(over, reading, todo) else acts.prepared(reading, todo)
                ahead = _Ahead(over, _known(reading, todo), _counted(reading, todo))
        if ahead is None:
            _sweep(at, todo)
        else:
            _paced(at, todo, ahead, pace)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was found out before a step, so that it does not take the turn of writers for that."""

    over: acts.Prepared
    known: Written
    total: int | None


def _known(reading: ReadingHere, migration: Migration) -> Written:
    if migration.phase == records.FOLLOWED:
        return Written(0, 0, {}, 0)
    return changes.since(reading, migration.target, migration.follows)


def _fits(over: acts.Prepared, reading: ReadingHere, migration: Migration) -> bool:
    return over.state == reading.catalog.state and over.new.number == migration.shadow


def _paced(at: Place, todo: Migration, ahead: _Ahead, pace: Pace) -> None:
    """A step, and the rest behind it."""
    turn = _step(at, todo.id, ahead, pace.rows)
    if turn is None:
        return
    ready = pace.after(turn, ahead.known.frames)
    for _ in range(0, turn.rows, CHUNK):
        at.settle()
    time.sleep(max(0.0, ready - time.monotonic()))


def _first(reading: ReadingHere, now: float) -> Migration | None:
    for migration in records.found(reading, _NEEDED, *records.OPEN):
        when = _due(reading, migration)
        if when is not None and when <= now:
            return migration
    return None


def _counted(reading: ReadingHere, migration: Migration) -> int | None:
    """The rows of the table, counted before its first chunk."""
    if migration.rows_total is not None:
        return migration.rows_total
    found: list[Any] = reading.connection.execute(
        f"SELECT count(*) FROM {reading.catalog.table(migration.target).physical}"
    )
    return int(found[0][0])


def _step(at: Place, id: str, ahead: _Ahead, rows: int) -> Turn | None:  # noqa: A002 - its name everywhere
    """One turn, which is a commit of some chunks; the transition behind the last one is a commit of its own."""
    asked = time.monotonic()
    try:
        with at.frame(False) as frame:
            began = time.monotonic()
            migration = records.one(frame, id)
            if migration.state not in records.OPEN:  # somebody was faster
                return None
            if migration.phase == records.FOLLOWED:
                migration = acts.begun_anew(frame, migration)
            over = ahead.over if _fits(ahead.over, frame, migration) else acts.prepared(frame, migration)
            migration = acts.caught_up(frame, migration, over, ahead.known)
            seen, copying = migration.rows_seen, time.monotonic()
            migration = _copy_some(frame, over, migration, ahead.total, rows)
            copied = time.monotonic()
        held = time.monotonic() - began
        reach("after a chunk")
    except Unconvertible as reason:
        _fail(at, id, str(reason))
        return None
    if migration.phase == "over" and migration.state == records.BACKFILLING:
        _end(at, id)
    return Turn(began, began - asked, held, copied - copying, migration.rows_seen - seen)


def _end(at: Place, id: str) -> None:  # noqa: A002 - its name everywhere
    """The transition once all rows are there."""
    with at.frame(True) as frame:
        migration = records.one(frame, id)
        if migration.state == records.BACKFILLING:
            acts.is_ready(frame, migration)
    reach("after ready")


def _copy_some(frame: "Frame", over: acts.Prepared, migration: Migration, total: int | None, rows: int) -> Migration:
    """So many rows, chunk after chunk; fewer where that takes too long. Or one chunk of what follows the rows."""
    ends = time.monotonic() + LONG_SECONDS
    for done in range(0, rows, CHUNK):
        if migration.phase == "over" or (done and (migration.phase != "rows" or time.monotonic() > ends)):
            break
        migration = _copy(frame, over, migration, total, min(CHUNK, rows - done))
        reach("inside a chunk")
    return migration


def _copy(frame: "Frame", over: acts.Prepared, migration: Migration, total: int | None, rows: int) -> Migration:
    """The next chunk of the migration, and its place."""
    shadow = Shadow(frame, over.old, over.new, over.plan)
    if migration.phase == "gone":
        place = shadow.copy_gone(migration.place)
        return records.keep(frame, migration, place=place, phase="gone" if place is not None else "over")
    place, count = shadow.copy_behind(migration.place, rows)
    seen = migration.rows_seen + count
    # Rows that came or went meanwhile make the count that was taken at the beginning an estimate.
    whole = seen if place is None else max(total or 0, seen)
    phase = "rows" if place is not None else "gone"
    return records.keep(frame, migration, place=place, phase=phase, rows_seen=seen, rows_total=whole)


def _fail(at: Place, id: str, reason: str) -> None:  # noqa: A002 - its name everywhere
    with at.frame(True) as frame:
        migration = records.one(frame, id)
        if migration.state in records.OPEN:
            acts.fail(frame, migration, reason)
    reach("after fail")


def _sweep(at: Place, migration: Migration) -> None:
    """Drops what is left of a table that nobody needs any more."""
    with at.frame(False) as frame:
        number = migration.leftover
        frame.connection.execute(f"DROP TABLE IF EXISTS t{number}")
        gone = frame.connection.execute(
            f"DELETE FROM _oc_gone WHERE number = {number} AND key IN"
            f" (SELECT key FROM _oc_gone WHERE number = {number} LIMIT {_SWEPT}) RETURNING 1"
        )
        if len(gone) < _SWEPT:
            records.keep(frame, migration, leftover=None, sweep_at=None)
