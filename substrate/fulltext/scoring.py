"""BM25, exactly by its formula.

    score = sum over the words of idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * dl / avgdl)),
    idf = ln(1 + (N - n + 0.5) / (n + 0.5)), k1 = 1.2, b = 0.75

N documents of the field, n of them with the word; tf times in this one, whose length is dl words, avgdl on average.
All numbers are those of the snapshot, and every score is computed by the same operations in the same order, wherever a
document stands: so scores are the same to the last bit on every engine and in every process.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from math import log

import numpy as np

from substrate.fulltext.parts import Index, Part
from substrate.fulltext.postings import Found, Numbers
from substrate.interface import TextHit

K1 = 1.2
B = 0.75
_TOGETHER = 64
_LEAST = 5e-324
"""The least number above 0."""


def scores_of(index: Index, parts: Sequence[Part], words: Sequence[str], look: Callable[[], None]) -> Numbers:
    """The score of each document, one part's behind the other's; 0 where it has none of the words."""
    total = index.state.documents
    average = index.state.words / total if total else 0.0
    scores = np.zeros(sum(part.size for part in parts))
    slices = _slices(parts, scores)
    for word in words:
        look()
        everywhere = index.found(word)
        having = sum(_count(part, found) for part, found in zip(parts, everywhere, strict=True))
        if not having:  # where all documents that are left are empty, there is no average to divide by
            continue
        idf = log(1 + (total - having + 0.5) / (having + 0.5))
        for part, found, score in zip(parts, everywhere, slices, strict=True):
            if len(found.documents):
                _add(score, found, part.lengths(), idf, average)
    for part, score in zip(parts, slices, strict=True):
        if part.alive is not None:
            score[~part.alive] = 0.0
    return scores


def _add(score: Numbers, found: Found, lengths: Numbers, idf: float, average: float) -> None:
    """Adds what one word is worth to the documents of a part that have it."""
    places = found.documents.astype(np.intp)
    times = found.counts.astype(np.float64)
    below = lengths.take(places)
    below *= K1 * B / average
    below += K1 * (1 - B)
    below += times
    times *= idf * (K1 + 1)
    times /= below
    score[places] += times


def _slices(parts: Sequence[Part], scores: Numbers) -> list[Numbers]:
    """The scores of each part."""
    ends = list(accumulate((part.size for part in parts), initial=0))
    return [scores[begin:end] for begin, end in pairwise(ends)]


def _count(part: Part, found: Found) -> int:
    """How many of these documents are there still."""
    return len(found.documents) if part.alive is None else int(np.count_nonzero(part.alive[found.documents]))


def best(parts: Sequence[Part], scores: Numbers, k: int) -> list[TextHit]:
    """The k best documents, best first, of equals by their ids."""
    least = _least(scores, k)
    hits: list[tuple[float, str]] = []
    for part, score in zip(parts, _slices(parts, scores), strict=True):
        places = np.flatnonzero(score >= least)
        if part.by_id and len(places) > 2 * k:
            places = _first_of_equals(places, score, least, k)
        ids = part.ids(places.tolist()) if len(places) else []
        hits += zip((-score[places]).tolist(), ids, strict=True)
    return [TextHit(doc_id, -score) for score, doc_id in sorted(hits)[:k]]


def _least(scores: Numbers, k: int) -> float:
    """The score of the k-th best, or the least there is above 0."""
    groups = len(scores) // _TOGETHER
    if groups > k:
        # The k best of the maxima of some groups are k scores: what is below the last of them is none of the k best.
        maxima = scores[: groups * _TOGETHER].reshape(_TOGETHER, groups).max(axis=0)
        bound = max(float(np.partition(maxima, groups - k)[groups - k]), _LEAST)
    else:
        bound = _LEAST
    left = scores[scores >= bound]
    return bound if len(left) <= k else float(np.partition(left, len(left) - k)[len(left) - k])


def _first_of_equals(places: Numbers, score: Numbers, least: float, k: int) -> Numbers:
    """The places without those that are too many of the least score: a segment is in the order of the ids."""
    equal = score[places] == least
    return np.concatenate([places[~equal], places[equal][:k]])
