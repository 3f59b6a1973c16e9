"""The nearest vectors among the rows of a matrix: every row by its code, then those that can be among them by itself.

    codes . code of the query  ->  a value for each row, wrong by a known bound at most
    the k-th best lower bound  ->  rows whose upper bound is not below: the nearest are among them
    their numbers, in 64 bits  ->  scores

So nothing is ever missed, and few rows are read in full.
"""

from dataclasses import dataclass

import numpy as np
import simsimd
from numpy.typing import NDArray

from substrate.interface.vectors import Metric
from substrate.vectors.coding import coded, norms
from substrate.vectors.columns import Codes, Columns, Doubles, Floats

Rows = NDArray[np.int64]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

_GROUP = 64
_SCORED_AT_ONCE = 2_048
_GATHERED = 1 / 8
"""Up to which part of the rows those that are wanted are put together first."""
_ROUNDED = 1e-9


@dataclass(frozen=True, slots=True)
class Query:
    """A vector to compare with: `exact`, its length, and its code with what that has lost."""

    metric: Metric
    exact: Doubles
    length: float
    code: Codes
    scale: float
    loss: float

    @classmethod
    def of(cls, numbers: Floats, metric: Metric) -> "Query":
        """A query in 32-bit floats."""
        found = coded(numbers[None, :], metric)
        exact = numbers.astype(np.float64)
        return cls(
            metric, exact, float(found.lengths[0]), found.codes, float(found.scales[0]), float(found.losses[0])
        )  # fmt: skip


def scores(numbers: Floats, query: Query) -> Doubles:
    """The scores of vectors, the same whatever stands in the rows beside. A zero vector has 0 under cosine."""
    exact = numbers.astype(np.float64)
    if query.metric == "l2":
        return norms(exact - query.exact)
    products: Doubles = np.einsum("ij,j->i", exact, query.exact)
    if query.metric == "dot":
        return products
    lengths = norms(exact) * norms(query.exact[None, :])[0]
    found: Doubles = np.divide(products, lengths, out=np.zeros(len(exact)), where=lengths > 0)
    return np.clip(found, -1.0, 1.0)


def nearest(columns: Columns, rows: int, wanted: Flags | Rows | None, query: Query, k: int) -> tuple[Rows, Doubles]:
    """Rows with their scores, among which are the `k` best of those that are wanted, and what is as good as the last.

    wanted: all of the first `rows` (None), a flag for each of these, or the numbers of some, in order.
    """
    found = _candidates(columns, rows, wanted, query, k)
    parts = [
        scores(columns.numbers[found[first : first + _SCORED_AT_ONCE]], query)
        for first in range(0, len(found), _SCORED_AT_ONCE)
    ]
    return found, np.concatenate(parts) if parts else np.empty(0)


def _candidates(columns: Columns, rows: int, wanted: Flags | Rows | None, query: Query, k: int) -> Rows:
    if wanted is None:
        return kept_of(columns, slice(0, rows), values_of(columns, slice(0, rows), query), query, k)
    if wanted.dtype == np.bool_:
        if (some := np.flatnonzero(wanted)).size > rows * _GATHERED:
            values = values_of(columns, slice(0, rows), query)
            values[~wanted] = -np.inf
            kept = kept_of(columns, slice(0, rows), values, query, k)
            return kept[wanted[kept]]
        wanted = some
    picked: Rows = wanted.astype(np.int64)
    if len(picked) <= k:
        return picked
    return picked[kept_of(columns, picked, values_of(columns, picked, query), query, k)]


def values_of(columns: Columns, rows: slice | Rows, query: Query) -> Doubles:
    """What to have much of, for each row, wrong by its slack at most: products; with l2, twice those less a square."""
    codes = columns.codes[rows]
    if not len(codes):
        return np.empty(0)
    # The product is an array of its own, that nobody else sees.
    values: Doubles = np.asarray(simsimd.cdist(query.code, codes, metric="dot"))[0]
    values *= columns.scales[rows]
    values *= query.scale
    if query.metric == "l2":
        values *= 2
        values -= columns.lengths[rows] ** 2
    return values


def _slack(losses: Doubles, lengths: Doubles, query: Query) -> Doubles:
    """By how much values of rows may be wrong."""
    # |x - sc| |q|  +  |sc| |q - tp|, where |sc| <= |x| + |x - sc|
    slack: Doubles = losses * (query.length + query.loss)
    lost = query.loss + _ROUNDED * query.length
    slack += lost if query.metric == "cosine" else lengths * lost
    return 2 * slack + _ROUNDED * lengths**2 if query.metric == "l2" else slack


def kept_of(columns: Columns, rows: slice | Rows, values: Doubles, query: Query, k: int) -> Rows:
    """Which of the values of rows are of those that can be among the `k` best, in order."""
    if len(values) <= k:
        return np.arange(len(values))
    losses, lengths = columns.losses[rows], columns.lengths[rows]
    # With the greatest slack of all, few are left to look up the slack of.
    [most] = _slack(losses.max(keepdims=True), lengths.max(keepdims=True), query)
    near = np.flatnonzero(values >= _kth_largest(values, k) - 2 * most)
    values, slack = values[near], _slack(losses[near], lengths[near], query)
    return near[values + slack >= _kth_largest(values - slack, k)]


def _kth_largest(values: Doubles, k: int) -> float:
    """The k-th largest of values, found among those above the k-th largest of the maxima of groups."""
    groups = len(values) // _GROUP
    if k < groups // 4:
        maxima = values[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
        values = values[values >= np.partition(maxima, groups - k)[groups - k]]
    return float(np.partition(values, len(values) - k)[len(values) - k])
