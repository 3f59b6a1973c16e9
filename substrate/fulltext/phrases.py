"""Where words stand one behind the other."""

from collections.abc import Callable, Mapping

import numpy as np

from substrate.fulltext.postings import Numbers

Look = Callable[[], None]
"""Raises Cancelled when the search is to end."""


def begins(phrase: tuple[str, ...], stands: Mapping[str, Numbers], look: Look) -> Numbers:
    """Where a phrase begins, from where each of its words stands, all of it ascending.

    `look` is called before each step, and ends it by raising.

    Where runs of two words begin is found from where their words stand, where runs of four do from those of two, each
    different run once. Only one run of a length begins at a place, so all runs of a length together have no more places
    than all words: the time grows with the logarithm of the phrase, however often it repeats itself.
    """
    longest = 1 << len(phrase).bit_length() - 1
    rest = len(phrase) - longest
    runs: dict[tuple[str, ...], Numbers] = {(word,): places for word, places in stands.items()}
    size = 1
    while size < longest:
        longer: dict[tuple[str, ...], Numbers] = {}
        for at in (*range(0, longest, 2 * size), *range(rest, len(phrase), 2 * size)):
            run = phrase[at : at + 2 * size]
            if run in longer:
                continue
            look()
            longer[run] = _followed(runs[run[:size]], runs[run[size:]], size)
            if not len(longer[run]):
                return longer[run]
        runs, size = longer, 2 * size
    look()
    return _followed(runs[phrase[:longest]], runs[phrase[rest:]], rest) if rest else runs[phrase]


def _followed(first: Numbers, second: Numbers, distance: int) -> Numbers:
    """Those of the first places that have one of the second at a distance behind them."""
    if len(second) < len(first):
        wanted = second - distance
        return wanted[_among(wanted, first)]
    return first[_among(first + distance, second)]


def _among(wanted: Numbers, known: Numbers) -> Numbers:
    """Which of some ascending numbers are among others."""
    if not len(known):
        return np.zeros(len(wanted), bool)
    at = np.searchsorted(known, wanted)
    at[at == len(known)] = 0
    found: Numbers = known[at] == wanted
    return found
