"""Changes of tables, noted at each commit and looked at a moment later, together: is anything there that is watched?"""

import logging
import threading
import time
from collections.abc import Callable

from substrate.errors import StoreError

_log = logging.getLogger("oql.worker")
TOGETHER_S = 0.02
APART_S = 0.1
"""How far apart looks are that follow each other: a writer that goes on is not stopped for each of its commits."""
IDLE_S = 5.0
"""How long the thread that looks waits for the next change before it ends."""


class Changes:
    """The namespaces in which this process has changed something. `look` is called with each, on another thread."""

    def __init__(self, look: Callable[[str], None]) -> None:
        self._look = look
        self._names: set[str] = set()
        self._guard = threading.Condition()
        self._thread: threading.Thread | None = None

    def note(self, name: str) -> None:
        """Notes a change. Takes no time, and never raises."""
        if name in self._names:
            return
        with self._guard:
            self._names.add(name)
            if self._thread is None or not self._thread.is_alive():  # it does not live on in the child of a fork
                self._thread = threading.Thread(target=self._go_on, name="changes", daemon=True)
                self._thread.start()
            self._guard.notify()

    def tell(self) -> None:
        """Looks at all that was noted."""
        with self._guard:
            names, self._names = self._names, set()
        for name in names:
            try:
                self._look(name)
            except StoreError as error:  # the scheduler's walk finds what is due there
                _log.warning("the watches of %s cannot be read: %s", name, error.message)

    def _go_on(self) -> None:
        while self._noted():
            time.sleep(TOGETHER_S)
            self.tell()
            time.sleep(APART_S - TOGETHER_S)

    def _noted(self) -> bool:
        """Waits for a change; False where none comes, and the thread is to end."""
        with self._guard:
            if not self._names:
                self._guard.wait(IDLE_S)
            if not self._names:
                self._thread = None
            return bool(self._names)
