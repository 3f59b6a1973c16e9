"""A place to run executions, on both engines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chains.running.driving import Here


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    """On SQLite."""
    made = Here(tmp_path)
    yield made
    made.store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Here]:
    """On both engines, one after the other."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else ""
    made = Here(tmp_path, url)
    yield made
    made.store.close()
