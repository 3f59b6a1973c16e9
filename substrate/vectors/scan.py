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

_BLOCK = 64
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
        values, slack = _values(columns, slice(0, rows), query)
        return np.flatnonzero(_kept(values, slack, k))
    if wanted.dtype == np.bool_:
        if (some := np.flatnonzero(wanted)).size > rows * _GATHERED:
            values, slack = _values(columns, slice(0, rows), query)
            values[~wanted] = -np.inf
            return np.flatnonzero(_kept(values, slack, k) & wanted)
        wanted = some
    picked: Rows = wanted.astype(np.int64)
    if len(picked) <= k:
        return picked
    values, slack = _values(columns, picked, query)
    return picked[_kept(values, slack, k)]


def _values(columns: Columns, rows: slice | Rows, query: Query) -> tuple[Doubles, Doubles]:
    """What to have much of, for each row, and by how much that may be wrong."""
    codes = columns.codes[rows]
    if not len(codes):
        return np.empty(0), np.empty(0)
    lengths, losses = columns.lengths[rows], columns.losses[rows]
    # The product is an array of its own, that nobody else sees.
    values: Doubles = np.asarray(simsimd.cdist(query.code, codes, metric="dot"))[0]
    values *= columns.scales[rows]
    values *= query.scale
    # |x - sc| |q|  +  |sc| |q - tp|, where |sc| <= |x| + |x - sc|
    slack: Doubles = losses * (query.length + query.loss)
    lost = query.loss + _ROUNDED * query.length
    slack += lost if query.metric == "cosine" else lengths * lost
    if query.metric == "l2":
        squares = lengths**2
        values, slack = 2 * values - squares, 2 * slack + _ROUNDED * squares
    return values, slack


def _kept(values: Doubles, slack: Doubles, k: int) -> Flags:
    """Which rows can be among the `k` best."""
    if len(values) <= k:
        return np.ones(len(values), np.bool_)
    kept: Flags = values + slack >= _kth_largest(values - slack, k)
    return kept


def _kth_largest(values: Doubles, k: int) -> float:
    """The k-th largest of values, found among those above the k-th largest of the maxima of blocks."""
    blocks = len(values) // _BLOCK
    if k < blocks // 4:
        maxima = values[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        values = values[values >= np.partition(maxima, blocks - k)[blocks - k]]
    return float(np.partition(values, len(values) - k)[len(values) - k])
