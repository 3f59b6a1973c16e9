"""Where accounts are kept in tests: a data folder, with their tables in it or in PostgreSQL."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from accounts.schema import DATABASE, MIGRATIONS
from accounts.service import Accounts
from oql.passwords import Argon2Cost
from substrate.opening import open_control

CHEAP = Argon2Cost(memory_kib=8, passes=1)


@dataclass(frozen=True)
class Keeping:
    """`url`: that of PostgreSQL, or "" for a file in the folder."""

    folder: Path
    url: str = ""

    def open(self, **settings: Any) -> Accounts:
        """Its accounts, with hashes that cost little unless the settings have it otherwise."""
        database = open_control(self.url, self.folder, DATABASE, MIGRATIONS)
        return Accounts(self.folder, database=database, **{"password_cost": CHEAP, **settings})

    def content(self) -> bytes:
        """All that is kept, to search for what must not be."""
        files = b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())
        return files + (self._rows().encode() if self.url else b"")

    def _rows(self) -> str:
        with psycopg.connect(self.url) as connection:
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", (f"oql_{DATABASE}",)
            ).fetchall()
            return "\n".join(
                str(row)
                for (table,) in tables
                for row in connection.execute(f"SELECT each::text FROM oql_{DATABASE}.{table} AS each".encode())
            )


def cleared(url: str) -> str:
    """The database of the URL, without accounts."""
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS oql_{DATABASE} CASCADE".encode())
        if connection.execute("SELECT to_regclass('oql_control.control')").fetchone() != (None,):
            connection.execute("DELETE FROM oql_control.control WHERE name = %s", (DATABASE,))
    return url
