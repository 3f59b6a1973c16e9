"""Crons and watches on both back ends; time is whatever a test says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace, Store
from substrate.opening import open_store

Open = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of each back end in turn."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens stores on one folder, each as another process would; the first call finds no namespaces."""
    with ExitStack() as stack:

        def opening() -> Store:
            store = open_store(url, tmp_path / "data", system=MIGRATIONS)
            stack.callback(store.close)
            return store

        _empty(opening())
        yield opening
        _empty(opening())


@pytest.fixture
def ada(opened: Open) -> Namespace:
    """A namespace that was never written to."""
    return opened().namespace("ada")


def jobs(namespace: Namespace, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of all jobs, in the order in which they are taken."""
    rows: list[Any] = namespace.system(f"SELECT {', '.join(columns)} FROM job ORDER BY due, id")
    return rows


def _empty(store: Store) -> None:
    for name in store.names():
        store.delete(name)
