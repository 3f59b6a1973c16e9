"""Runs that compute for long take turns, one at a time, namespace after namespace."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from oql import engine
from oql.limits import DEFAULT
from oql.local import local_context
from oql.program import compile_text
from oql.slices import SLICES, RoundRobin

COUNTER = 'WHILE ?i IS LESS THAN 10000000 OPEN NEST CALCULATE "?i + 1" SET ?i CLOSE NEST'


class Runs:
    """Runs on threads, which note when they get their turn."""

    def __init__(self, stalled_s: float) -> None:
        self.slices = RoundRobin(stalled_s)
        self.got: list[str] = []
        self._threads: list[threading.Thread] = []

    def ask(self, run: str) -> None:
        """Begins to wait for the turn of a run `namespace number`; returns when it does wait."""
        before = self.slices.waiting
        thread = threading.Thread(target=self._turn, args=(run,))
        thread.start()
        self._threads.append(thread)
        while self.slices.waiting == before:
            time.sleep(0.001)

    def _turn(self, run: str) -> None:
        self.slices.turn(run, run.split()[0])
        self.got.append(run)
        self.slices.leave(run)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def runs() -> Iterator[Runs]:
    made = Runs(stalled_s=60)
    yield made
    made.join()


@contextmanager
def held(runs: Runs) -> Iterator[None]:
    """Somebody computes, and asks again often enough."""
    runs.slices.turn("holder", "other")
    yield
    runs.slices.leave("holder")


def test_namespaces_take_turns_however_many_runs_they_have(runs: Runs) -> None:
    with held(runs):
        for run in ("a 1", "a 2", "a 3", "b 1"):
            runs.ask(run)
        assert runs.got == []
    runs.join()
    assert runs.got == ["a 1", "b 1", "a 2", "a 3"]


def test_a_run_goes_on_while_nobody_waits() -> None:
    slices = RoundRobin()
    for _ in range(3):
        slices.turn("a 1", "a")


def test_a_run_that_asks_again_lets_others_pass(runs: Runs) -> None:
    runs.slices.turn("holder", "other")
    runs.ask("a 1")
    runs.slices.turn("holder", "other")
    assert runs.got == ["a 1"]


def test_who_does_not_come_back_loses_the_turn() -> None:
    runs = Runs(stalled_s=0.2)
    runs.slices.turn("holder", "other")
    runs.ask("a 1")
    runs.join()
    assert runs.got == ["a 1"]


def test_who_has_no_turn_gives_none_away(runs: Runs) -> None:
    with held(runs):
        runs.ask("a 1")
        runs.slices.leave("somebody else")
        assert runs.got == []


def test_a_run_of_some_milliseconds_waits_for_its_turn() -> None:
    ticks = itertools.count(step=10_000)
    context = replace(local_context("a"), monotonic_ns=ticks.__next__, computing_ns=ticks.__next__)
    program = compile_text(COUNTER.replace("10000000", "300"))
    SLICES.turn("holder", "other")
    thread = threading.Thread(target=engine.run, args=(program, context, {"i": 0}))
    thread.start()
    waited = False
    while thread.is_alive():
        waited = waited or SLICES.waiting == 1
    SLICES.leave("holder")
    assert waited
    assert 1_000_000 < next(ticks) < 20_000_000


def test_runs_that_compute_share_and_end() -> None:
    ended: dict[str, str] = {}

    def run(name: str, seconds: float) -> None:
        context = local_context(name, limits=replace(DEFAULT, wall_s=seconds))
        ended[name] = str(engine.run(compile_text(COUNTER), context, {"i": 0}).error)

    threads = [threading.Thread(target=run, args=(f"n{n}", 0.4)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ended) == 4
    assert all("wall time" in error for error in ended.values()), ended
