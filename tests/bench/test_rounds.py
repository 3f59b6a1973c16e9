"""Measuring in turns: everybody once a round, forth and back."""

from bench.figures import Row, Sample, Unit
from bench.rounds import compared, in_turns, turns


def test_every_other_round_goes_backwards() -> None:
    assert list(turns(3, ["a", "b"])) == ["a", "b", "b", "a", "a", "b"]


def test_each_side_keeps_its_rounds_in_order() -> None:
    ours, theirs = iter([1.0, 2.0]), iter([3.0, 4.0])
    found = in_turns(2, {"ours": lambda: next(ours), "theirs": lambda: next(theirs)}, Unit.SECONDS)
    assert found == {"ours": Sample((1.0, 2.0), Unit.SECONDS), "theirs": Sample((3.0, 4.0), Unit.SECONDS)}


def test_a_peer_that_is_not_there_leaves_its_row_empty() -> None:
    one, two = Sample((1.0,), Unit.SECONDS), Sample((2.0,), Unit.SECONDS)
    rows = compared(1, "a", lambda: 1.0, {"a limit": lambda: 2.0, "a peer": None})
    assert rows == [Row("a", one, "a limit", two), Row("a", one, "a peer", None)]
