"""The tables of a namespace that are not declared ones: the store's own, and the system tables.

Their columns have types that are the same on both engines: text, whole numbers, floats, bytes.
"""

import base64
import math
from collections.abc import Iterator
from typing import Any

from substrate.columns import Bound
from substrate.engine import Connection, DialectName
from substrate.fulltext.layout import TABLES as TEXTS
from substrate.layout import WORDS
from substrate.migrations.records import TABLES as MIGRATIONS
from substrate.own_tables import OwnTables
from substrate.vectors.layout import TABLES as VECTORS

ON_USE: tuple[OwnTables, ...] = (VECTORS, TEXTS, MIGRATIONS)
"""Those that stand only in the namespaces that use them."""
ON_USE_PREFIXES = ("_oc_vector", "_oc_text", "_oc_migration")
"""How their names begin."""
BASE = ("_oc_meta", "_oc_database", "_oc_table", "_oc_gone", "_oc_answer")
"""Those that are in every namespace and that whoever follows it needs."""
WHOLE = ("_oc_log", "_oc_cache")
"""Those that only a backup has."""

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
}
_COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info(?) ORDER BY cid",
    "postgres": "SELECT attname FROM pg_attribute WHERE attrelid = CAST(? AS regclass) AND attnum > 0"
    " AND NOT attisdropped ORDER BY attnum",
}


def names(connection: Connection, dialect: DialectName) -> list[str]:
    """All tables of a namespace that are not declared ones or shadows of these."""
    found = [str(name) for (name,) in connection.execute(_TABLES[dialect])]
    return [name for name in found if not (name[0] == "t" and name[1:].isdigit())]


def declared(connection: Connection, dialect: DialectName) -> list[str]:
    """What keeps declared tables, and their shadows."""
    found = [str(name) for (name,) in connection.execute(_TABLES[dialect])]
    return [name for name in found if name[0] == "t" and name[1:].isdigit()]


def columns(connection: Connection, dialect: DialectName, table: str) -> list[str]:
    """The columns of a table, in their order."""
    return [str(name) for (name,) in connection.execute(_COLUMNS[dialect], (table,))]


def make_missing(connection: Connection, dialect: DialectName, wanted: list[str]) -> None:
    """Makes those of `ON_USE` that are wanted and not there."""
    there = names(connection, dialect)
    for tables in ON_USE:
        if tables.probe in wanted and tables.probe not in there:
            connection.script(tables.script.format(**WORDS[dialect]))


def rows(connection: Connection, table: str, of: list[str], where: str = "") -> Iterator[list[Any]]:
    """The rows of a table as JSON has them: bytes and endless floats as objects."""
    listed = ", ".join(f'"{name}"' for name in of)
    for row in connection.stream(f"SELECT {listed} FROM {table}{where}"):
        yield [_told(cell) for cell in row]


def insert(connection: Connection, table: str, into: list[str], found: list[list[Any]]) -> None:
    """Puts such rows into a table."""
    listed = ", ".join(f'"{name}"' for name in into)
    marks = ", ".join("?" for _ in into)
    connection.many(
        f"INSERT INTO {table} ({listed}) VALUES ({marks}) RETURNING 1",
        [[_bound(cell) for cell in row] for row in found],
    )


def _told(cell: Bound | None) -> Any:
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return {"base64": base64.b64encode(cell).decode()}
    if isinstance(cell, float) and not math.isfinite(cell):
        return {"float": str(cell)}
    return cell


def _bound(cell: Any) -> Bound | None:
    if isinstance(cell, dict):
        return base64.b64decode(cell["base64"]) if "base64" in cell else float(cell["float"])
    return cell  # type: ignore[no-any-return] # text or a number
