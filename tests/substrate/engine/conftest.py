"""Each test of this folder that asks for an engine runs on both: what holds on one has to hold on the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.engine import Engine
from tests.substrate.engine.places import TABLES, Place


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for namespaces."""
    if request.param == "postgres":
        return Place("postgres", str(request.getfixturevalue("postgres_database")))
    return Place("sqlite", str(tmp_path / "namespaces"))


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    """That of the namespace `ada`, with the tables t(a, b) and turns(place, who)."""
    opened = place.open()
    assert opened.create(TABLES)
    yield opened
    opened.close()
