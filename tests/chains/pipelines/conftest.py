"""Pipelines that run; those tests that say so run on both back ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chains.worker_process import Worker, working

BOTH = pytest.mark.parametrize("worker", ["sqlite", "postgres"], indirect=True)
"""Runs a test on each back end in turn."""


@pytest.fixture
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Worker]:
    """A worker in this process, of a namespace without anything."""
    postgres = getattr(request, "param", "sqlite") == "postgres"
    url = str(request.getfixturevalue("postgres_url")) if postgres else ""
    with working(url, tmp_path / "data") as made:
        for name in made.store.names():
            made.store.delete(name)
        made.namespace.make()
        yield made
