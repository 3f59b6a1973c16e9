"""A chain whose process dies at a named point goes on in another one; nothing is lost, and nothing done twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.chains import killed_at, service
from tests.models.services import Service

POINTS = (
    "after the claim of a job",
    "inside the transaction*2",
    "after the commit*4",
    "before the write*8",
    "after the commit*11",
    "inside the transaction*13",
    "after the commit*15",
)


@pytest.fixture
def model() -> Iterator[Service]:
    """A service that answers for models, and takes webhooks."""
    made = service()
    threading.Thread(target=made.server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, model: Service, tmp_path: Path) -> None:
    died, wrong = killed_at("", tmp_path / "data", model, point)
    assert died
    assert not wrong


def test_killed_on_postgres(postgres_database: str, model: Service, tmp_path: Path) -> None:
    died, wrong = killed_at(postgres_database, tmp_path / "data", model, "after the commit*9")
    assert died
    assert not wrong
