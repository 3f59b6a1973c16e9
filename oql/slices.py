"""Time slices: of all runs of a process that compute for long, one computes at a time, namespace after namespace.

Python lets one thread compute at a time, and whoever wants to be next competes for it: the thread that serves requests
with each run that computes. So a run that has computed for some milliseconds waits here for its slice. It is a matter
of fairness alone: who waits for something else while it is its turn loses it after a while, and nobody waits for ever.
"""

import threading
from collections import OrderedDict, deque

from oql.local import elapsed

_STALLED_S = 0.1


class RoundRobin:
    """Whose slice it is. A run asks by `turn` again and again, and says by `leave` that it has ended.

    One that has not come back for `stalled_s` waits for something else, or is gone: others go on.
    """

    def __init__(self, stalled_s: float = _STALLED_S) -> None:
        self._stalled_s = stalled_s
        self._guard = threading.Lock()
        self._holder: object = None
        self._seen = 0.0  # when the holder asked the last time
        self._waiting: OrderedDict[str, deque[tuple[object, threading.Event]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many runs wait."""
        with self._guard:
            return sum(map(len, self._waiting.values()))

    def turn(self, run: object, namespace: str) -> None:
        """Returns when it is the run's turn. One that has it goes on, unless others wait."""
        with self._guard:
            if self._holder is run and self._waiting:
                self._pass_on()
            if self._holder is run or self._holder is None:
                self._holder, self._seen = run, elapsed()
                return
            called = threading.Event()
            self._waiting.setdefault(namespace, deque()).append((run, called))
        while not called.wait(self._stalled_s):
            self._take_from_the_stalled()

    def leave(self, run: object) -> None:
        """The run has ended, or does not compute any more."""
        with self._guard:
            if self._holder is run:
                self._pass_on()

    def _take_from_the_stalled(self) -> None:
        with self._guard:
            if elapsed() - self._seen >= self._stalled_s:
                self._pass_on()

    def _pass_on(self) -> None:
        """The next slice: of the namespace that has waited for longest, the run that has."""
        self._holder = None
        if not self._waiting:
            return
        namespace, runs = self._waiting.popitem(last=False)
        self._holder, called = runs.popleft()
        self._seen = elapsed()
        if runs:
            self._waiting[namespace] = runs
        called.set()


SLICES = RoundRobin()
"""Those of this process."""
