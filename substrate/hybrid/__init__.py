"""Searches by words and by nearness at once, in one snapshot.

Each side gives its best hits, ten times as many as are wanted and 100 at least; what both say of an id is added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

from substrate import json
from substrate.errors import Invalid, described
from substrate.interface import Call
from substrate.interface.hybrid import FUSIONS, RANKS_FROM, Both, FusedHit, Side, Words
from substrate.interface.vectors import MOST_HITS, Metadata, Nearest

if TYPE_CHECKING:
    from substrate.reading import ReadingHere

_DEEPER = 10
_LEAST = 100

Found = Sequence[tuple[str, float]]
"""Ids with their scores, best first."""


def search(reading: "ReadingHere", asked: Both, call: Call | None = None) -> list[FusedHit]:
    """See `substrate.interface.Reading.search`."""
    _look_at(asked)
    depth = min(MOST_HITS, max(_LEAST, asked.k * _DEEPER))
    words = _by_words(reading, asked.words, asked.nearest, depth, call) if asked.words else []
    nearest: Found = []
    rising = False
    if asked.nearest:
        nearest = [(hit.id, hit.score) for hit in reading.vector_topk(replace(asked.nearest, k=depth), call)]
        rising = _rising(nearest)
    sides = (
        _sides(words, asked.fusion, asked.weights[0], rising=False),
        _sides(nearest, asked.fusion, asked.weights[1], rising=rising),
    )
    return _fused(*sides)[: asked.k]


def _look_at(asked: Both) -> None:
    """Raises Invalid."""
    if asked.words is None and asked.nearest is None:
        raise Invalid("expected `text`, `vector` or both")
    if type(asked.k) is not int or not 1 <= asked.k <= MOST_HITS:
        message = f"`k`: expected a whole number from 1 to {MOST_HITS:,}, found {described(asked.k)}"
        raise Invalid(message, field="k")
    if asked.fusion not in FUSIONS:
        raise Invalid(f"`fusion`: expected {' or '.join(FUSIONS)}, found {described(asked.fusion)}", field="fusion")
    if not all(isfinite(weight) and 0 <= weight <= 1e9 for weight in asked.weights) or not any(asked.weights):
        message = f"`weights`: expected numbers from 0 to 1e9, not all 0, found {list(asked.weights)}"
        raise Invalid(message, field="weights")


def _sides(found: Found, fusion: str, weight: float, *, rising: bool) -> dict[str, Side]:
    """What a search says of each id, and what that adds."""
    scores = [score for _, score in found]
    least, most = (min(scores), max(scores)) if scores else (0.0, 0.0)
    sides = {}
    for rank, (name, score) in enumerate(found, 1):
        if fusion == "rrf":
            adds = weight / (RANKS_FROM + rank)
        elif most == least:
            adds = weight
        else:
            adds = weight * ((most - score) if rising else (score - least)) / (most - least)
        sides[name] = Side(rank, score, adds)
    return sides


def _fused(words: Mapping[str, Side], nearest: Mapping[str, Side]) -> list[FusedHit]:
    """All hits, best first, equals by their ids."""
    hits = []
    for name in {**words, **nearest}:
        sides = words.get(name), nearest.get(name)
        hits.append(FusedHit(name, sum(side.adds for side in sides if side), *sides))
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def _rising(found: Found) -> bool:
    """Whether the best have the least scores: distances."""
    return bool(found) and found[0][1] < found[-1][1]


def _by_words(reading: "ReadingHere", words: Words, nearest: Nearest | None, depth: int, call: Call | None) -> Found:
    """The best by words, of those that fit the filter."""
    from substrate.fulltext.searching import ranked

    wanted = nearest.filter if nearest else None
    k = depth
    while True:
        hits = ranked(reading, words.table, words.field, words.query, k, call, most=k)
        found = [(hit.doc_id, hit.score) for hit in hits]
        if not wanted or nearest is None:
            return found
        fit = _fitting(reading, nearest.table, [name for name, _ in found], wanted)
        left = [each for each in found if each[0] in fit]
        if len(left) >= depth or len(found) < k:
            return left[:depth]
        k *= _DEEPER


def _fitting(reading: "ReadingHere", name: str, ids: Sequence[str], wanted: Metadata) -> set[str]:
    """Those of the ids whose vectors have metadata that fits."""
    from substrate.vectors.layout import TABLES, find, kept
    from substrate.vectors.values import flat, terms

    table = find(reading.connection, name) if TABLES.there(reading) else None
    expected = set(terms(flat(wanted, "filter")))
    empty = [field for field, value in wanted.items() if value is None]
    fit: set[str] = set()
    for found in kept(reading.connection, table, ids) if table else ():
        metadata = json.loads(found.metadata) if found.metadata else {}
        if expected <= set(terms(metadata)) and all(metadata.get(field) is None for field in empty):
            fit.add(found.id)
    return fit
