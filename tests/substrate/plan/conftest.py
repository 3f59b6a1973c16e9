"""Both engines with the same tables and rows; a test runs on one after the other."""

from collections.abc import Iterator

import pytest

from substrate.engine import Connection
from tests.substrate.bare import bare_postgres, bare_sqlite
from tests.substrate.plan.world import World


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Connection]:
    """SQLite in memory."""
    with bare_sqlite() as connection:
        yield connection


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> Iterator[Connection]:
    """A namespace in PostgreSQL."""
    with bare_postgres(postgres_server) as connection:
        yield connection


@pytest.fixture(scope="session")
def worlds(sqlite: Connection, postgres: Connection) -> dict[str, World]:
    """The tables of `world` in each engine, by its name."""
    return {"sqlite": World("sqlite", sqlite), "postgres": World("postgres", postgres)}


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> Iterator[World]:
    """The tables in one engine; what a test adds to them is gone after it."""
    with worlds[request.param].undone() as world:
        yield world
