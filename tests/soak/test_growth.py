"""Whether a figure grows, of samples worked out by hand."""

import math

import pytest

from tests.soak.growth import growth, line

HOUR = [minute / 60 for minute in range(1, 61)]
NOISE = [1.0 if minute % 2 else -1.0 for minute in range(60)]


def test_the_slope_of_a_line() -> None:
    slope, error = line([(0.0, 1.0), (1.0, 4.0), (2.0, 7.0)])
    assert (slope, error) == (3.0, 0.0)
    # Through (0, 0), (1, 2), (2, 1): the slope is 1/2, what is left 3/2, and its error sqrt(1.5 / 1 / 2).
    slope, error = line([(0.0, 0.0), (1.0, 2.0), (2.0, 1.0)])
    assert slope == 0.5
    assert error == pytest.approx(math.sqrt(0.75))
    assert all(map(math.isnan, line([(0.0, 1.0), (1.0, 2.0)])))


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([100 + noise for noise in NOISE], "flat"),
        ([100 + hour * 4 for hour in HOUR], "flat"),  # less than 5 % an hour
        ([100 + hour * 40 + noise for hour, noise in zip(HOUR, NOISE, strict=True)], "grows"),
        ([100 + min(hour, 0.4) * 100 + noise for hour, noise in zip(HOUR, NOISE, strict=True)], "levels off"),
        ([100 - hour * 40 for hour in HOUR], "flat"),
    ],
)
def test_verdicts(values: list[float], verdict: str) -> None:
    found = growth(list(zip(HOUR, values, strict=True)))
    assert found.verdict == verdict


def test_first_and_last_ten_minutes_of_an_hour() -> None:
    found = growth([(hour, float(minute)) for minute, hour in enumerate(HOUR, 1)])
    assert (found.first, found.last, round(found.per_hour)) == (5.5, 55.5, 60)
