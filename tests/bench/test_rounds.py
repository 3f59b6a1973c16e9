"""Measuring in turns: everybody once a round, forth and back."""

import pytest

from bench.figures import Absent, Row, Sample, Unit
from bench.rounds import OURS, again, compared, in_turns, tried_in_turns, turns


def test_every_other_round_goes_backwards() -> None:
    assert list(turns(3, ["a", "b"])) == ["a", "b", "b", "a", "a", "b"]


def test_each_side_keeps_its_rounds_in_order() -> None:
    ours, theirs = iter([1.0, 2.0]), iter([3.0, 4.0])
    found = in_turns(2, {"ours": lambda: next(ours), "theirs": lambda: next(theirs)}, Unit.SECONDS)
    assert found == {"ours": Sample((1.0, 2.0), Unit.SECONDS), "theirs": Sample((3.0, 4.0), Unit.SECONDS)}


def test_a_peer_that_is_not_there_leaves_its_row_empty() -> None:
    one, two = Sample((1.0,), Unit.SECONDS), Sample((2.0,), Unit.SECONDS)
    rows = compared(1, "a", lambda: 1.0, {"a limit": lambda: 2.0, "a peer": Absent()})
    assert rows == [Row("a", one, "a limit", two), Row("a", one, "a peer", Absent())]


def test_a_peer_that_fails_does_not_end_the_run() -> None:
    asked: list[str] = []

    def fails() -> float:
        asked.append("a peer")
        raise RuntimeError("out of\nluck")

    one = Sample((1.0, 1.0), Unit.SECONDS)
    [row] = compared(2, "a", lambda: 1.0, {"a peer": fails})
    assert row == Row("a", one, "a peer", Absent("RuntimeError: out of luck"))
    assert asked == ["a peer"]


def test_a_failure_of_ours_does() -> None:
    with pytest.raises(ZeroDivisionError):
        tried_in_turns(1, {OURS: lambda: 1 / 0})


def test_work_that_takes_long_has_fewer_slices() -> None:
    now = 0

    def works() -> None:
        nonlocal now
        now += 5_000_000_000

    assert again(works, parts=5, clock=lambda: now)() == 1.0
    assert now == 10_000_000_000  # one slice to warm, one that counts
