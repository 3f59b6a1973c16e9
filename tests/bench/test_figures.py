"""Figures: medians, ratios round by round, targets, and the way they are written."""

import pytest

from bench.figures import Absent, Figure, Result, Row, Sample, Unit, at_least, at_most

SLOW = Sample((4.0, 6.0, 5.0), Unit.SECONDS)
FAST = Sample((2.0, 2.0, 1.0), Unit.SECONDS)


def test_a_ratio_is_taken_round_by_round() -> None:
    assert SLOW.over(FAST) == Sample((2.0, 3.0, 5.0), Unit.TIMES)
    assert SLOW.over(FAST).median == 3.0
    assert SLOW.over(FAST).spread == "2 x - 5 x"


def test_what_did_not_run_has_no_ratio() -> None:
    assert Row("a", SLOW, "a peer", Absent()).ratio is None
    assert Row("a", SLOW).ratio is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0000007, Unit.SECONDS, "700 ns"),
        (0.0030, Unit.SECONDS, "3 ms"),
        (1.486, Unit.SECONDS, "1.49 s"),
        (0.0, Unit.SECONDS, "0 s"),
        (12_345.0, Unit.RATE, "12.3 k/s"),
        (49_100_000, Unit.BYTES, "49.1 MB"),
        (123.4, Unit.TIMES, "123 x"),
        (0.5, Unit.TIMES, "0.5 x"),
        (0.99, Unit.SHARE, "99.0 %"),
        (1_234.0, Unit.COUNT, "1,234"),
    ],
)
def test_values_are_written_with_three_digits(value: float, unit: Unit, text: str) -> None:
    assert unit.text(value) == text


def test_a_target_is_met_by_the_median() -> None:
    row = Row("a", SLOW, "a peer", FAST)
    assert at_most(5.0, Unit.SECONDS, "a").met(row) is True
    assert at_most(4.9, Unit.SECONDS, "a").met(row) is False
    assert at_least(3.0, Unit.TIMES, "a").met(row) is True
    assert at_least(3.1, Unit.TIMES, "a").met(row) is False


def test_a_target_speaks_of_its_subject_only() -> None:
    assert at_most(5.0, Unit.SECONDS, "b").met(Row("a", SLOW, "a peer", FAST)) is None
    assert at_most(5.0, Unit.TIMES, "a").met(Row("a", SLOW, "a peer", Absent())) is None
    assert at_most(5.0, Unit.TIMES, "a", "another").met(Row("a", SLOW, "a peer", FAST)) is None


def test_the_first_row_of_a_subject_gets_the_verdict() -> None:
    target = at_most(4.0, Unit.TIMES, "a")
    first, second = Row("a", SLOW, "a limit", FAST), Row("a", SLOW, "a peer", SLOW)
    result = Result(Figure("f", "something", (target,), lambda rounds: ()), [first, second])
    assert result.verdicts(first) == [(target, True)]
    assert result.verdicts(second) == []


def test_a_target_may_speak_of_one_peer() -> None:
    rate, ratio = at_most(4.0, Unit.SECONDS, "a"), at_most(1.0, Unit.TIMES, "a", "a peer")
    first, second = Row("a", SLOW, "a limit", FAST), Row("a", SLOW, "a peer", SLOW)
    result = Result(Figure("f", "something", (rate, ratio), lambda rounds: ()), [first, second])
    assert result.verdicts(first) == [(rate, False)]
    assert result.verdicts(second) == [(ratio, True)]


def test_a_target_in_words() -> None:
    assert str(at_most(3e-3, Unit.SECONDS, "1 kB")) == "1 kB: at most 3 ms"
    assert at_least(0.5, Unit.TIMES, "EMIT").wanted == "at least 0.5 x"
    assert str(at_least(0.5, Unit.TIMES, "EMIT", "a peer")) == "EMIT, beside a peer: at least 0.5 x"
