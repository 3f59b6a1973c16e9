"""A sketch of a matrix: two bits for each number, by which a search sees quickly where the nearest may be.

Product quantisation (Jegou, Douze, Schmid 2011): of a vector each two numbers become one of 16 pairs, which are learnt
from vectors of the matrix. faiss adds up the parts of 32 vectors at once, from tables that fit into registers (Andre,
Kermarrec, Le Scouarnec 2015). What looks nearest is scored in full, and tells by how much the sketch is wrong. From
that follows how many hits may have been missed; where they are too many there is no answer, and every vector has to be
looked at.
"""

import math
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from substrate.interface.vectors import Metric
from substrate.vectors.coding import norms
from substrate.vectors.columns import Columns, Doubles, Floats
from substrate.vectors.scan import Flags, Query, Rows, kept_of, nearest, scores, values_of

Kept = NDArray[np.uint8]

LEAST_ROWS = 16_384
"""Fewer are looked through as fast."""
_LEAST_DIM = 16
_MOST_LONGER = 2.0
"""The length of the longest vector, beside that of the one in the middle."""
MISSED = 1 / 20
"""The part of the hits that may be missed, as far as one can tell: half of what `fast` may."""
_LEARNT_FROM = 4_096
_ROUNDS = 10
_AT_ONCE = 4_096
_SCORED, _SCORED_A_HIT = 256, 12
"""How many vectors are scored in full: so many, and so many for each hit."""
_MOST_SCORED = 8_192
_LONGEST = 1e3
"""The length that a query may have under l2, beside that of the longest vector."""
_STEPS = 16


@dataclass(frozen=True, slots=True)
class Sketch:
    """Of the first `rows` of a matrix. `unit`: the greatest length of one of them. Safe to share between threads."""

    index: faiss.IndexPQFastScan
    metric: Metric
    rows: int
    unit: float

    @classmethod
    def read(cls, kept: Kept, columns: Columns, metric: Metric) -> "Sketch":
        """The sketch of a matrix that was kept. Raises RuntimeError: it is none, or of another one."""
        index = faiss.deserialize_index(kept)
        dim = columns.codes.shape[1]
        if not (
            isinstance(index, faiss.IndexPQFastScan)
            and 0 < index.ntotal <= columns.rows
            and (index.d, index.metric_type) == (dim + dim % 2, _kind(metric))
        ):
            raise RuntimeError("a sketch of another matrix")
        return cls(index, metric, index.ntotal, _unit(columns, index.ntotal))

    def nearest(
        self, columns: Columns, rows: int, wanted: Flags | None, query: Query, k: int
    ) -> tuple[Rows, Doubles] | None:
        """Rows with their scores, among which are nearly all of the `k` best; None where that cannot be told.

        rows: how many of the matrix may be found. wanted: a flag for each of them, or None for all.
        """
        known = min(rows, self.rows)
        found = self._nearest(columns, known, None if wanted is None else wanted[:known], query, k)
        if found is None or known == rows:
            return found
        rest = nearest(columns.behind(known), rows - known, None if wanted is None else wanted[known:], query, k)
        return np.concatenate([found[0], rest[0] + known]), np.concatenate([found[1], rest[1]])

    def _nearest(
        self, columns: Columns, rows: int, wanted: Flags | None, query: Query, k: int
    ) -> tuple[Rows, Doubles] | None:
        fitting = rows if wanted is None else int(np.count_nonzero(wanted))
        count = (_SCORED + _SCORED_A_HIT * k) * self.rows // max(1, fitting)
        length = float(norms(query.exact[None, :])[0])
        size = self.unit if self.metric == "l2" else length
        if count > min(_MOST_SCORED, self.rows) or not 0 < length <= size * _LONGEST:
            return None
        near, seen = self._seen(query.exact / size, count)
        fit = (near >= 0) & (near < rows)
        if wanted is not None:
            fit &= wanted[np.minimum(near, rows - 1)]
        last, near, seen = seen[-1], near[fit], seen[fit]
        values = values_of(columns, near, query)
        better = {"cosine": values, "dot": values / size / self.unit, "l2": (values - length**2) / self.unit**2}
        # Nothing is less than what is not a number.
        if not _missed(seen, last, better[self.metric], fitting, k) <= MISSED * k:
            return None
        found = near[kept_of(columns, near, values, query, k)]
        return found, scores(columns.numbers[found], query)

    def _seen(self, query: Doubles, count: int) -> tuple[Rows, Doubles]:
        """The rows that look best, best first, and how good they look."""
        faiss.omp_set_num_threads(1)
        values, rows = self.index.search(_padded(query.astype(np.float32)[None, :]), count)
        return rows[0], (-values[0] if self.metric == "l2" else values[0]).astype(np.float64)


def sketched(columns: Columns, rows: int, metric: Metric) -> Kept:
    """A sketch of the first rows of a matrix, to be kept; it takes about ten microseconds a row."""
    faiss.omp_set_num_threads(1)
    unit = _unit(columns, rows)
    sample = np.unique(np.linspace(0, rows - 1, _LEARNT_FROM).astype(np.int64))
    learnt_from = _vectors(columns, sample, unit)
    dim = learnt_from.shape[1]
    index = faiss.IndexPQFastScan(dim, dim // 2, 4, _kind(metric))
    index.pq.cp.niter = _ROUNDS
    index.train(learnt_from)
    for first in range(0, rows, _AT_ONCE):
        index.add(_vectors(columns, slice(first, min(first + _AT_ONCE, rows)), unit))
    kept: Kept = faiss.serialize_index(index)
    return kept


def _kind(metric: Metric) -> int:
    return faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT


def deserves(columns: Columns, rows: int, metric: Metric) -> bool:
    """Whether a sketch of the first rows can tell how wrong it is.

    Few numbers make few different codes, whose errors are not those of a normal distribution. Nor are they with `dot`,
    where vectors are of very different lengths: the nearest are the longest, about which it is wrong the most.
    """
    if columns.codes.shape[1] < _LEAST_DIM or rows < LEAST_ROWS:
        return False
    return metric != "dot" or _unit(columns, rows) <= _MOST_LONGER * float(np.median(columns.lengths[:rows]))


def _unit(columns: Columns, rows: int) -> float:
    return float(columns.lengths[:rows].max(initial=0.0)) or 1.0


def _vectors(columns: Columns, rows: Rows | slice, unit: float) -> Floats:
    """Vectors as their codes tell them, the longest of all as 1."""
    found: Floats = columns.codes[rows] * (columns.scales[rows] / unit).astype(np.float32)[:, None]
    return _padded(found)


def _padded(vectors: Floats) -> Floats:
    """With an even count of numbers each."""
    odd = vectors.shape[1] % 2
    return np.pad(vectors, ((0, 0), (0, odd))) if odd else np.ascontiguousarray(vectors)


def _missed(seen: Doubles, last: float, better: Doubles, fitting: int, k: int) -> float:
    """How many of the `k` best are likely to be missing from what was looked at.

    seen: how good these look, best first; last: how good the last of all looks that were considered, wanted or not;
    better: how good they are. Behind the last, as many are expected as the tail of an exponential distribution has
    that fits what was seen; how much better than it looks each may be is of a normal distribution, as it is of these.
    """
    if len(seen) < k:
        return math.inf
    least = float(np.partition(better, len(better) - k)[len(better) - k])
    wrong = better - seen
    spread, farthest = float(wrong.std()), least - float(wrong.mean()) - last
    if not spread > 0:
        return 0.0 if farthest > 0 else math.inf
    slope = min((float(seen[int(part * len(seen))]) - last) / -math.log(part) for part in (1 / 2, 3 / 4))
    # The integral of P(better by more than that) over the ranks n*e^t behind the n that were seen.
    width = math.log(max(1.0, fitting / len(seen))) / _STEPS
    steps = [(step + 0.5) * width for step in range(_STEPS)]
    parts = [math.erfc((farthest + slope * step) / spread / math.sqrt(2)) / 2 * math.exp(step) for step in steps]
    return len(seen) * width * sum(parts)
