"""Buckets and places that all processes of a machine share."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from server.store import rates as module
from server.store.rates import Rate, Rates
from server.store.slots import Slots
from tests.http.running import until


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_again(tmp_path: Path) -> None:
    clock = Clock()
    rates = Rates(tmp_path / "rates", Rate(per_minute=60, burst=3), clock)
    assert [rates.take("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = rates.take("a")
    assert (refused.remaining, round(refused.wait_s, 6), refused.full_at) == (0, 1.0, clock.now + 3)
    assert rates.take("b").remaining == 2
    clock.now += 1
    assert [round(rates.take("a").wait_s, 6) for _ in range(2)] == [0.0, 1.0]
    clock.now += 3_600
    assert rates.take("a").remaining == 2


def test_what_is_refused_costs_nothing(tmp_path: Path) -> None:
    clock = Clock()
    rates = Rates(tmp_path / "rates", Rate(per_minute=60, burst=1), clock)
    assert [rates.take("a").wait_s > 0 for _ in range(50)] == [False] + [True] * 49
    clock.now += 1
    assert rates.take("a").wait_s == 0


def test_processes_share_a_bucket(tmp_path: Path) -> None:
    clock = Clock()
    first, second = (Rates(tmp_path / "rates", Rate(per_minute=60, burst=4), clock) for _ in range(2))
    assert [each.take("a").remaining for each in (first, second, first, second)] == [3, 2, 1, 0]
    assert first.take("a").wait_s > 0


def test_bearers_that_fall_on_one_place_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENTRIES", 8)
    clock = Clock()
    rates = Rates(tmp_path / "rates", Rate(per_minute=60, burst=10), clock)
    assert [rates.take(f"bearer {n}").remaining for n in range(8)] == [9] * 8
    assert [rates.take(f"bearer {n}").remaining for n in range(8)] == [8] * 8
    # All places are busy: one more shares one of them. Once they are full again, it gets its own.
    assert rates.take("one more").remaining == 7
    clock.now += 60
    assert rates.take("one more").remaining == 9


@pytest.mark.parametrize("size", [0, 1_000, 2**21])
def test_the_disk_has_all_of_the_table(tmp_path: Path, size: int) -> None:
    """To write to a part for which the disk has no room would kill the process."""
    path = tmp_path / "rates"
    path.touch()
    os.truncate(path, size)
    Rates(path, Rate(per_minute=60, burst=10))
    assert path.stat().st_blocks * 512 >= module.ENTRIES * 16


def test_places_of_a_key(tmp_path: Path) -> None:
    slots = Slots(tmp_path / "places")
    taken = [slots.take("a", 3) for _ in range(4)]
    assert taken[3] is None
    assert len(set(taken)) == 4
    assert slots.take("b", 3) is not None
    slots.give(taken[1] or 0)
    assert (slots.take("a", 3), slots.take("a", 3)) == (taken[1], None)


def _hold(path: Path, held: "multiprocessing.SimpleQueue[bool]") -> None:
    slots = Slots(path)
    held.put(all(slots.take("a", 5) is not None for _ in range(3)))
    signal.pause()


def test_processes_share_places_until_they_are_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.SimpleQueue()
    other = context.Process(target=_hold, args=(tmp_path / "places", held))
    other.start()
    assert held.get() is True
    slots = Slots(tmp_path / "places")
    assert [slots.take("a", 5) is not None for _ in range(3)] == [True, True, False]
    os.kill(other.pid or 0, signal.SIGKILL)
    other.join()
    until(lambda: slots.take("a", 5) is not None)
    assert [slots.take("a", 5) is not None for _ in range(3)] == [True, True, False]
