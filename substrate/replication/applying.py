"""The operations of a frame, done again: rows with the versions that they have, everything else by its own means.

The frame of the leader passed all checks, so none is made again: neither foreign keys nor quota.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from substrate import declare
from substrate.answers import Kept, keep
from substrate.columns import Bound
from substrate.engine import to_engine
from substrate.interface import Json, Remembered
from substrate.interface.vectors import MOST_DELETED, Vector
from substrate.log import Op
from substrate.manifest import read
from substrate.migrations import following
from substrate.replication.verified import damaged
from substrate.rows import VERSION, RowWriter, quoted

if TYPE_CHECKING:
    from substrate.frame import Frame


def apply(frame: "Frame", ops: Sequence[Op], at_secs: int) -> None:
    """Does the operations of one frame in another one, whose own notes of them nobody reads. Raises StoreError."""
    for (kind, table), some in groupby(ops, key=_together):
        work = _WORKS.get(kind)
        if work is None:
            raise damaged(f"this version does not know the operation `{str(kind)[:40]}`")
        work(frame, table, list(some), at_secs)


def _together(op: Op) -> tuple[str, str]:
    """Operations behind one another that have this in common are done together."""
    return op["op"], "" if op["op"] == "drop" else op.get("schema") or op.get("table") or ""


def bound(writer: RowWriter, row: Sequence[Json]) -> Iterator[Bound | None]:
    """The values of a row of the log, in the order of the columns, as the engine takes them."""
    for (name, kind), value in zip(writer.table.manifest.types.items(), row, strict=True):
        if value is None:
            yield None
        elif kind.secret:
            yield base64.b64decode(value)
        else:
            yield to_engine(kind, writer.dialect, writer.cipher)(kind.check(value, name))


def upsert(writer: RowWriter) -> str:
    """The statement that writes a row with a version of its own."""
    columns = ", ".join([*map(quoted, writer.names), VERSION])
    marks = ", ".join("?" for _ in range(len(writer.names) + 1))
    sets = [f"{name} = excluded.{name}" for name in (*map(quoted, writer.names), VERSION)]
    key = ", ".join(map(quoted, writer.key))
    return (
        f"INSERT INTO {writer.table.physical} ({columns}) VALUES ({marks})"
        f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(sets)} RETURNING 1"
    )


def _put(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    writer = frame.around.writer(frame.catalog.table(table))
    rows = [[*bound(writer, [op["row"].get(name) for name in writer.names]), op["version"]] for op in ops]
    frame.connection.many(upsert(writer), rows)


def _del(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        key = op["key"] if isinstance(op["key"], list) else [op["key"]]
        if not frame.delete_key(table, key):
            raise damaged(f"it deletes a row of `{table}` that is not here")


def _schema(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        manifest, text = read(op["toml"]), op["toml"]
        change = declare.register(frame.connection, frame.dialect, frame.catalog, manifest, text, again=True)
        if (str(manifest.id), change.version) != (op["id"], op["version"]):
            raise damaged(f"`{op['id']}` would have the version {change.version} here, not {op['version']}")
        frame.now_declared(change.catalog)


def _drop(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    gone = [frame.catalog.table(op["schema"]) for op in ops]
    frame.now_declared(declare.drop_all(frame.connection, frame.catalog, gone))


def _database(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        frame.create_database(op["name"])


def _no_database(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        frame.delete_database(op["name"])


def _idem(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        record = op["record"]
        answer = Remembered(record["fingerprint"], record["status"], base64.b64decode(record.get("body", "")))
        keep(frame.connection, Kept(record["key"], answer, at_secs))


def _mig(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        following.apply(frame, op["record"], at_secs)


def _vput(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    vectors = [Vector(op["id"], op["embedding"], op.get("metadata"), op["dim"], op["metric"]) for op in ops]
    frame.vector_put_many(table, vectors)


def _vdel(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for first in range(0, len(ops), MOST_DELETED):
        frame.vector_delete(table, [op["id"] for op in ops[first : first + MOST_DELETED]])


def _vdrop(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    frame.vector_drop(table)


def _fput(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        frame.text_put(table, op["field"], op["doc_id"], op["text"])


def _fdel(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        frame.text_delete(table, op["field"], op["doc_id"])


def _fdrop(frame: "Frame", table: str, ops: list[Op], at_secs: int) -> None:
    for op in ops:
        frame.text_drop(table, op["field"])


_WORKS: dict[str, Callable[["Frame", str, list[Any], int], None]] = {
    "put": _put, "del": _del, "schema": _schema, "drop": _drop, "database": _database, "nodatabase": _no_database,
    "idem": _idem, "mig": _mig, "vput": _vput, "vdel": _vdel, "vdrop": _vdrop, "fput": _fput, "fdel": _fdel,
    "fdrop": _fdrop,
}  # fmt: skip
