"""Which statements are quick, so that they need no thread: those that computed little when they last ran on one.

    not known -> on a thread -> computed little -> known -> at once -> again within its bounds: stays known
                                                               \\----> took longer: not known, and so on a thread

A statement is known by its text, without the values that are bound; one that is given up rests for a while, and longer
each time that it is given up soon again. None is tried whose functions may compute for long on values that are long:
the engine can be stopped between its instructions only.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from substrate.interface import NotQuick

MOST_S = 0.5e-3
"""How long a quick statement computes, with all that its rows take; at once it may be twice that."""
MOST_KNOWN = 1_000
REST_S = 0.25
"""How long one that was given up is not tried first; a busy machine makes slow now and then what is quick."""
MOST_REST_S = 60.0
_LONGEST = 4_000
"""The characters of a statement that is looked at; longer ones are never quick."""
_SOON = 100
"""One that is given up again within so many rests rests for twice as long."""

_CALL = re.compile(r'"[^"]*"|\b(like|glob|regexp|match)\b|\b(\w+)\s*\(', re.IGNORECASE)
_HARMLESS = frozenset({
    "and", "as", "by", "case", "cast", "else", "exists", "from", "having", "in", "not", "on", "or", "over", "select",
    "then", "when", "where", "abs", "avg", "coalesce", "count", "iif", "length", "max", "min", "nullif", "oql_finite",
    "oql_overflow", "oql_round", "oql_whole", "sum", "typeof",
})  # fmt: skip
"""What may stand before a parenthesis: words of SQL, and functions that look at each byte of a value once at most."""


def is_harmless(sql: str) -> bool:
    """Whether no instruction of a statement computes for much longer than it takes to read its values."""
    return len(sql) <= _LONGEST and _calls_nothing_costly(sql)


@lru_cache(MOST_KNOWN)
def _calls_nothing_costly(sql: str) -> bool:
    found = _CALL.findall(sql)
    return all(not matched and (not called or called.lower() in _HARMLESS) for matched, called in found)


class QuickStatements:
    """Those of one namespace. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._rests: dict[str, tuple[float, float]] = {}
        """When a statement was given up last, and for how long it rests."""

    def __contains__(self, sql: str) -> bool:
        return sql in self._known

    @contextmanager
    def measured(self, sql: str) -> Iterator[None]:
        """Learns from the block, which runs a statement on a thread."""
        if sql in self._known or not is_harmless(sql):
            yield
            return
        began = time.thread_time()
        yield
        if time.thread_time() - began > MOST_S or self._is_resting(sql):
            return
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add(sql)

    @contextmanager
    def at_once(self, sql: str) -> Iterator[None]:
        """Learns from the block, which runs a statement that is known, with all that is made of its rows."""
        began = time.thread_time()
        try:
            yield
        except NotQuick:
            self._give_up(sql)
            raise
        if time.thread_time() - began > 2 * MOST_S:
            self._give_up(sql)

    def _is_resting(self, sql: str) -> bool:
        at, rest = self._rests.get(sql, (0.0, 0.0))
        return time.monotonic() < at + rest

    def _give_up(self, sql: str) -> None:
        self._known.discard(sql)
        now = time.monotonic()
        at, rest = self._rests.get(sql, (0.0, 0.0))
        longer = min(2 * rest, MOST_REST_S) if now < at + _SOON * rest else REST_S
        if len(self._rests) >= MOST_KNOWN:
            self._rests.clear()
        self._rests[sql] = now, longer
