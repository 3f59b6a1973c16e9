"""A real Valkey and a control database for each test that asks for them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from substrate.interface import ControlDatabase
from substrate.opening import open_control
from tests.worker.valkeys import PrivateValkey
from worker.hints import Hints
from worker.marks import DATABASE, MIGRATIONS

Open = Callable[[str | None], Hints]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[PrivateValkey]:
    """A running private Valkey."""
    server = PrivateValkey(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlDatabase]:
    """The control database of due work."""
    opened = open_control("", tmp_path, DATABASE, MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def open_hints(control: ControlDatabase) -> Iterator[Open]:
    """Makes hints, each as a process of its own would have them."""
    opened: list[Hints] = []

    def make(redis_url: str | None) -> Hints:
        opened.append(Hints(control, redis_url))
        return opened[-1]

    yield make
    for hints in opened:
        hints.close()
