"""A chain whose process dies at a named point goes on in another one; nothing is lost, and nothing done twice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.starting import start
from tests.crash.chains import answering, killed_at, on_a_disk_that_fails
from tests.crash.forked import dies
from tests.crash.holder import run_on, work_off, working
from tests.crash.points import AHEAD_S, found
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
    with answering() as made:
        yield made


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point(point: str, model: Service, tmp_path: Path) -> None:
    died, wrong = killed_at("", tmp_path / "data", model, point)
    assert died
    assert not wrong


def test_killed_on_postgres(postgres_database: str, model: Service, tmp_path: Path) -> None:
    died, wrong = killed_at(postgres_database, tmp_path / "data", model, "after the commit*9")
    assert died
    assert not wrong


def test_a_disk_that_fails_once(model: Service, tmp_path: Path) -> None:
    """Steps beside the one whose commit has failed write nothing more, so that no number of an event is left out."""
    assert on_a_disk_that_fails(tmp_path / "data", model, 100, "broken") == (True, [])


FAILING = """name: failing
output: a
steps: [{id: a, type: oql, program: 'CALCULATE "1 / 0"', output_var: a}]
"""
NOBODY = "127.0.0.1:1"


def test_killed_between_the_failure_of_a_step_and_the_end(tmp_path: Path) -> None:
    """What it has failed with is that of the step still."""
    with working("", tmp_path / "data", NOBODY) as before:
        execution = before.namespace.write(
            lambda frame: start(
                frame, kind="chain", name="failing", text=FAILING, values={}, now=time.time(), limit=1,
                size_of=lambda _: None,
            )
        )  # fmt: skip
    assert dies("before the end of a job", work_off, "", tmp_path / "data", NOBODY)
    with working("", tmp_path / "data", NOBODY, lambda: time.time() + AHEAD_S) as after:
        run_on(after, 30.0)
        answer = found(after, execution).answer
    assert answer
    assert answer["error"]["code"] == "CalculateFailed"
