"""A dump as a namespace: what was there goes, what the dump says comes, in one transaction."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from substrate import declare
from substrate.catalog import Catalog, Table
from substrate.engine import Connection, DialectName
from substrate.interface import Lsn
from substrate.log import Op
from substrate.manifest import read
from substrate.replication import tables
from substrate.replication.applying import bound, upsert
from substrate.replication.verified import damaged, verified

if TYPE_CHECKING:
    from substrate.surroundings import Surroundings


class Loading:
    """One dump that comes, frame by frame. `connection` is in a transaction that excludes other writers.

    whole: takes system tables, cache and log too, which have to be empty.
    """

    def __init__(self, around: "Surroundings", connection: Connection, *, whole: bool) -> None:
        self._around = around
        self._connection = connection
        self._dialect: DialectName = around.engine.dialect
        self._whole = whole
        self._tables: dict[str, Table] = {}
        self._digest = hashlib.sha256()
        self._count = 0
        self._lsn = Lsn(0, 0)
        self._ended = False

    def take(self, frames: Iterable[bytes]) -> Lsn:
        """Takes all frames; where the log goes on. Raises Conflict, StoreError."""
        for raw in frames:
            frame = verified(raw)
            if self._ended or frame.tenant != self._around.name or (self._count and frame.lsn != self._lsn):
                raise damaged("a dump has a frame that is none of it")
            self._lsn = frame.lsn
            for op in frame.ops:
                self._do(op)
            self._digest.update(raw)
            self._count += 1
        if not self._ended:
            raise damaged("a dump does not end")
        return self._lsn

    def _do(self, op: Op) -> None:
        kind = op["op"]
        if (kind == "begin") == (self._count > 0):
            raise damaged("a dump does not begin")
        if kind == "begin":
            self._begin(op)
        elif kind == "own":
            tables.insert(self._connection, self._known(op["table"]), op["columns"], op["rows"])
        elif kind == "rows":
            self._rows(self._tables[op["schema"]], op["rows"])
        elif kind == "end" and (op["frames"], op["sha256"]) == (self._count, self._digest.hexdigest()):
            self._ended = True
        else:
            raise damaged("a dump is not what was written")

    def _begin(self, op: Op) -> None:
        if op["whole"] != self._whole:
            raise damaged("a dump is of another kind")
        self._empty()
        meta = op["meta"]
        tables.make_missing(self._connection, self._dialect, op["tables"])
        system = ", system = ?" if self._whole else ""
        self._connection.execute(
            "UPDATE _oc_meta SET segment = ?, place = ?, epoch = ?, tables = ?, cached = ?,"
            f" declarations = declarations + 1{system}",
            [meta["segment"], meta["offset"], meta["epoch"], meta["tables"], meta["cached"] if self._whole else 0,
             *([meta["system"]] if self._whole else [])],
        )  # fmt: skip
        found = [Table(number, version, read(text), text) for number, _, version, text in op["declared"]]
        self._tables = dict(Catalog(found).tables)
        for table in self._tables.values():
            declare.create(self._connection, self._dialect, table)
            self._connection.execute(
                "INSERT INTO _oc_table (number, id, version, text) VALUES (?, ?, ?, ?)",
                (table.number, str(table.id), table.version, table.text),
            )

    def _empty(self) -> None:
        """Deletes what the namespace holds, but for what a dump of this kind does not have."""
        connection = self._connection
        for name in tables.declared(connection, self._dialect):
            connection.execute(f"DROP TABLE {name}")
        kept = () if self._whole else tuple(self._system())
        for name in tables.names(connection, self._dialect):
            if name != "_oc_meta" and name not in kept:
                connection.execute(f"DELETE FROM {name}")

    def _system(self) -> list[str]:
        return [name for name in tables.names(self._connection, self._dialect) if not name.startswith("_oc_")]

    def _known(self, name: str) -> str:
        """A table of the dump, whose name becomes part of a statement. Raises Conflict where there is none."""
        if name not in tables.names(self._connection, self._dialect):
            raise damaged(f"there is no table `{name[:60]}` here")
        return name

    def _rows(self, table: Table, rows: list[Any]) -> None:
        writer = self._around.writer(table)
        self._connection.many(upsert(writer), [[*bound(writer, row[:-1]), row[-1]] for row in rows])
