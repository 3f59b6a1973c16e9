"""Bare connections to both engines, open for a whole test run, each inside one transaction that is never committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from substrate.engine import Connection
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine as PostgresEngine
from substrate.sqlite.connection import Connection as SqliteConnection
from tests.substrate.postgres_server import new_database


@contextmanager
def bare_sqlite() -> Iterator[Connection]:
    """SQLite in memory."""
    connection = SqliteConnection(Path(":memory:"), writes=True)
    connection.begin("IMMEDIATE")
    yield connection
    connection.close()


@contextmanager
def bare_postgres(server_url: str) -> Iterator[Connection]:
    """A namespace in a PostgreSQL database of its own: nobody else waits for the transaction."""
    with new_database(server_url) as url:
        database = Database(url)
        engine = PostgresEngine(database, "bare")
        engine.create([])
        with engine.writing() as connection:
            connection.script("SET LOCAL idle_in_transaction_session_timeout = 0")  # other tests may come in between
            yield connection
        database.close()
