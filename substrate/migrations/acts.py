"""What a frame does with migrations: submit, bring up to date, cut over, abort, fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from substrate import declare, json, log, sql
from substrate.catalog import Table
from substrate.errors import Conflict, Invalid
from substrate.interface.migrations import Record
from substrate.manifest import read as read_manifest, write as write_manifest
from substrate.migrations import changes, diff as diffs, records
from substrate.migrations.changes import Written
from substrate.migrations.plan import Plan, planned
from substrate.migrations.records import Migration
from substrate.migrations.shadow import Shadow, Unconvertible
from substrate.plan.leading import refuse_dead_ends
from substrate.reading import ReadingHere

if TYPE_CHECKING:
    from substrate.frame import Frame


@dataclass(frozen=True, slots=True)
class Prepared:
    """The tables on both sides of a migration, by the declarations of a moment."""

    state: int
    plan: Plan
    old: Table
    new: Table


def submit(frame: "Frame", id: str, table: str, diff: Sequence[Any], actor: str, *, auto: bool) -> Migration:  # noqa: A002 - its name everywhere
    """Begins a migration: checks the diff, and makes an empty shadow. Raises NotFound, Invalid, Conflict."""
    old = frame.catalog.table(table)
    ops = diffs.read(diff)
    records.TABLES.make(frame)
    records.refuse_while_open(frame, table)
    empty = not frame.connection.execute(f"SELECT 1 FROM {old.physical} LIMIT 1")
    plan = planned(old, ops, frame.catalog, empty=empty)
    text = write_manifest(plan.manifest)
    read_manifest(text, sql.check_of)  # its checks too still hold
    number = declare.next_number(frame.connection)
    new = declare.among(frame.catalog, Table(number, old.version + 1, plan.manifest, text))
    _refuse_dead_ends(frame, ops, new)
    declare.create(frame.connection, frame.dialect, new)
    migration = Migration(
        id=id, target=table, state=records.BACKFILLING, diff=json.dumps(list(diff)).decode(), auto=int(auto),
        actor=actor,
        shadow=new.number, phase="rows", place=None, rows_seen=0, rows_total=None, follows=log.place(frame.lsn),
        caught_at=frame.around.now(), reason=None, leftover=None, sweep_at=None,
    )  # fmt: skip
    records.add(frame, migration)
    _tell(frame, migration, "submit", actor)
    return migration


def _refuse_dead_ends(frame: "Frame", ops: Sequence[diffs.Op], table: Table) -> None:
    """Raises Invalid where a new relation can lead nowhere from the table as it comes to be."""
    catalog = declare.beside(frame.catalog, table)
    for number, op in enumerate(ops):
        if isinstance(op, diffs.AddRelation):
            added = [each for each in table.manifest.relations if each.name == op.relation["name"]]
            try:
                refuse_dead_ends(table, added, catalog)
            except Invalid as refusal:
                refusal.detail.setdefault("operation", number)
                raise


def prepared(reading: ReadingHere, migration: Migration) -> Prepared:
    """The tables of an open migration. A table stays as it was declared as long as one is open on it."""
    old = reading.catalog.table(migration.target)
    # Nothing depends any more on whether there are rows: that was checked when it was submitted.
    plan = planned(old, diffs.read(json.loads(migration.diff)), reading.catalog, empty=True)
    text = write_manifest(plan.manifest)
    new = declare.among(reading.catalog, Table(migration.shadow, old.version + 1, plan.manifest, text))
    return Prepared(reading.catalog.state, plan, old, new)


def begun_anew(frame: "Frame", migration: Migration) -> Migration:
    """Makes an empty shadow for a migration that another server has begun, and this one is to bring to its end."""
    number = declare.next_number(frame.connection)
    migration = records.keep(
        frame, migration, shadow=number, phase="rows", place=None, rows_seen=0, rows_total=None,
        follows=log.place(frame.lsn),
    )  # fmt: skip
    declare.create(frame.connection, frame.dialect, prepared(frame, migration).new)
    return migration


def caught_up(frame: "Frame", migration: Migration, over: Prepared, known: Written | None = None) -> Migration:
    """Brings what has been copied up to this moment. `known`: what was read of the log beforehand.

    Raises Unconvertible.
    """
    begin = known if known is not None and known.since == migration.follows else Written(0, migration.follows, {}, 0)
    rest = changes.since(frame, migration.target, begin.end)
    keys = begin.keys | rest.keys
    whole = migration.phase != "rows"
    Shadow(frame, over.old, over.new, over.plan).follow(keys.values(), migration.place, whole=whole)
    return records.keep(frame, migration, follows=rest.end, caught_at=frame.around.now())


def cut_over(frame: "Frame", id: str, actor: str) -> Migration:  # noqa: A002 - its name everywhere
    """Swaps the tables; Failed where a late row cannot be converted. Raises NotFound, Conflict."""
    migration = records.one(frame, id)
    if migration.state != records.READY:
        raise _wrong_state(migration, "cut over", records.READY)
    if migration.phase != "over":
        raise Conflict("the new table is filled once more, on this server: try again later").retryable()
    return swap(frame, migration, actor, "cutover")


def swap(frame: "Frame", migration: Migration, actor: str, event: str) -> Migration:
    """The cut-over itself, of a migration whose shadow has all rows."""
    over = prepared(frame, migration)
    try:
        with frame.connection.savepoint():
            migration = caught_up(frame, migration, over)
    except Unconvertible as late:
        return fail(frame, migration, str(late))
    catalog = declare.replace(frame.connection, frame.catalog, over.old, over.new)
    frame.now_declared(catalog)
    migration = records.keep(
        frame, migration, state=records.COMPLETED, leftover=over.old.number,
        sweep_at=frame.around.now() + records.SWEEP_SECONDS,
    )  # fmt: skip
    _tell(frame, migration, event, actor, version=over.new.version, toml=over.new.text)
    return migration


def abort(frame: "Frame", id: str, actor: str) -> Migration:  # noqa: A002 - its name everywhere
    """Ends a migration that is open, and forgets the shadow. Raises NotFound, Conflict."""
    migration = records.one(frame, id)
    if migration.state not in records.OPEN:
        raise _wrong_state(migration, "abort", " or ".join(records.OPEN))
    return _end(frame, migration, records.ABORTED, "abort", actor)


def fail(frame: "Frame", migration: Migration, reason: str) -> Migration:
    """Ends a migration that cannot come to its end."""
    return _end(frame, migration, records.FAILED, "fail", migration.actor, reason=reason)


def is_ready(frame: "Frame", migration: Migration) -> Migration:
    """Notes that the shadow has all rows; cuts over at once where that was wanted."""
    migration = records.keep(frame, migration, state=records.READY)
    _tell(frame, migration, "ready", migration.actor)
    return swap(frame, migration, migration.actor, "auto-cutover") if migration.auto else migration


def _end(frame: "Frame", migration: Migration, state: str, event: str, actor: str, **more: Any) -> Migration:
    frame.connection.execute(f"DROP TABLE IF EXISTS t{migration.shadow}")
    now = frame.around.now()
    migration = records.keep(frame, migration, state=state, leftover=migration.shadow, sweep_at=now, **more)
    _tell(frame, migration, event, actor)
    return migration


def _tell(frame: "Frame", migration: Migration, event: str, actor: str, **more: Any) -> None:
    """Tells the audit and the log of a transition."""
    records.note(frame, migration, event, actor, frame.around.now())
    record: Record = {**migration.record(frame.around.name), "event": event, "actor": actor, **more}
    frame.ops.append({"op": "mig", "record": record})


def _wrong_state(migration: Migration, act: str, wanted: str) -> Conflict:
    message = f"the migration is {migration.state}: to {act} it, it has to be {wanted}"
    return Conflict(message, state=migration.state)
