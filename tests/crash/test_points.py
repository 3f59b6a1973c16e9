"""A job whose process dies at a named point goes on in another one, and does everything once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.points import OF_JOBS, killed_at
from tests.crash.sink import Sink, taking
from tests.crash.works import everything

SAMPLES = ("after an effect outside*2", "inside the transaction*5", "after the commit*4")


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that takes webhooks."""
    with taking() as made:
        yield made


@pytest.mark.parametrize("point", [*OF_JOBS, *SAMPLES])
def test_killed_at_a_point(point: str, sink: Sink, tmp_path: Path) -> None:
    died, wrong = killed_at("", tmp_path / "data", sink, everything("t", sink.url), point)
    assert died
    assert not wrong
