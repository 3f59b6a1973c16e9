"""A `mig` operation of the log, done again by whoever follows it: the same record, and at a cut-over the same table."""

from typing import TYPE_CHECKING, Any

from substrate import declare, json
from substrate.catalog import Table
from substrate.errors import Conflict
from substrate.interface.migrations import Record
from substrate.migrations import diff as diffs, records
from substrate.migrations.plan import planned
from substrate.migrations.records import Migration
from substrate.migrations.shadow import Shadow

if TYPE_CHECKING:
    from substrate.frame import Frame


def apply(frame: "Frame", record: Record, at_secs: int) -> None:
    """Does what the record of a `mig` operation tells, and logs the operation again. Converts all rows at once.

    Raises Conflict where the table is not what the record says, StoreError.
    """
    records.TABLES.make(frame)
    known = records.found(frame, "WHERE id = ?", record["id"])
    progress = record["progress"]
    told: dict[str, Any] = {
        "state": record["state"], "reason": record.get("reason"), "rows_seen": progress["rows_seen"],
        "rows_total": progress["rows_total"],
    }  # fmt: skip
    if known:
        migration = records.keep(frame, known[0], **told)
    else:
        migration = Migration(
            id=record["id"], target=record["schema"], diff=json.dumps(record["diff"]).decode(), auto=0,
            actor=record["actor"], shadow=0, phase=records.FOLLOWED, place=None, follows=0,
            caught_at=at_secs, leftover=None, sweep_at=None, **told,
        )  # fmt: skip
        records.add(frame, migration)
    records.note(frame, migration, record["event"], record["actor"], at_secs)
    if record["state"] == records.COMPLETED:
        _convert(frame, migration, record)
    frame.ops.append({"op": "mig", "record": record})


def _convert(frame: "Frame", migration: Migration, record: Record) -> None:
    old = frame.catalog.table(migration.target)
    plan = planned(old, diffs.read(record["diff"]), frame.catalog, empty=True)
    if old.version + 1 != record["version"]:
        raise Conflict(f"`{old.id}` has the version {old.version}, not the one before {record['version']}")
    number = declare.next_number(frame.connection)
    new = declare.among(frame.catalog, Table(number, record["version"], plan.manifest, record["toml"]))
    declare.create(frame.connection, frame.dialect, new)
    shadow = Shadow(frame, old, new, plan)
    place, _ = shadow.copy_behind(None)
    while place is not None:
        place, _ = shadow.copy_behind(place)
    gone = shadow.copy_gone(None)
    while gone is not None:
        gone = shadow.copy_gone(gone)
    frame.now_declared(declare.replace(frame.connection, frame.catalog, old, new))
    records.keep(frame, migration, leftover=old.number, sweep_at=frame.around.now() + records.SWEEP_SECONDS)
