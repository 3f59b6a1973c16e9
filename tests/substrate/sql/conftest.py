"""Both engines with the same tables and rows; a test runs on one after the other."""

from collections.abc import Iterator

import pytest

from substrate.engine import Connection
from tests.substrate.bare import bare_postgres, bare_sqlite
from tests.substrate.sql.shop import Shop


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
def shops(sqlite: Connection, postgres: Connection) -> dict[str, Shop]:
    """The shop in each engine, by its name."""
    return {"sqlite": Shop("sqlite", sqlite), "postgres": Shop("postgres", postgres)}


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, shops: dict[str, Shop]) -> Shop:
    """The shop in one engine."""
    return shops[request.param]
