"""What holds for all tests: those that start servers or the command line are slow, `make check` leaves them out."""

from pathlib import Path

import pytest

SLOW_FOLDERS = frozenset({"bench", "cli", "http"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of the folders that are slow as a whole."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
