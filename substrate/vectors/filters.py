"""Filters on metadata: which vectors have all the values that are asked for.

A vector keeps its metadata as long as it keeps its place. So what was found once for a value only grows at its end;
what went away since does no harm, since the matrix knows of it. That is kept, for all tables of the process together.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from substrate.engine import Connection
from substrate.vectors.columns import Places
from substrate.vectors.layout import Table
from substrate.vectors.stored import with_term
from substrate.vectors.values import behind, field, term

MOST_BYTES = 64 * 2**20
"""What all that is kept may take."""

Term = tuple[bytes, bytes]
"""The first and the last of the terms that are meant."""


class Terms:
    """Where terms occur, as far as it was asked before. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, Term], tuple[int, Places]] = OrderedDict()
        self._bytes = 0
        self._guard = threading.Lock()

    def places(self, connection: Connection, table: Table, asked: Term, *, committed: bool) -> Places:
        """The changes that put vectors with a term, in order; some of these vectors may be gone."""
        if not committed:
            return with_term(connection, table, *asked, -1)
        with self._guard:
            upto, known = self._known.get((table.made, asked), (-1, np.empty(0, np.int64)))
        if upto == table.changes:
            return known
        if upto > table.changes:  # others have gone on; what they know no longer has gone away since
            return with_term(connection, table, *asked, -1)
        found = np.concatenate([known, with_term(connection, table, *asked, upto)])
        self._keep((table.made, asked), table, found)
        return found

    def _keep(self, key: tuple[int, Term], table: Table, found: Places) -> None:
        with self._guard:
            _, before = self._known.pop(key, (0, np.empty(0, np.int64)))
            self._bytes -= before.nbytes
            if len(found) > 2 * table.vectors + 1_000:  # mostly of vectors that are gone
                return
            self._known[key] = (table.changes, found)
            self._bytes += found.nbytes
            while self._bytes > MOST_BYTES:
                _, (_, oldest) = self._known.popitem(last=False)
                self._bytes -= oldest.nbytes


TERMS = Terms()


class Fitting:
    """The vectors that fit a filter: those that `some` names, but for those that `without` does."""

    def __init__(self, connection: Connection, table: Table, asked: Mapping[str, Any], *, committed: bool) -> None:
        self._some: Places | None = None
        self._without: list[Places] = []
        for name, value in asked.items():
            if value is None:
                first = field(name)
                every = TERMS.places(connection, table, (first, behind(first)), committed=committed)
                self._without.append(every)
            else:
                each = term(name, value)
                found = TERMS.places(connection, table, (each, each), committed=committed)
                self._some = found if self._some is None else np.intersect1d(self._some, found, assume_unique=True)

    def flags(self, places: Places) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether vectors fit, of changes in order."""
        fit = np.ones(len(places), np.bool_) if self._some is None else among(places, self._some)
        for each in self._without:
            fit &= ~among(places, each)
        return fit


def among(places: Places, some: Places) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of some numbers in order are among others in order."""
    flags = np.zeros(len(places), np.bool_)
    if len(places) and len(some):
        at = np.minimum(np.searchsorted(places, some), len(places) - 1)
        flags[at[places[at] == some]] = True
    return flags
