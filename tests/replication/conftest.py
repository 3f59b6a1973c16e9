"""Both back ends, as a leader and as a follower."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.interface import Store
from substrate.opening import open_store
from tests.replication.worlds import SYSTEM


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of each back end in turn, empty."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def leader(tmp_path: Path) -> Iterator[Store]:
    """A store of SQLite files."""
    opened = open_store("", tmp_path / "leader", system=SYSTEM)
    yield opened
    opened.close()


@pytest.fixture
def follower(url: str, tmp_path: Path, leader: Store) -> Iterator[Store]:
    """Another store, on either back end, with the key of the leader."""
    (tmp_path / "follower").mkdir()
    (tmp_path / "follower" / "secret.key").write_bytes((tmp_path / "leader" / "secret.key").read_bytes())
    opened = open_store(url, tmp_path / "follower", system=SYSTEM, fenced=False)
    yield opened
    opened.close()
