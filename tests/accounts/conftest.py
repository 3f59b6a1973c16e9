"""A data folder or a database, its accounts with hashes that cost little, a clock to turn, and a second process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.service import Accounts
from tests.accounts.keeping import Keeping, cleared
from tests.accounts.other_process import NOON, OtherProcess


class Clock:
    """Seconds since the epoch, from noon on, until a test turns it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> Keeping:
    return Keeping(tmp_path, "" if request.param == "sqlite" else cleared(request.getfixturevalue("postgres_url")))


@pytest.fixture
def accounts(keeping: Keeping, clock: Clock) -> Iterator[Accounts]:
    opened = keeping.open(now=clock, monotonic=clock)
    yield opened
    opened.close()


@pytest.fixture
def other(keeping: Keeping, accounts: Accounts) -> Iterator[OtherProcess]:
    accounts.ready()
    with OtherProcess(keeping) as process:
        yield process
