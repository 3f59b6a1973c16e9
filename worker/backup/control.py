"""Control databases as JSON, each at one moment: `{"tables": [{"name", "columns", "rows"}, ...]}`."""

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accounts.schema import DATABASE as ACCOUNTS, MIGRATIONS as ACCOUNT_MIGRATIONS
from substrate import json
from substrate.files.shares import MIGRATIONS as SHARE_MIGRATIONS
from substrate.interface import Cell, Transaction
from substrate.opening import open_control
from substrate.replication.leases import DATABASE as REPLICATION, MIGRATIONS as REPLICATION_MIGRATIONS
from worker.backup.manifest import BackupError
from worker.keys import DATABASE as INSTALLATION, MIGRATIONS as INSTALLATION_MIGRATIONS
from worker.marks import DATABASE as MARKS, MIGRATIONS as MARK_MIGRATIONS

DATABASES: dict[str, Sequence[str]] = {
    ACCOUNTS: ACCOUNT_MIGRATIONS,
    MARKS: MARK_MIGRATIONS,
    "shares": SHARE_MIGRATIONS,
    REPLICATION: REPLICATION_MIGRATIONS,
    INSTALLATION: INSTALLATION_MIGRATIONS,
}
"""All control databases by their names, and their migrations."""

_CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")
_THERE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT tablename FROM pg_tables WHERE schemaname = '{}'",
}
_COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('{1}') ORDER BY cid",
    "postgres": "SELECT column_name FROM information_schema.columns WHERE table_schema = '{0}'"
    " AND table_name = '{1}' ORDER BY ordinal_position",
}


def dumped(url: str, folder: Path, name: str) -> bytes | None:
    """A control database; None where there is none. No writer comes in meanwhile. Raises DatabaseError."""
    if not url and not (folder / f"{name}.sqlite").exists():
        return None
    database = open_control(url, folder, name, DATABASES[name])
    try:
        with database.write() as transaction:
            tables = [_table(transaction, url, name, table) for table in _tables(transaction, url, name)]
    finally:
        database.close()
    return json.dumps({"tables": tables})


def restore(url: str, folder: Path, name: str, migrations: int, raw: bytes) -> None:
    """Makes a control database what was dumped; what it held is gone. Raises BackupError, DatabaseError."""
    known = DATABASES.get(name)
    if known is None or migrations > len(known):
        raise BackupError(f"the control database `{name}` is of a newer version of this program")
    found = json.loads(raw)["tables"]
    if not url:
        for suffix in ("", "-wal", "-shm"):
            (folder / f"{name}.sqlite{suffix}").unlink(missing_ok=True)
    database = open_control(url, folder, name, known if url else known[:migrations])
    try:
        with database.write() as transaction:
            for table in reversed(found):
                transaction.execute(f"DELETE FROM {table['name']}")  # noqa: S608 -- names of the migrations
            for table in found:
                _fill(transaction, table)
    finally:
        database.close()


def _tables(transaction: Transaction, url: str, name: str) -> list[str]:
    """The tables that there are, each behind those that it points to: in the order in which they were made."""
    engine = "postgres" if url else "sqlite"
    there = {row[0] for row in transaction.execute(_THERE[engine].format(f"oql_{name}"))}
    made = dict.fromkeys(table for script in DATABASES[name] for table in _CREATED.findall(script))
    return [table for table in made if table in there]


def _table(transaction: Transaction, url: str, name: str, table: str) -> dict[str, Any]:
    engine = "postgres" if url else "sqlite"
    columns = [str(row[0]) for row in transaction.execute(_COLUMNS[engine].format(f"oql_{name}", table))]
    listed = ", ".join(f'"{column}"' for column in columns)
    rows = transaction.execute(f"SELECT {listed} FROM {table}")  # noqa: S608 -- names of the migrations
    return {"name": table, "columns": columns, "rows": [[_told(cell) for cell in row] for row in rows]}


def _fill(transaction: Transaction, table: dict[str, Any]) -> None:
    listed = ", ".join(f'"{column}"' for column in table["columns"])
    marks = ", ".join("?" for _ in table["columns"])
    for row in table["rows"]:
        transaction.execute(
            f"INSERT INTO {table['name']} ({listed}) VALUES ({marks})",  # noqa: S608 -- as above
            *(_cell(cell) for cell in row),
        )


def _told(cell: Cell) -> Any:
    return {"base64": base64.b64encode(cell).decode()} if isinstance(cell, (bytes, memoryview)) else cell


def _cell(told: Any) -> Cell:
    return base64.b64decode(told["base64"]) if isinstance(told, dict) else told
