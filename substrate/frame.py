"""A frame: one unit of change in a namespace, and what it adds to the change log.

Each call either does all that it says or raises and leaves nothing behind, so a caller may catch what one raises and go
on. Foreign keys are looked at when the frame ends, since a row may come before the one that it points to.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from substrate import cache as caching, declare, log, plan as plans, sql as statements, system
from substrate.answers import Kept, find, keep, used
from substrate.catalog import Catalog
from substrate.columns import Bound, Canonical, Json
from substrate.engine import Connection, Violation
from substrate.errors import Conflict, Invalid, StoreError, described, shown
from substrate.foreign_keys import ForeignKeys
from substrate.interface import Call, Cell, JsonRow, Lsn, Registered, Remembered, Row, Written
from substrate.manifest import read
from substrate.migrating import MigratingFrame
from substrate.migrations import records as migrations
from substrate.reading import bounded
from substrate.rows import VERSION, Canonicals, RowWriter, quoted
from substrate.surroundings import Surroundings

T = TypeVar("T")

_ROWS_AT_ONCE = 1_000


class Frame(MigratingFrame):
    """See `substrate.interface.Frame`. `connection` is in a transaction that excludes other writers."""

    committed = False

    def __init__(
        self,
        around: Surroundings,
        connection: Connection,
        catalog: Catalog,
        lsn: Lsn,
        pending: Sequence[log.Pending] = (),
        epoch: int = 0,
    ) -> None:
        super().__init__(around, connection, catalog)
        self.lsn = lsn
        self.pending = pending
        self.epoch = epoch
        self.ops: list[log.Op] = []
        self.declared = False
        self._foreign_keys = ForeignKeys(connection)
        self._may_grow = False

    # rows

    def put(self, table: str, row: JsonRow, *, version: int | None = None, insert: bool = False) -> Written:
        """See the protocol."""
        writer = self._writer(table)
        values = writer.values(row)
        self._expect(writer, writer.key_in(values), version)
        if self.connection.undoes_statements and not writer.checks:
            return self._put(writer, row, values, insert)  # one statement, behind which nothing fails
        with self._undone_on_failure():
            return self._put(writer, row, values, insert)

    def put_many(self, table: str, rows: Sequence[JsonRow], *, insert: bool = False) -> Sequence[Written]:
        """See the protocol."""
        writer = self._writer(table)
        written: list[Written] = []
        with self._undone_on_failure():
            for index in range(0, len(rows), _ROWS_AT_ONCE):
                written += self._put_some(writer, rows[index : index + _ROWS_AT_ONCE], index, insert)
        return written

    def replace(self, table: str, key: str, row: JsonRow, *, version: int | None = None) -> Written:
        """See the protocol."""
        writer = self._writer(table)
        [value] = writer.key_of(key)
        name = writer.key[0]
        shown = writer.table.manifest.types[name].json(value)
        if row.get(name) is None:
            row = {**row, name: shown}
        elif writer.values({**row})[name] != value:
            raise Invalid(f"column `{name}`: expected the key of the path, {shown!r}", column=name)
        return self.put(table, row, version=version)

    def delete(self, table: str, key: str, *, version: int | None = None) -> bool:
        """See the protocol."""
        writer = self._writer(table, grows=False)
        return self._delete(writer, writer.key_of(key), version)

    def delete_key(self, table: str, key: Sequence[Json]) -> bool:
        """See the protocol."""
        writer = self._writer(table, grows=False)
        return self._delete(writer, writer.key_from(key), None)

    def update(self, table: str, values: JsonRow, predicate: Json, call: Call | None = None) -> int:
        """See the protocol."""
        writer = self._writer(table)
        assigned = writer.assigned(values)
        if not assigned:
            return 0
        where, params = plans.predicate(predicate, writer.table, self.dialect, coerce=True)
        sets = ", ".join([*(f"{quoted(name)} = ?" for name in assigned), f"{VERSION} = {VERSION} + 1"])
        statement = (
            f"UPDATE {writer.table.physical} SET {sets} WHERE {where} RETURNING {writer.selected}, {writer.returned}"
        )
        with self._undone_on_failure(), self.around.tracked(call, self.connection):
            try:
                changed = self.connection.execute(statement, [*writer.bound_some(assigned), *params])
            except Violation as error:
                raise self._not_unique(writer, error, assigned) from None
            for row in changed:
                self._log_changed(writer, row, assigned)
        return len(changed)

    def purge(self, table: str, predicate: Json | None, call: Call | None = None) -> int:
        """See the protocol."""
        writer = self._writer(table, grows=False)
        where, params = (
            ("", []) if predicate is None else plans.predicate(predicate, writer.table, self.dialect, coerce=True)
        )
        condition = f" WHERE {where}" if where else ""
        statement = f"DELETE FROM {writer.table.physical}{condition} RETURNING {writer.selected}, {VERSION}"
        with self._undone_on_failure(), self.around.tracked(call, self.connection):
            deleted = self.connection.execute(statement, params)
            for row in deleted:
                self._log_deleted(writer, writer.canonical_key(row), row[-1])
        return len(deleted)

    # declarations

    def register(self, text: str) -> Registered:
        """See the protocol."""
        manifest = read(text, statements.check_of)
        migrations.refuse_change(self, manifest, text)
        with self._undone_on_failure():
            change = declare.register(self.connection, self.dialect, self.catalog, manifest, text)
        self._declare(change.catalog)
        self.ops += change.ops
        return Registered(str(manifest.id), change.version)

    def drop(self, table: str) -> bool:
        """See the protocol."""
        if table not in self.catalog.tables:
            return False
        migrations.refuse_while_open(self, table)
        with self._undone_on_failure():
            self._declare(declare.drop(self.connection, self.catalog, self.catalog.table(table)))
        self.ops.append({"op": "drop", "schema": table})
        return True

    def create_database(self, name: str) -> bool:
        """Makes an empty database; False where it was there."""
        if name in self.databases():
            return False
        declare.create_database(self.connection, name)
        self.ops.append({"op": "database", "name": name})
        return True

    def delete_database(self, name: str) -> bool:
        """Deletes a database with its tables; False where there is none. Raises Conflict under a foreign key."""
        if name not in self.databases():
            return False
        with self._undone_on_failure():
            inside = [table for table in self.catalog.tables.values() if table.id.namespace == name]
            for table in inside:
                migrations.refuse_while_open(self, str(table.id))
            self._declare(declare.drop_all(self.connection, self.catalog, inside))
            declare.delete_database(self.connection, name)
        self.ops += [{"op": "drop", "schema": str(table.id)} for table in inside]
        self.ops.append({"op": "nodatabase", "name": name})
        return True

    # SQL, answers

    def execute(self, text: str, params: Sequence[Json] = (), call: Call | None = None) -> Json:
        """See the protocol."""
        checked = statements.check(text, self.catalog)
        if isinstance(checked, statements.Select):
            return self.sql(text, params, call)
        table = str(checked.schema)
        if isinstance(checked, statements.Insert):
            rows = bounded(checked.rows(params))
            written = self.put_many(table, rows)
            return {"kind": "insert", "schema": table, "rows": rows, "inserted": len(written)}
        key = checked.key(params)
        deleted = self.delete_key(table, key)
        pk = checked.pk(params) if len(key) == 1 else key
        return {"kind": "delete", "schema": table, "pk": pk, "deleted": int(deleted)}

    def cache(self, key: str, value: bytes, now: float, seconds: float | None) -> None:
        """See the protocol."""
        caching.put(self.connection, key, value, now, seconds)

    def cache_for(self, key: str, now: float, seconds: float) -> bool:
        """See the protocol."""
        return caching.expire(self.connection, key, now, seconds)

    def uncache(self, key: str, now: float) -> bool:
        """See the protocol."""
        return caching.flush(self.connection, key, now)

    def remembered(self, key: str) -> Remembered | None:
        """See the protocol."""
        found = find(self.connection, key, self.around.now())
        if found:
            used(self.connection, key, self.around.now())
        return found

    def remember(self, key: str, answer: Remembered) -> None:
        """See the protocol."""
        keep(self.connection, Kept(key, answer, self.around.now()))
        body = base64.b64encode(answer.body).decode()
        record = {"key": key, "fingerprint": answer.fingerprint, "status": answer.status, "body": body}
        self.ops.append({"op": "idem", "record": record})

    def system(self, sql: str, *params: Cell) -> list[Row]:
        """See the protocol."""
        return system.execute(self.connection, sql, params)

    def check_quota(self) -> None:
        """See the protocol."""
        if not self._may_grow:
            self.around.check_quota()
            self._may_grow = True

    # the end

    def finish(self) -> bytes | None:
        """Looks at the foreign keys, and gives the frame of the log; None where nothing was changed."""
        self._foreign_keys.check(self.catalog, self.dialect)
        if not self.ops:
            return None
        return log.encoded(self.lsn, self.epoch, self.around.name, self.around.now(), self.ops)

    # inside

    def _writer(self, table: str, *, grows: bool = True) -> RowWriter:
        if grows:
            self.check_quota()
        return self.around.writer(self.catalog.table(table))

    def own_tables_made(self, catalog: Catalog) -> None:
        """For `substrate.own_tables`: the namespace has tables that it did not have."""
        self._declare(catalog)

    def _declare(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.declared = True

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        """What the block writes and logs is undone if it raises, and the frame can go on."""
        ops, catalog, foreign = len(self.ops), self.catalog, self._foreign_keys.mark()
        try:
            with self.connection.savepoint():
                yield
        except BaseException:
            del self.ops[ops:]
            self.catalog = catalog
            self._foreign_keys.back_to(foreign)
            raise

    def _put(self, writer: RowWriter, row: JsonRow, values: Canonicals, insert: bool) -> Written:
        params = writer.params(values)
        try:
            found = self.connection.execute(writer.insert if insert else writer.upsert, params)
        except Violation as error:
            raise self._not_unique(writer, error, values) from None
        if not found:
            raise self._exists(writer, writer.key_in(values))
        return self._log_put(writer, row, values, params, found[0])

    def _put_some(self, writer: RowWriter, rows: Sequence[JsonRow], first: int, insert: bool) -> list[Written]:
        """Many rows by one prepared statement; where that fails, one by one, to find the row that is at fault."""
        values = _of_each(first, writer.values, rows)
        params = [writer.params(each) for each in values]
        try:
            with self.connection.savepoint():
                found = self._sent(writer, rows, params, insert)
        except StoreError:
            return _of_each(first, lambda row, each: self._put(writer, row, each, insert), rows, values)
        return _of_each(first, partial(self._log_put, writer), rows, values, params, found)

    def _sent(
        self, writer: RowWriter, rows: Sequence[JsonRow], params: Sequence[Sequence[Bound | None]], insert: bool
    ) -> Sequence[Sequence[Any]]:
        """What the statement gives back for each row. Raises Conflict where one to be inserted is there already."""
        if not writer.checks and all(map(writer.makes_key, rows)):
            self.connection.many(writer.fresh, [each[:-2] for each in params])
            return [(1, True)] * len(rows)  # nobody else has such a key, or had
        found = self.connection.many(writer.insert if insert else writer.upsert, params)
        if len(found) != len(rows):
            raise Conflict("a row is there already")
        return found

    def _log_put(
        self,
        writer: RowWriter,
        row: JsonRow,
        values: Canonicals,
        params: Sequence[Bound | None],
        found: Sequence[Any],
    ) -> Written:
        version, is_new = found[:2]
        if writer.checks:
            self._look_at_checks(writer, found[2:])
        self._foreign_keys.written(writer.table, values)
        shown = writer.logged_key(writer.key_in(values))
        operation = writer.put_operation(shown, values, params, version)
        if is_new and version > 1:
            operation["new"] = True
        self.ops.append(operation)
        return Written(self.lsn, shown, version, writer.makes_key(row))

    def _log_changed(self, writer: RowWriter, row: Sequence[Any], assigned: Canonicals) -> None:
        shown = tuple(row[: len(writer.names)])
        self._look_at_checks(writer, row[len(writer.names) + 1 :])
        self._foreign_keys.written(writer.table, assigned)
        self.ops.append(
            {
                "op": "put", "schema": writer.name, "key": writer.logged_key(writer.canonical_key(shown)),
                "row": writer.logged_from_engine(shown), "version": row[len(writer.names)],
            }
        )  # fmt: skip

    def _delete(self, writer: RowWriter, key: list[Canonical], version: int | None) -> bool:
        self._expect(writer, key, version)
        deleted: list[Any] = self.connection.execute(
            f"DELETE FROM {writer.table.physical} WHERE {writer.by_key} RETURNING {VERSION}", writer.bound_key(key)
        )
        for (last,) in deleted:
            self._log_deleted(writer, key, last)
        return bool(deleted)

    def _log_deleted(self, writer: RowWriter, key: list[Canonical], version: Any) -> None:
        self.connection.execute(
            "INSERT INTO _oc_gone (number, key, version) VALUES (?, ?, ?) "
            "ON CONFLICT (number, key) DO UPDATE SET version = excluded.version",
            (writer.table.number, writer.key_text(key), version),
        )
        self._foreign_keys.deleted(writer.table, key)
        self.ops.append({"op": "del", "schema": writer.name, "key": writer.logged_key(key)})

    def _expect(self, writer: RowWriter, key: list[Canonical], version: int | None) -> None:
        if version is None:
            return
        found: list[Any] = self.connection.execute(
            f"SELECT {VERSION} FROM {writer.table.physical} WHERE {writer.by_key}", writer.bound_key(key)
        )
        current = found[0][0] if found else 0
        if current != version:
            message = f"the row has version {current}, not {version}" if current else "there is no such row"
            raise Conflict(message, current_version=current).retryable()

    def _look_at_checks(self, writer: RowWriter, outcomes: Sequence[Any]) -> None:
        manifest = writer.table.manifest
        for check, outcome in zip(manifest.checks, outcomes, strict=True):
            if outcome is not None and not outcome:
                column = next(iter(statements.columns_of(check, manifest)), None)
                raise Invalid(f"the row breaks the check `{check.name}`", check=check.name, column=column)

    @staticmethod
    def _exists(writer: RowWriter, key: list[Canonical]) -> Conflict:
        return Conflict(f"`{writer.table.id}` has a row with the key {shown(writer.key_text(key))} already")

    @staticmethod
    def _not_unique(writer: RowWriter, error: Violation, values: Canonicals) -> Invalid:
        column = error.columns[0]
        kind = writer.table.manifest.types.get(column)
        value = values.get(column)
        found = "" if value is None or kind is None or kind.secret else f" {described(kind.json(value))}"
        return Invalid(f"column `{column}`: another row has this value{found}, which must be unique", column=column)


def _of_each(first: int, work: Callable[..., T], *columns: Sequence[Any]) -> list[T]:
    """What the work gives for each row. What it refuses is said to be of that row; the first has this number."""
    done: list[T] = []
    try:
        for arguments in zip(*columns, strict=True):
            done.append(work(*arguments))  # noqa: PERF401 - they are counted when one is refused
    except StoreError as error:
        error.detail.setdefault("row", first + len(done))
        raise
    return done
