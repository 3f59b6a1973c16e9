"""A mirror of SQLite files and a PostgreSQL database."""

import itertools
from collections.abc import Iterator

import pytest

from tests.substrate.mirror.namespace import MirrorNamespace
from tests.substrate.mirror.opening import mirror_store
from tests.substrate.mirror.store import MirrorStore

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def mirror(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MirrorStore]:
    """A mirror that the tests of this process share."""
    with mirror_store(postgres_url, tmp_path_factory.mktemp("mirror")) as store:
        yield store


@pytest.fixture
def ada(mirror: MirrorStore) -> Iterator[MirrorNamespace]:
    """A namespace of the mirror that nobody has used."""
    name = f"ada_{next(_numbers)}"
    yield mirror.namespace(name)
    mirror.delete(name)
