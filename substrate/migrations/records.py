"""What is kept of each migration, and its transitions: each commits with a line of the audit.

`phase` of one that fills its shadow: "rows", then "gone" (what deleted rows left, `_oc_gone`), then "over"; "followed"
of one that another server has begun, which has no shadow here. `place` is the last key that was copied, as JSON.
`follows`: up to where the log is caught up. `leftover`: the number of a table that nobody needs after `sweep_at`.
"""

from dataclasses import dataclass, replace
from typing import Any

from substrate import json
from substrate.errors import Conflict, NotFound, shown
from substrate.interface.faults import reach
from substrate.interface.migrations import Record
from substrate.manifest import Manifest
from substrate.own_tables import OwnTables
from substrate.reading import ReadingHere

BACKFILLING, READY, COMPLETED, ABORTED, FAILED = "Backfilling", "ReadyToCutover", "Completed", "Aborted", "Failed"
OPEN = (BACKFILLING, READY)

TABLES = OwnTables(
    "_oc_migration",
    """
    CREATE TABLE _oc_migration (
        id TEXT PRIMARY KEY, number BIGINT NOT NULL UNIQUE, target TEXT NOT NULL, state TEXT NOT NULL,
        diff TEXT NOT NULL, auto BIGINT NOT NULL, actor TEXT NOT NULL, shadow BIGINT NOT NULL, phase TEXT NOT NULL,
        place TEXT, rows_seen BIGINT NOT NULL, rows_total BIGINT, follows BIGINT NOT NULL, caught_at BIGINT NOT NULL,
        reason TEXT, leftover BIGINT, sweep_at BIGINT);
    CREATE TABLE _oc_migration_event (
        number BIGINT PRIMARY KEY, id TEXT NOT NULL, target TEXT NOT NULL, state TEXT NOT NULL, at_secs BIGINT NOT NULL,
        actor TEXT NOT NULL, event TEXT NOT NULL);
    """,
)
SWEEP_SECONDS = 60
"""How long a table is kept after the cut-over, for readers that began before it."""
FOLLOWED = "followed"
_COLUMNS = (
    "id, target, state, diff, auto, actor, shadow, phase, place, rows_seen, rows_total, follows, caught_at, reason,"
    " leftover, sweep_at"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration as it stands."""

    id: str
    target: str
    state: str
    diff: str
    auto: int
    actor: str
    shadow: int
    phase: str
    place: str | None
    rows_seen: int
    rows_total: int | None
    follows: int
    caught_at: int
    reason: str | None
    leftover: int | None
    sweep_at: int | None

    def record(self, tenant: str) -> Record:
        """What everybody is told of it."""
        told: Record = {
            "id": self.id, "tenant": tenant, "schema": self.target, "state": self.state, "diff": json.loads(self.diff),
            "progress": {"rows_seen": self.rows_seen, "rows_total": self.rows_total},
        }  # fmt: skip
        return told if self.reason is None else told | {"reason": self.reason}


def found(reading: ReadingHere, where: str = "", *params: Any) -> list[Migration]:
    """Those that fit a condition, oldest first; none where the namespace never had any."""
    if not TABLES.there(reading):
        return []
    rows: list[Any] = reading.connection.execute(
        f"SELECT {_COLUMNS} FROM _oc_migration {where} ORDER BY number", params
    )
    return [Migration(*row) for row in rows]


def one(reading: ReadingHere, id: str) -> Migration:  # noqa: A002 - its name everywhere
    """The migration with this id. Raises NotFound."""
    for migration in found(reading, "WHERE id = ?", id):
        return migration
    raise NotFound(f"there is no migration {shown(id)}")


def open_on(reading: ReadingHere, table: str) -> Migration | None:
    """The migration that is open on a table."""
    return next(iter(found(reading, "WHERE target = ? AND state IN (?, ?)", table, *OPEN)), None)


def refuse_while_open(reading: ReadingHere, table: str) -> None:
    """Raises Conflict where a migration is open on the table: its declaration has to stay as it is."""
    migration = open_on(reading, table)
    if migration is not None:
        message = f"the migration {migration.id} of `{table}` is open: cut it over, or abort it first"
        raise Conflict(message, migration=migration.id)


def refuse_change(reading: ReadingHere, manifest: Manifest, text: str) -> None:
    """As `refuse_while_open`, of a declaration that would change a table; the same one again changes nothing."""
    table = reading.catalog.tables.get(str(manifest.id))
    if table is not None and table.text != text:
        refuse_while_open(reading, str(manifest.id))


def add(frame: ReadingHere, migration: Migration) -> None:
    """Keeps a new one."""
    connection = frame.connection
    marks = ", ".join("?" * len(Migration.__slots__))
    connection.execute(
        f"INSERT INTO _oc_migration (number, {_COLUMNS})"
        f" VALUES ((SELECT 1 + coalesce(max(number), 0) FROM _oc_migration), {marks})",
        [getattr(migration, name) for name in Migration.__slots__],
    )


def keep(frame: ReadingHere, migration: Migration, **changes: Any) -> Migration:
    """Changes what is kept of one; the migration as it is then."""
    sets = ", ".join(f"{name} = ?" for name in changes)
    frame.connection.execute(f"UPDATE _oc_migration SET {sets} WHERE id = ?", [*changes.values(), migration.id])
    return replace(migration, **changes)


def note(frame: ReadingHere, migration: Migration, event: str, actor: str, at: int) -> None:
    """Writes a line of the audit, for the state that the migration has now."""
    frame.connection.execute(
        "INSERT INTO _oc_migration_event (number, id, target, state, at_secs, actor, event)"
        " VALUES ((SELECT 1 + coalesce(max(number), 0) FROM _oc_migration_event), ?, ?, ?, ?, ?, ?)",
        (migration.id, migration.target, migration.state, at, actor, event),
    )
    reach(f"inside {event}")


def audit(reading: ReadingHere) -> list[Record]:
    """Every transition, oldest first."""
    if not TABLES.there(reading):
        return []
    names = ("id", "schema", "state", "at_secs", "actor", "event")
    rows = reading.connection.execute(
        "SELECT id, target, state, at_secs, actor, event FROM _oc_migration_event ORDER BY number"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]
