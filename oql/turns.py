"""Turns at work that takes much memory or the whole of a processor: few runs of a process do it at the same time.

Of one namespace it is one run at a time, so that a burst of one takes no turns from the others.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from oql.verbs.run import Run

_LOOK_S = 0.05


class Turns:
    """`count` runs at the same time; the others wait."""

    def __init__(self, count: int) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def turn(self, run: Run) -> Iterator[None]:
        """Waits for a turn, as long as the run may; the block is the turn."""
        while not self._free.acquire(timeout=_LOOK_S):
            run.look()
        try:
            yield
        finally:
            self._free.release()


class NamespaceTurns:
    """One run of each namespace at the same time."""

    def __init__(self) -> None:
        self._own: WeakValueDictionary[str, Turns] = WeakValueDictionary()
        self._guard = threading.Lock()

    @contextmanager
    def turn(self, run: Run) -> Iterator[None]:
        """As that of `Turns`."""
        with self._guard:
            own = self._own.setdefault(run.context.namespace, Turns(1))
        with own.turn(run):
            yield
