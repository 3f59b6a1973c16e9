"""A mirror of SQLite files and a PostgreSQL database."""

import itertools
from collections.abc import Iterator

import pytest

from tests.substrate.mirror.namespace import MirrorNamespace
from tests.substrate.mirror.opening import mirror_store
from tests.substrate.mirror.store import MirrorStore
from tests.substrate.postgres_server import new_database

_numbers = itertools.count(1)
SYSTEM = ("CREATE TABLE note (id TEXT PRIMARY KEY, size BIGINT, weight DOUBLE PRECISION)",)


@pytest.fixture(scope="session")
def mirror(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MirrorStore]:
    """A mirror that the tests of this process share, on a database that nobody else uses."""
    with new_database(postgres_server) as url, mirror_store(url, tmp_path_factory.mktemp("mirror"), SYSTEM) as store:
        yield store


@pytest.fixture
def ada(mirror: MirrorStore) -> Iterator[MirrorNamespace]:
    """A namespace of the mirror that nobody has used."""
    name = f"ada_{next(_numbers)}"
    yield mirror.namespace(name)
    mirror.delete(name)
