"""The scheduler: sends hints for marks that become due, and walks the namespaces for work whose mark was lost.

Several of them do each other's work twice, which is harmless; without any, workers find due marks by themselves,
and lost marks stay lost until one is there.
"""

import itertools
import logging
import time
from collections.abc import Callable
from threading import Event

from worker.hints import Hints
from worker.marks import unforeseen

POLL_SECONDS = 0.1
AGAIN_SECONDS = 1.0
"""When a hint for a mark is sent again that has not moved since; that it is outstanding still is told by Redis."""
ROUND_SECONDS = 10.0
"""How long a walk over all namespaces takes at least."""
LEAST_PAUSE = 0.002
"""The pause between two namespaces in a walk at least."""
FAILED_SECONDS = 1.0

_log = logging.getLogger("oql.worker")


class Scheduler:
    """`names` gives all namespaces, `next_due` the Unix time when work of one is due, None for never."""

    def __init__(
        self,
        hints: Hints,
        names: Callable[[], list[str]],
        next_due: Callable[[str], float | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._hints = hints
        self._names = names
        self._next_due = next_due
        self._clock = clock
        self._sent: dict[tuple[str, int], float] = {}

    def send_due(self) -> None:
        """Sends a hint for each mark that is due. Raises DatabaseError, StoreError."""
        now = self._clock()
        due = self._hints.due(now)
        for namespace, count in due:
            if now >= self._sent.get((namespace, count), 0.0):
                self._sent[namespace, count] = now + AGAIN_SECONDS
                self._hints.send(namespace)
        if len(self._sent) > len(due):
            self._sent = {one: self._sent[one] for one in due if one in self._sent}

    def keep_sending(self, stopping: Event) -> None:
        """Sends hints until told to stop."""
        while not stopping.wait(POLL_SECONDS):
            try:
                self.send_due()
            except Exception as error:  # noqa: BLE001 - it is tried again
                _log.warning("the marks of due work cannot be read: %s", error, exc_info=unforeseen(error))
                stopping.wait(FAILED_SECONDS)

    def keep_walking(self, stopping: Event) -> None:
        """Walks until told to stop: the first time without a pause to speak of."""
        for turn in itertools.count():
            names = self._listed()
            pause = max(LEAST_PAUSE, ROUND_SECONDS / (len(names) + 1)) if turn else LEAST_PAUSE
            for namespace in names:
                self.look(namespace)
                if stopping.wait(pause):
                    return
            if stopping.wait(ROUND_SECONDS if not names or not turn else pause):
                return

    def look(self, namespace: str) -> None:
        """Sees to it that the namespace has a mark if it has work."""
        try:
            due = self._next_due(namespace)
        except Exception as error:  # noqa: BLE001 - the walk goes on to the others
            _log.warning("cannot see whether %s has due work: %s", namespace, error, exc_info=unforeseen(error))
            return
        if due is not None:
            self._hints.hold(namespace, due)

    def _listed(self) -> list[str]:
        try:
            return self._names()
        except Exception as error:  # noqa: BLE001 - it is tried again with the next walk
            _log.warning("the namespaces cannot be listed: %s", error, exc_info=unforeseen(error))
            return []
