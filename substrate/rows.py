"""Rows of one table, from JSON to statements: what every write of rows goes through.

RowWriter.values(row)     a JSON object -> canonical values by column, checked, defaults and extractions filled in
RowWriter.upsert          the statement that writes them, and what it gives back: version, whether there was no row,
                          outcome of each check
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from substrate import json, sql
from substrate.catalog import Table
from substrate.cipher import Cipher
from substrate.columns import BYTES, I64, JSON, STR, Bound, Canonical, ColumnType, Json, Unfit, unchanged
from substrate.engine import DialectName, Output, Statement, Values, storage, to_engine
from substrate.errors import Invalid, described, unknown
from substrate.interface import ROW_VERSION, JsonRow
from substrate.interface.new_keys import new_key
from substrate.manifest import Column, Extraction

INDEXED_BYTES = 2_600
"""How many bytes the columns of an index may have together."""
VERSION = f'"{ROW_VERSION}"'

Canonicals = dict[str, Canonical | None]


def quoted(name: str) -> str:
    """A column's name as an identifier; names hold no quotes."""
    return f'"{name}"'


@dataclass(slots=True)
class FreshRow:
    """A row whose key the store has made, so that there is none like it, for `RowWriter.fresh` and for the log."""

    writer: "RowWriter"
    bound: list[Bound | None]
    key: Json
    operations: bytes


class RowWriter:
    """The statements of one declared table on one engine. Immutable; made once for each version of a table."""

    def __init__(self, table: Table, dialect: DialectName, cipher: Cipher) -> None:
        self.table = table
        self.name = str(table.id)
        self.dialect = dialect
        self.cipher = cipher
        manifest = table.manifest
        self.key = manifest.primary_key
        self.names = tuple(manifest.types)
        self._key_types = manifest.key_types
        self._write_key = [storage(kind, dialect).write for kind in manifest.key_types]
        self.checks = tuple(check.name for check in manifest.checks)
        self._read = [(column.name, column, column.type.reads) for column in manifest.columns]
        self._made = next((column.name for column in manifest.columns if column.generated), None)
        self._stands_alone = self._made is not None and not manifest.checks and not manifest.foreign_keys
        self._known = frozenset({*manifest.by_name, ROW_VERSION})
        self._extractions = manifest.extractions
        self._types: dict[str, ColumnType] = manifest.types
        writes = [(index, to_engine(kind, dialect, cipher)) for index, kind in enumerate(manifest.types.values())]
        self._converting = [(index, convert) for index, convert in writes if convert is not unchanged]
        shown = [(name, _logged(kind)) for name, kind in manifest.types.items()]
        self._shown = [(name, shows) for name, shows in shown if shows is not unchanged]
        self._indexed = list(lengths(table))
        self._secret = [name for name, kind in manifest.types.items() if kind.secret]
        outputs = tuple(Output(name, kind) for name, kind in manifest.types.items())
        self.to_json = Statement("", (), outputs).reader(dialect, cipher)
        self._answer = Statement("", (), (*outputs, Output(ROW_VERSION, I64))).reader(dialect, cipher)
        conditions = [f"({sql.condition(check.expression, manifest, dialect)})" for check in manifest.checks]
        self.returned = ", ".join([VERSION, *conditions])
        # Whether there was no row: then it has the first version, or the one behind that of the row deleted last.
        is_new = f"CASE WHEN {VERSION} = 1 THEN 1 WHEN {VERSION} = {self._next_version()} THEN 1 ELSE 0 END"
        self._written = ", ".join([VERSION, is_new, *conditions])
        self.upsert = self._upsert("DO UPDATE SET " + self._overwriting())
        self.insert = self._upsert("DO NOTHING")
        # For keys that the store has made: it asks for nothing back, which takes a third of the time.
        self.fresh = f"INSERT INTO {table.physical} ({self._columns()}) VALUES ({self._marks()}, 1)"
        self.selected = ", ".join(map(quoted, self.names))
        self.by_key = " AND ".join(f"{quoted(name)} = ?" for name in self.key)
        # One row in any case: the count of declarations, then the row, whose version is null where there is none.
        row = ", ".join(f"{table.physical}.{quoted(name)}" for name in (*self.names, ROW_VERSION))
        key = " AND ".join(f"{table.physical}.{quoted(name)} = ?" for name in self.key)
        self.one = f"SELECT {row} FROM {table.physical} WHERE {key}"
        self.get = f"SELECT _oc_meta.declarations, {row} FROM _oc_meta LEFT JOIN {table.physical} ON {key}"

    # from JSON

    def values(self, row: JsonRow) -> Canonicals:
        """The canonical values of a row, by column. Raises Invalid naming the column."""
        if not isinstance(row, dict):
            raise Invalid(f"expected an object as a row, found {described(row)}")
        if not row.keys() <= self._known:
            self._refuse_unknown(row)
        values: Canonicals = {}
        for name, column, reads in self._read:
            value = row.get(name)
            try:
                values[name] = self._absent(column, row) if value is None else reads(value)
            except Unfit:
                column.type.check(value, name)  # says what is wrong with it
        for extraction in self._extractions:
            values[extraction.name] = _extracted(extraction, row.get(extraction.source))
        self._check_indexed(values)
        return values

    def assigned(self, given: JsonRow) -> Canonicals:
        """The canonical values of the columns that an update sets, extractions that follow from them included."""
        by_name = self.table.manifest.by_name
        values: Canonicals = {}
        for name, value in given.items():
            if name not in by_name:
                self._refuse_unknown(given)
            if name in self.key:
                raise Invalid(f"column `{name}` is part of the key, which an update cannot change", column=name)
            if value is None and by_name[name].required:
                raise Invalid(f"column `{name}` is required", column=name)
            values[name] = None if value is None else by_name[name].type.check(value, name)
        for extraction in self._extractions:
            if extraction.source in given:
                values[extraction.name] = _extracted(extraction, given[extraction.source])
        self._check_indexed(values)
        return values

    def key_of(self, text: str) -> list[Canonical]:
        """The key that a text stands for. Raises Invalid: no such text, or a key of several columns."""
        if len(self.key) > 1:
            columns = ", ".join(f"`{name}`" for name in self.key)
            ways = "read such a row by /query with ColumnScan, write it by `_batch`, delete it by SQL with `execute`"
            raise Invalid(f"the key of `{self.table.id}` has several columns ({columns}), which no path names: {ways}")
        return [self._key_types[0].key(text, self.key[0])]

    def key_from(self, values: Sequence[Json]) -> list[Canonical]:
        """The key of these values of its columns."""
        if len(values) != len(self.key):
            raise Invalid(f"the key of `{self.table.id}` has {len(self.key)} columns, found {len(values)} values")
        return [self._types[name].check(value, name) for name, value in zip(self.key, values, strict=True)]

    def _check_indexed(self, values: Canonicals) -> None:
        """An index has no room for very long texts: PostgreSQL's is a third of a page for an entry."""
        for name, most in self._indexed:
            value = values.get(name)
            if value is not None and len(value) > most // 4:  # type: ignore[arg-type] # text or bytes
                size = len(value.encode() if isinstance(value, str) else value)  # type: ignore[arg-type] # as above
                if size > most:
                    message = f"column `{name}` is in an index: expected at most {most:,} bytes, found {size:,}"
                    raise Invalid(message, column=name)

    def _absent(self, column: Column, row: JsonRow) -> Canonical | None:
        if column.name not in row:
            if column.default is not None:
                return column.default
            if column.generated:
                return new_key()
        if column.required:
            raise Invalid(f"column `{column.name}` is required", column=column.name)
        return None

    def _refuse_unknown(self, row: JsonRow) -> None:
        known = self.table.manifest.by_name
        extracted = [extraction.name for extraction in self._extractions]
        name = next(name for name in row if name not in known and name != ROW_VERSION)
        if name in extracted:
            raise Invalid(f"column `{name}` is filled by the store: leave it out", column=name)
        raise unknown(name, f"a column of `{self.table.id}`", known, column=name)

    def makes_key(self, row: JsonRow) -> bool:
        """Whether a row that was accepted gets its key from the store."""
        return self._made is not None and self._made not in row

    def fresh_row(self, row: JsonRow) -> FreshRow | None:
        """A row that can be written without a look at others; None where it cannot. Raises Invalid."""
        if not self._stands_alone or self._made in row:
            return None
        values = self.values(row)
        bound, key = self.bound(values), self.logged_key(self.key_in(values))
        return FreshRow(self, bound, key, json.dumps([self.put_operation(key, values, bound, 1)]))

    # to the engine

    def bound(self, values: Canonicals) -> list[Bound | None]:
        """The values as the engine takes them, in the order of the statements."""
        bound: list[Any] = list(map(values.__getitem__, self.names))
        for index, convert in self._converting:
            if (value := bound[index]) is not None:
                bound[index] = convert(value)
        return bound

    def key_in(self, values: Canonicals) -> list[Canonical]:
        """The key of a row."""
        return [values[name] for name in self.key]  # type: ignore[misc] # columns of a key are required

    def bound_key(self, key: Sequence[Canonical]) -> list[Bound]:
        """A key as the engine takes it."""
        return [write(value) for write, value in zip(self._write_key, key, strict=True)]

    def bound_some(self, values: Canonicals) -> list[Bound | None]:
        """The values of an update as the engine takes them, in their order."""
        return [
            None if value is None else to_engine(self._types[name], self.dialect, self.cipher)(value)
            for name, value in values.items()
        ]

    def key_text(self, key: Sequence[Canonical]) -> str:
        """The key as one text: for a single column its text, else a JSON array."""
        if len(key) == 1:
            return self._key_types[0].key_text(key[0])
        return json.dumps(self.logged_key(key)).decode()

    # from the engine

    def read(self, execute: Callable[[str, Sequence[Bound]], list[Values]], key: str) -> tuple[int, JsonRow | None]:
        """The row that the text of a key stands for, and the count of declarations at the moment of the reading."""
        [(declarations, *found)] = execute(self.get, self.bound_key(self.key_of(key)))
        assert isinstance(declarations, int), declarations
        return declarations, None if found[-1] is None else self._answer(tuple(found))

    def read_here(self, execute: Callable[[str, Sequence[Bound]], list[Values]], key: str) -> JsonRow | None:
        """As `read`, where the declarations are known to be those of the snapshot."""
        found = execute(self.one, self.bound_key(self.key_of(key)))
        return self._answer(found[0]) if found else None

    # for the log

    def logged(self, values: Canonicals, bound: Sequence[Bound | None]) -> JsonRow:
        """The row as a frame holds it: as answers show it, but what is secret as ciphertext."""
        row: JsonRow = {**values}
        for name, shows in self._shown:
            if (value := row[name]) is not None:
                row[name] = shows(value)
        if self._secret:
            by_name = dict(zip(self.names, bound, strict=False))
            row |= {name: _base64(by_name[name]) for name in self._secret}
        return row

    def put_operation(
        self, key: Json, values: Canonicals, bound: Sequence[Bound | None], version: int
    ) -> dict[str, Any]:
        """The operation of a row that was put; the key as `logged_key` has it."""
        return {"op": "put", "schema": self.name, "key": key, "row": self.logged(values, bound), "version": version}

    def logged_key(self, key: Sequence[Canonical]) -> Json:
        """The key as a frame holds it: a value, or an array for several columns."""
        if len(key) == 1:
            return self._key_types[0].json(key[0])
        return [kind.json(value) for kind, value in zip(self._key_types, key, strict=True)]

    def logged_from_engine(self, row: Values) -> JsonRow:
        """As `logged`, of a row that the engine gave."""
        shown = self.to_json(row)
        for name in self._secret:
            shown[name] = _base64(row[self.names.index(name)])
        return shown

    def canonical_key(self, row: Values) -> list[Canonical]:
        """The key of a row whose first values the engine gave in the order of the columns."""
        return [storage(self._types[name], self.dialect).read(row[self.names.index(name)]) for name in self.key]

    def _upsert(self, conflict: str) -> str:
        key = ", ".join(map(quoted, self.key))
        return (
            f"INSERT INTO {self.table.physical} ({self._columns()}) VALUES ({self._marks()}, {self._next_version()}) "
            f"ON CONFLICT ({key}) {conflict} RETURNING {self._written}"
        )

    def _columns(self) -> str:
        return ", ".join([*map(quoted, self.names), VERSION])

    def _marks(self) -> str:
        return ", ".join("?" for _ in self.names)

    def _next_version(self) -> str:
        """What was deleted under a key, which is the parameter, has left its version, from which a new row goes on."""
        return f"1 + coalesce((SELECT version FROM _oc_gone WHERE number = {self.table.number} AND key = ?), 0)"

    def params(self, values: Canonicals) -> list[Bound | None]:
        """The parameters of `insert` and `upsert` for a row; those of `bound` come first."""
        text = self.key_text(self.key_in(values))
        return [*self.bound(values), text, text]

    def _overwriting(self) -> str:
        physical = self.table.physical
        sets = [f"{quoted(name)} = excluded.{quoted(name)}" for name in self.names if name not in self.key]
        return ", ".join([*sets, f"{VERSION} = {physical}.{VERSION} + 1"])


def lengths(table: Table) -> Iterator[tuple[str, int]]:
    """The columns of text and bytes that are in an index, and how many bytes each may have."""
    manifest = table.manifest
    unique = [(column.name,) for column in manifest.columns if column.unique]
    pointing = [(key.column,) for key in manifest.foreign_keys]
    related = [(relation.column,) for relation in manifest.relations if relation.via is None]
    declared = [index.columns for index in manifest.all_indexes.values()]
    most: dict[str, int] = {}
    for columns in (manifest.primary_key, *unique, *pointing, *related, *declared, *table.followed):
        for name in columns:
            if manifest.types[name] in (STR, BYTES):
                most[name] = min(most.get(name, INDEXED_BYTES), INDEXED_BYTES // len(columns))
    yield from most.items()


def _extracted(extraction: Extraction, document: Json) -> Canonical | None:
    found = extraction.found_in(document)
    return None if found is None else extraction.type.check(found, extraction.name)


def _logged(kind: ColumnType) -> Callable[[Any], Json]:
    """The conversion of a canonical value for the log; secret ones are put in as ciphertext afterwards."""
    if kind is JSON:
        return json.embedded
    return (lambda value: None) if kind.secret else kind.shows


def _base64(data: Any) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
