"""Both engines with the same tables and rows; a test runs on one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.engine import Connection
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine as PostgresEngine
from substrate.sqlite.engine import Connection as SqliteConnection
from tests.substrate.sql.shop import Shop


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Connection]:
    """SQLite in memory."""
    connection = SqliteConnection(Path(":memory:"), writes=True)
    connection.begin("IMMEDIATE")
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Connection]:
    """A namespace in PostgreSQL, inside one transaction."""
    database = Database(postgres_url)
    engine = PostgresEngine(database, "sql")
    engine.create([])
    with engine.writing() as connection:
        yield connection
    engine.drop()
    database.close()


@pytest.fixture(scope="session")
def shops(sqlite: Connection, postgres: Connection) -> dict[str, Shop]:
    """The shop in each engine, by its name."""
    return {"sqlite": Shop("sqlite", sqlite), "postgres": Shop("postgres", postgres)}


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, shops: dict[str, Shop]) -> Shop:
    """The shop in one engine."""
    return shops[request.param]
