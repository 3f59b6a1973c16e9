"""Tests that notice nothing are noticed: two bugs put in on purpose, the others by `python -m tests.crash.planted`."""

from pathlib import Path

import pytest

from tests.crash.planted import is_caught, planted

QUICK = ("lease_not_fenced", "wait_not_compared")


@pytest.mark.parametrize("name", QUICK)
def test_it_is_caught(name: str, tmp_path: Path) -> None:
    (bug,) = (each for each in planted() if each.name == name)
    assert is_caught(bug, tmp_path / "copy")
