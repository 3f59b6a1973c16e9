"""SQLite alone: the library that our store stands on, set as ours is, with statements that are kept."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw

from bench.engines import COLUMNS, SQL_INDEX, SQL_SUMS, SQL_TABLE
from substrate.interface import JsonRow

SQLITE = "SQLite alone, fsync at each commit"
_INSERT = f"INSERT INTO orders VALUES ({', '.join(f':{name}' for name in COLUMNS)})"


class SQLite:
    """The table in a file of its own."""

    def __init__(self, path: Path) -> None:
        self.connection = apsw.Connection(str(path))
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self.connection.execute(f"PRAGMA {pragma}").fetchall()
        self.connection.execute(SQL_TABLE.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY"))
        self.connection.execute(SQL_INDEX)

    def insert(self, row: JsonRow) -> object:
        return self.connection.execute(_INSERT, row)

    def fill(self, rows: Sequence[JsonRow]) -> object:
        with self.connection:
            self.connection.executemany(_INSERT, rows)
        return None

    def read(self, key: int) -> object:
        return self.connection.execute("SELECT * FROM orders WHERE id = ?", (key,)).fetchone()

    def named(self, who: str) -> Sequence[object]:
        return self.connection.execute("SELECT * FROM orders WHERE who = ?", (who,)).fetchall()

    def sums(self) -> Sequence[object]:
        return self.connection.execute(SQL_SUMS).fetchall()


@contextmanager
def sqlite(folder: Path) -> Iterator[SQLite]:
    """SQLite in this process."""
    made = SQLite(folder / "alone.sqlite")
    try:
        yield made
    finally:
        made.connection.close()
