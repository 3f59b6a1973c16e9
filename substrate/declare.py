"""Declarations of tables as changes of the engine: made, changed where that is compatible, dropped."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace as replaced
from typing import Any

from substrate import names, sql
from substrate.catalog import Catalog, Table
from substrate.columns import ColumnType
from substrate.engine import Connection, DialectName, storage
from substrate.errors import Conflict, Invalid
from substrate.log import Op
from substrate.manifest import Manifest, read
from substrate.manifest.changes import (
    AddCheck,
    AddColumn,
    Incompatible,
    Rebuild,
    Same,
    Step,
    compare,
    first_version,
)
from substrate.plan.leading import refuse_dead_ends
from substrate.rows import VERSION, quoted


@dataclass(frozen=True, slots=True)
class Declared:
    """What came of a declaration."""

    catalog: Catalog
    version: int
    ops: list[Op]


def load(connection: Connection) -> Catalog:
    """The tables as they are declared in the snapshot of a connection."""
    state = declarations(connection)
    found: list[Any] = connection.execute("SELECT number, version, text FROM _oc_table")
    return Catalog([Table(number, version, read(text), text) for number, version, text in found], state)


def declarations(connection: Connection) -> int:
    """A count of all declarations so far: what was loaded under another one is out of date."""
    found: list[Any] = connection.execute("SELECT declarations FROM _oc_meta")
    return int(found[0][0])


def register(
    connection: Connection,
    dialect: DialectName,
    catalog: Catalog,
    manifest: Manifest,
    text: str,
    *,
    again: bool = False,
) -> Declared:
    """Makes a table, or changes it where that is compatible. Raises Invalid, Conflict.

    again: as another server did it, which may have taken relations that lead nowhere.
    """
    old = catalog.tables.get(str(manifest.id))
    if old is None:
        made = _new(connection, catalog, manifest, text)
        if not again:
            refuse_dead_ends(made, manifest.relations, beside(catalog, made))
        return _make(connection, dialect, catalog, made)
    empty = not connection.execute(f"SELECT 1 FROM {old.physical} LIMIT 1")
    outcome = compare(old.manifest, manifest, version=old.version, empty=empty)
    if isinstance(outcome, Same):
        return _reworded(connection, catalog, old, manifest, text)
    if isinstance(outcome, Incompatible):
        raise outcome.conflict()
    table = among(catalog, Table(old.number, outcome.version, manifest, text))
    if not again:
        kept = () if Rebuild() in outcome.steps else old.manifest.relations
        refuse_dead_ends(table, (each for each in manifest.relations if each not in kept), beside(catalog, table))
    for step in outcome.steps:
        _apply(connection, dialect, table, step)
    _follow_indexes(connection, old, table)
    return _kept(connection, catalog, table)


def drop(connection: Connection, catalog: Catalog, table: Table) -> Catalog:
    """Drops a table. Raises Conflict where a foreign key of another one points to it."""
    return drop_all(connection, catalog, [table])


def drop_all(connection: Connection, catalog: Catalog, tables: Iterable[Table]) -> Catalog:
    """Drops tables together, so that foreign keys among them are no hindrance."""
    dropped = {str(table.id): table for table in tables}
    left = [table for name, table in catalog.tables.items() if name not in dropped]
    for table in left:
        for key in table.manifest.foreign_keys:
            if str(key.target) in dropped:
                raise Conflict(f"`{table.id}` has a foreign key to `{key.target}`: drop that table first")
    for table in dropped.values():
        connection.execute(f"DROP TABLE {table.physical}")
        connection.execute("DELETE FROM _oc_table WHERE number = ?", (table.number,))
        connection.execute("DELETE FROM _oc_gone WHERE number = ?", (table.number,))
    after = Catalog(left, _count(connection))
    _follow_relations(connection, catalog, after)
    return after


def create_database(connection: Connection, name: str) -> None:
    """Makes an empty database. Raises Invalid for a name that is none."""
    names.identifier(name, "a database")
    connection.execute("INSERT INTO _oc_database (name) VALUES (?)", (name,))


def delete_database(connection: Connection, name: str) -> None:
    """Forgets a database; its tables are dropped before."""
    connection.execute("DELETE FROM _oc_database WHERE name = ?", (name,))


def _new(connection: Connection, catalog: Catalog, manifest: Manifest, text: str) -> Table:
    twin = catalog.folded.get(str(manifest.id).lower())
    if twin is not None:
        raise Invalid(f"`{manifest.id}` and `{twin.id}`, which is there, differ in case alone")
    return among(catalog, Table(next_number(connection), first_version(manifest), manifest, text))


def _make(connection: Connection, dialect: DialectName, catalog: Catalog, table: Table) -> Declared:
    create(connection, dialect, table)
    connection.execute(
        "INSERT INTO _oc_table (number, id, version, text) VALUES (?, ?, ?, ?)",
        (table.number, str(table.id), table.version, table.text),
    )
    return _declared(connection, catalog, table)


def _reworded(connection: Connection, catalog: Catalog, old: Table, manifest: Manifest, text: str) -> Declared:
    """The same table with the text that was registered last, in the version that it has."""
    if text == old.text:
        return Declared(catalog, old.version, [])
    return _kept(connection, catalog, replaced(old, manifest=manifest, text=text))


def _kept(connection: Connection, catalog: Catalog, table: Table) -> Declared:
    """Keeps the declaration of a table that is there."""
    connection.execute(
        "UPDATE _oc_table SET version = ?, text = ? WHERE number = ?", (table.version, table.text, table.number)
    )
    return _declared(connection, catalog, table)


def _declared(connection: Connection, catalog: Catalog, table: Table) -> Declared:
    after = beside(catalog, table, _count(connection))
    _follow_relations(connection, catalog, after)
    op: Op = {"op": "schema", "id": str(table.id), "version": table.version, "toml": table.text}
    return Declared(after, table.version, [op])


def among(catalog: Catalog, table: Table) -> Table:
    """A table as it is among the others, whose relations may go along its rows."""
    return beside(catalog, table).tables[str(table.id)]


def beside(catalog: Catalog, table: Table, state: int = 0) -> Catalog:
    """A table with all others."""
    return Catalog({**catalog.tables, str(table.id): table}.values(), state)


def _follow_relations(connection: Connection, before: Catalog, after: Catalog) -> None:
    """Makes and drops the indexes of tables along whose rows others' relations go, or go no longer."""
    for name, table in after.tables.items():
        old = before.tables.get(name)
        if old is not None and old.followed != table.followed and old.number == table.number:
            _follow_indexes(connection, old, table)


def counted(connection: Connection, catalog: Catalog) -> Catalog:
    """The same tables behind one more declaration, so that every process looks at the namespace anew."""
    return Catalog(catalog.tables.values(), _count(connection))


def next_number(connection: Connection) -> int:
    """The number of a table that is to be made."""
    found: list[Any] = connection.execute("UPDATE _oc_meta SET tables = tables + 1 RETURNING tables")
    return int(found[0][0])


def replace(connection: Connection, catalog: Catalog, old: Table, new: Table) -> Catalog:
    """Puts a table, made and filled under a number of its own, in the place of another. What kept that one stays."""
    connection.execute(
        "UPDATE _oc_table SET number = ?, version = ?, text = ? WHERE number = ?",
        (new.number, new.version, new.text, old.number),
    )
    after = beside(catalog, new, _count(connection))
    _follow_relations(connection, catalog, after)
    for name, (columns, unique) in _indexes(new).items():  # one may be wanted since by a relation of another table
        _create_index(connection, new, name, columns, unique)
    return after


def _count(connection: Connection) -> int:
    found: list[Any] = connection.execute("UPDATE _oc_meta SET declarations = declarations + 1 RETURNING declarations")
    return int(found[0][0])


def create(connection: Connection, dialect: DialectName, table: Table) -> None:
    """Makes what keeps a table, with its indexes."""
    manifest = table.manifest
    required = {column.name for column in manifest.columns if column.required}
    columns = [_column(name, kind, dialect, name in required) for name, kind in manifest.types.items()]
    key = ", ".join(map(quoted, manifest.primary_key))
    parts = ", ".join([*columns, f"{VERSION} {storage_of_version(dialect)} NOT NULL", f"PRIMARY KEY ({key})"])
    connection.execute(f"CREATE TABLE {table.physical} ({parts}){' STRICT' if dialect == 'sqlite' else ''}")
    made = list(_indexes(table).items())
    # Of several unique columns, SQLite names the one indexed last, PostgreSQL the one indexed first.
    for name, (columns_of_index, unique) in reversed(made) if dialect == "sqlite" else made:
        _create_index(connection, table, name, columns_of_index, unique)


def storage_of_version(dialect: DialectName) -> str:
    """The engine's type of row versions."""
    return "INTEGER" if dialect == "sqlite" else "bigint"


def _column(name: str, kind: ColumnType, dialect: DialectName, required: bool) -> str:
    return f"{quoted(name)} {storage(kind, dialect).declared}{' NOT NULL' if required else ''}"


def _apply(connection: Connection, dialect: DialectName, table: Table, step: Step) -> None:
    """One step of a change, but for indexes: these follow from the manifests before and after."""
    if isinstance(step, Rebuild):
        connection.execute(f"DROP TABLE {table.physical}")
        create(connection, dialect, table)
    elif isinstance(step, AddColumn):
        column = step.column
        definition = _column(column.name, column.type, dialect, required=False)
        connection.execute(f"ALTER TABLE {table.physical} ADD COLUMN {definition}")
        if column.default is not None:
            value = storage(column.type, dialect).write(column.default)
            connection.execute(f"UPDATE {table.physical} SET {quoted(column.name)} = ?", (value,))
    elif isinstance(step, AddCheck):
        condition = sql.condition(step.check.expression, table.manifest, dialect)
        if connection.execute(f"SELECT 1 FROM {table.physical} WHERE NOT ({condition}) LIMIT 1"):
            raise Conflict(f"a row breaks the new check `{step.check.name}`")


def _follow_indexes(connection: Connection, old: Table, new: Table) -> None:
    """Drops the indexes that are declared no longer, and makes the new ones; what a rebuild made is left alone."""
    before, after = _indexes(old), _indexes(new)
    for name in before.keys() - after.keys():
        connection.execute(f"DROP INDEX IF EXISTS {_physical(new, name)}")
    for name in after:
        if name not in before:
            _create_index(connection, new, name, *after[name])


def _indexes(table: Table) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Every index of a table by a name that says all about it: (columns, unique)."""
    found = {}
    wanted = [*_wanted_indexes(table.manifest), *((columns, False) for columns in table.followed)]
    for columns, unique in wanted:
        if columns != table.manifest.primary_key:
            found["".join(("u:" if unique else "i:", ",".join(columns)))] = (columns, unique)
    return found


def _wanted_indexes(manifest: Manifest) -> Iterator[tuple[tuple[str, ...], bool]]:
    for column in manifest.columns:
        if column.unique:
            yield (column.name,), True
    for index in manifest.all_indexes.values():
        yield index.columns, False
    # Relations are followed both ways, and deletes look for rows that point to what they delete.
    for relation in manifest.relations:
        if relation.via is None and manifest.types[relation.column].order is not None:
            yield (relation.column,), False
    for key in manifest.foreign_keys:
        yield (key.column,), False


def _create_index(connection: Connection, table: Table, name: str, columns: tuple[str, ...], unique: bool) -> None:
    kind = "UNIQUE INDEX" if unique else "INDEX"
    listed = ", ".join(map(quoted, columns))
    connection.execute(f"CREATE {kind} IF NOT EXISTS {_physical(table, name)} ON {table.physical} ({listed})")


def _physical(table: Table, name: str) -> str:
    return f"{table.physical}_{hashlib.sha256(name.encode()).hexdigest()[:16]}"
