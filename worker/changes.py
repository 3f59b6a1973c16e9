"""Changes of tables, noted at each commit and looked at a moment later, together: is anything there that is watched?"""

import logging
import threading
from collections.abc import Callable

from substrate.errors import StoreError

_log = logging.getLogger("oql.worker")
TOGETHER_S = 0.02


class Changes:
    """The namespaces in which this process has changed something. `look` is called with each, on another thread."""

    def __init__(self, look: Callable[[str], None]) -> None:
        self._look = look
        self._names: set[str] = set()
        self._guard = threading.Lock()
        self._timer: threading.Timer | None = None

    def note(self, name: str) -> None:
        """Notes a change. Takes no time, and never raises."""
        if name in self._names:
            return
        with self._guard:
            self._names.add(name)
            if self._timer is None:
                self._timer = threading.Timer(TOGETHER_S, self.tell)
                self._timer.daemon = True
                self._timer.start()

    def tell(self) -> None:
        """Looks at all that was noted."""
        with self._guard:
            names, self._names, self._timer = self._names, set(), None
        for name in names:
            try:
                self._look(name)
            except StoreError as error:  # the scheduler's walk finds what is due there
                _log.warning("the watches of %s cannot be read: %s", name, error.message)
