"""Both engines with the same tables and rows; a test runs on one after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.engine import Connection
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine as PostgresEngine
from substrate.sqlite.engine import Connection as SqliteConnection
from tests.substrate.plan.world import World


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
    engine = PostgresEngine(database, "plans")
    engine.create([])
    with engine.writing() as connection:
        yield connection
    engine.drop()
    database.close()


@pytest.fixture(scope="session")
def worlds(sqlite: Connection, postgres: Connection) -> dict[str, World]:
    """The tables of `world` in each engine, by its name."""
    return {"sqlite": World("sqlite", sqlite), "postgres": World("postgres", postgres)}


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> Iterator[World]:
    """The tables in one engine; what a test adds to them is gone after it."""
    with worlds[request.param].undone() as world:
        yield world
