"""The search for the nearest vectors, in one snapshot of a namespace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from substrate import json
from substrate.engine import Connection
from substrate.errors import Invalid
from substrate.interface.vectors import Hit, Metric, Nearest
from substrate.vectors.columns import Doubles, Places
from substrate.vectors.filters import Fitting
from substrate.vectors.layout import Table
from substrate.vectors.matrices import MATRICES
from substrate.vectors.matrix import NOTHING, View
from substrate.vectors.scan import Query, nearest, scores
from substrate.vectors.stored import put_between, told
from substrate.vectors.values import packed

_DECIMALS, _DIGITS = 9, 12
"""How far scores are told, under cosine and else; those that are the same so far are in the order of their ids."""
_OVERFETCHED = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search takes place. `folder`: of the matrices of the namespace; `committed`: nothing may be undone."""

    connection: Connection
    folder: Path
    committed: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """Vectors by the changes that put them, with their scores as they are told."""

    changes: Places
    scores: Doubles


def search(place: Place, table: Table, asked: Nearest) -> list[Hit]:
    """The hits, best first, of equal scores by their ids. Raises Invalid: a query that does not fit the table."""
    numbers = np.frombuffer(packed(asked.query, "query"), "<f4")
    if len(numbers) != table.dim:
        message = f"`query`: expected {table.dim} numbers as the table has, found {len(numbers)}"
        raise Invalid(message, field="query", dim=table.dim)
    looking = _Looking(place, table, Query.of(numbers, table.metric), asked)
    if asked.accepts is None:
        return looking.best(asked.k)
    k = asked.k * _OVERFETCHED
    while True:
        found = looking.best(k)
        hits = [hit for hit in found if asked.accepts(hit.metadata or {})]
        if len(hits) >= asked.k or len(found) < k:
            return hits[: asked.k]
        k *= _OVERFETCHED


class _Looking:
    """One question, which may be asked for more and more hits."""

    def __init__(self, place: Place, table: Table, query: Query, asked: Nearest) -> None:
        self._place = place
        self._table = table
        self._query = query
        self._fitting = (
            Fitting(place.connection, table, asked.filter, committed=place.committed) if asked.filter else None
        )
        self._view = _view(place, table, sketched=asked.mode == "fast")
        self._tail = list(self._behind(self._view.since))

    def best(self, k: int) -> list[Hit]:
        """The `k` best, or all where there are fewer."""
        found = [self._of_matrix(k), *self._tail]
        changes, values = np.concatenate([each.changes for each in found]), np.concatenate([f.scores for f in found])
        better = values if self._query.metric == "l2" else -values
        if len(better) > k:
            last = np.partition(better, k - 1)[k - 1]
            changes, values = changes[better <= last], values[better <= last]
        ids = told(self._place.connection, self._table, changes.tolist())
        sign = 1 if self._query.metric == "l2" else -1
        hits = [_hit(*ids[change], value) for change, value in zip(changes.tolist(), values.tolist(), strict=True)]
        return sorted(hits, key=lambda hit: (sign * hit.score, hit.id))[:k]

    def _of_matrix(self, k: int) -> _Found:
        view = self._view
        if view.columns is None:
            return _Found(np.empty(0, np.int64), np.empty(0))
        wanted = view.alive
        places = view.columns.places[: view.rows]
        if self._fitting is not None:
            fit = self._fitting.flags(places)
            wanted = fit if wanted is None else fit & wanted
        found = view.sketch and view.sketch.nearest(view.columns, view.rows, wanted, self._query, k)
        rows, values = found or nearest(view.columns, view.rows, wanted, self._query, k)
        return _Found(places[rows], rounded(values, self._query.metric))

    def _behind(self, change: int) -> Iterator[_Found]:
        """Vectors that the matrix does not have, all of them."""
        table, connection = self._table, self._place.connection
        if change == table.changes:
            return
        for put in put_between(connection, table, change, table.changes):
            fit = np.ones(len(put.changes), np.bool_) if self._fitting is None else self._fitting.flags(put.changes)
            yield _Found(put.changes[fit], rounded(scores(put.numbers[fit], self._query), self._query.metric))


def _view(place: Place, table: Table, *, sketched: bool) -> View:
    try:
        matrix = MATRICES.of(place.folder, place.connection, table)
    except OSError:
        return NOTHING
    return matrix.view(place.connection, table, committed=place.committed, sketched=sketched)


def rounded(values: Doubles, metric: Metric) -> Doubles:
    """Scores as they are told: to some decimals under cosine, else to some digits."""
    if metric == "cosine":
        return np.round(values, _DECIMALS) + 0.0
    sizes = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0))
    factors = 10.0 ** (_DIGITS - 1 - sizes)
    return np.rint(values * factors) / factors + 0.0


def _hit(name: str, metadata: str | None, score: float) -> Hit:
    read: Any = None if metadata is None else json.loads(metadata)
    return Hit(name, score, read)
