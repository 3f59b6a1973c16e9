"""How many executions hold slots now, in all namespaces, for GET /health."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic, time

from chains.executions import reading
from substrate.errors import StoreError
from substrate.interface import DatabaseError, Namespace

COUNTED_S = 0.2
"""How long a count is good for, since a load balancer may ask often."""
LOOK_S = 60.0
"""Jobs that hold a slot are run, or due, within that time."""


class SlotCount:
    """Counts the slots. `busy` gives the namespaces where something is to be done until a time."""

    def __init__(self, busy: Callable[[float], Sequence[str]], namespaces: Callable[[str], Namespace]) -> None:
        self._busy = busy
        self._namespaces = namespaces
        self._lock = threading.Lock()
        self._counted = 0
        self._until = 0.0

    def __call__(self) -> int:
        """The count; it reads databases, so it is for a thread. What cannot be read is left out."""
        with self._lock:
            if monotonic() >= self._until:
                self._counted = self._count()
                self._until = monotonic() + COUNTED_S
            return self._counted

    def _count(self) -> int:
        try:
            names = self._busy(time() + LOOK_S)
        except (DatabaseError, StoreError):
            return 0
        return sum(self._held(name) for name in names)

    def _held(self, name: str) -> int:
        try:
            return reading.holding_slots(self._namespaces(name))
        except (DatabaseError, StoreError):
            return 0
