"""A store for the tests of this room, with the tables of durable work."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace, Store
from substrate.opening import open_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of SQLite files."""
    opened = open_store("", Path(tmp_path_factory.mktemp("store")), system=MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def namespace(store: Store) -> Namespace:
    """An empty namespace."""
    return store.namespace(f"test_{uuid4().hex}")
