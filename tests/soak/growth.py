"""Whether a figure grows while a server runs: a line through its samples by least squares."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

WINDOW = 1 / 6
"""The first and the last part of a run that are compared: of an hour ten minutes."""
WARM_UP = 1 / 12
"""The part at the beginning that the line leaves out: five minutes of an hour, in which caches are filled."""
NOTABLE = 0.05
"""The share of a figure by which it has to grow in the time of the samples to be said to grow."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A figure at the beginning and at the end (medians), how much it grows in an hour, and what that means."""

    first: float
    last: float
    per_hour: float
    verdict: str


def growth(samples: Sequence[tuple[float, float]]) -> Growth:
    """The growth of samples: pairs of hours since the beginning, in order, and values."""
    window = max(1, round(len(samples) * WINDOW))
    first, last = (median(value for _, value in part) for part in (samples[:window], samples[-window:]))
    warm = samples[int(len(samples) * WARM_UP) :]
    slope, error = line(warm)
    return Growth(first, last, slope, _verdict(warm, slope, error))


def line(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The slope of the line through samples, and its standard error; nan for fewer than three."""
    if len(samples) < 3:
        return math.nan, math.nan
    at, value = fmean(x for x, _ in samples), fmean(y for _, y in samples)
    spread = sum((x - at) ** 2 for x, _ in samples)
    slope = sum((x - at) * (y - value) for x, y in samples) / spread
    left = sum((y - value - slope * (x - at)) ** 2 for x, y in samples)
    return slope, math.sqrt(left / (len(samples) - 2) / spread)


def _verdict(samples: Sequence[tuple[float, float]], slope: float, error: float) -> str:
    if not _grows(samples, slope, error):
        return "flat"
    later = samples[len(samples) // 2 :]
    return "grows" if _grows(later, *line(later)) else "levels off"


def _grows(samples: Sequence[tuple[float, float]], slope: float, error: float) -> bool:
    if math.isnan(slope):
        return False
    hours = samples[-1][0] - samples[0][0]
    notable = NOTABLE * hours * max(abs(fmean(value for _, value in samples)), 1.0)
    return slope > 3 * error and slope * hours > notable
