"""Of an answer, a cancellation and a deadline at the same moment one ends the wait, and what is said is true."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.opening import open_store
from tests.crash.racing import raced

ROUNDS = 200


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of each back end in turn."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


def test_one_wins(url: str, tmp_path: Path) -> None:
    stores = [open_store(url, tmp_path / "data", system=MIGRATIONS) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        races = [
            raced([store.namespace("user_race") for store in stores], f"job{number}", 1_000.0, pool)
            for number in range(ROUNDS)
        ]
    for store in stores:
        store.close()
    assert [fault for race in races for fault in race.faults] == []
    assert len(Counter(race.wait for race in races)) > 1, "it was always the same who won"
