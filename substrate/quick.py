"""Which statements are quick, so that they need no thread: those that computed little when they last ran on one.

    not known -> on a thread -> computed little -> known -> at once -> again within its bounds: stays known
                                                               \\----> given up: not known, and so on a thread

A statement is known by its text, without the values that are bound; one that is given up rests for a while.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

MOST_S = 0.5e-3
"""How long a quick statement computes, with all that its rows take."""
MOST_KNOWN = 1_000
REST_S = 0.25
"""How long one that was given up is not tried; a busy machine makes slow now and then what is quick."""


class QuickStatements:
    """Those of one namespace. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._rests: dict[str, float] = {}

    def __contains__(self, sql: str) -> bool:
        return sql in self._known

    @contextmanager
    def measured(self, sql: str) -> Iterator[None]:
        """Learns from the block, which runs a statement."""
        if sql in self._known:
            yield
            return
        began = time.thread_time()
        yield
        if time.thread_time() - began > MOST_S or self._rests.get(sql, 0.0) > time.monotonic():
            return
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add(sql)

    def given_up(self, sql: str) -> None:
        """A statement took longer than a quick one may."""
        self._known.discard(sql)
        if len(self._rests) >= MOST_KNOWN:
            self._rests.clear()
        self._rests[sql] = time.monotonic() + REST_S
