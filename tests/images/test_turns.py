"""Work on images is done by few at the same time, since each takes much memory for a moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from oql import engine, program
from oql.limits import DEFAULT
from oql.local import local_context
from oql.turns import Turns
from oql.verbs import images
from tests.images.making import RED, plain

RESIZE = 'RESIZE ?dot TO "8x8" SET ?i AFTER EMIT ?i(width)'


def ended(namespace: str, wall_s: float = 30.0) -> Any:
    """How a program that works on an image ends."""
    context = local_context(namespace, limits=replace(DEFAULT, wall_s=wall_s), job_id="job")
    outcome = engine.run(program.load(RESIZE), context, {"dot": plain(1, 1, RED)})
    return outcome.error.code if outcome.error else outcome.result


@pytest.fixture
def nobodys_turn(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    """All turns are taken until the semaphore is released."""
    turns = Turns(1)
    monkeypatch.setattr(images, "_all", turns)
    turns._free.acquire()
    return turns._free


def test_a_run_waits_for_its_turn(nobodys_turn: threading.BoundedSemaphore) -> None:
    with ThreadPoolExecutor() as pool:
        ends = [pool.submit(ended, name) for name in ("ada", "bob")]
        nobodys_turn.release()
        assert [end.result(timeout=20) for end in ends] == [8, 8]


def test_a_run_that_waits_too_long_ends(nobodys_turn: threading.BoundedSemaphore) -> None:
    assert ended("ada", wall_s=0.2) == "Timeout"


def test_those_of_one_namespace_take_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run of ada's works, another one of hers waits, and one of bob's does not."""
    with ExitStack() as held:
        context = local_context("ada", job_id="job")

        class Working:
            """Another run of the namespace."""

            def __init__(self) -> None:
                self.context = context

            def look(self) -> None:
                """Goes on."""

        held.enter_context(images._own.turn(Working()))  # type: ignore[arg-type]  # all that a turn asks for
        assert ended("ada", wall_s=0.2) == "Timeout"
        assert ended("bob") == 8
    assert ended("ada") == 8
