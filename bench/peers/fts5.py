"""FTS5 of SQLite in this process: another formula for the rank, and every commit on disk."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

EACH = "FTS5 of SQLite in this process, a commit each"
SEARCH = "FTS5 of SQLite in this process"
Document = tuple[str, str]


class Fts5:
    """An index in a file of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(id UNINDEXED, text)")

    def put(self, documents: Iterable[Document]) -> None:
        """Adds documents; on return they are on disk and found."""
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO t VALUES (?, ?)", documents)
        self._connection.execute("COMMIT")

    def best(self, words: str, count: int) -> Sequence[str]:
        """The ids of the best documents for any of some words."""
        any_of = " OR ".join(f'"{word}"' for word in words.split())
        found = "SELECT id FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT ?"
        return [str(key) for (key,) in self._connection.execute(found, (any_of, count))]


@contextmanager
def fts5() -> Iterator[Fts5]:
    """An empty index."""
    with TemporaryDirectory() as folder, closing(_connected(Path(folder))) as connection:
        yield Fts5(connection)


def _connected(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "alone.sqlite", isolation_level=None)
