"""A data folder, its accounts with hashes that cost little, a clock to turn, and a second process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.service import Accounts
from tests.accounts.other_process import CHEAP, NOON, OtherProcess


class Clock:
    """Seconds since the epoch, from noon on, until a test turns it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    opened = Accounts(tmp_path, password_cost=CHEAP, now=clock, monotonic=clock)
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path, accounts: Accounts) -> Iterator[OtherProcess]:
    accounts.ready()
    with OtherProcess(tmp_path) as process:
        yield process
