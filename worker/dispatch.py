"""Shares due namespaces out among the threads of one worker process.

hint -> wake() -> a free thread -> begin, drain, settle

There is no line to wait in: whoever brings a namespace waits until a thread is free, so that hints stay where other
processes can take them. A namespace has at most half of the threads; asked for once more, it is looked at again
as soon as one of them is done with it.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

from worker import metrics
from worker.hints import Hints
from worker.marks import LEASE_SECONDS, unforeseen

POLL_SECONDS = 0.2
OVERLOOKED_SECONDS = 1.5
"""How long a mark may be due before it is looked at although hints arrive: the hint was lost."""
FAILED_SECONDS = 1.0
"""When a namespace is looked at again after a drain that failed."""

_log = logging.getLogger("oql.worker")


class Dispatcher:
    """A pool of threads that drain namespaces.

    drain: does all that is due in a namespace, gives the Unix time when work is due next, None for never.
    """

    def __init__(
        self, drain: Callable[[str], float | None], hints: Hints, threads: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._drain = drain
        self._hints = hints
        self._clock = clock
        self._threads = threads
        self._most_of_one = max(1, threads // 2)
        self._waiting: deque[str] = deque()
        self._running: Counter[str] = Counter()
        self._again: dict[str, None] = {}
        self._guard = threading.Condition()
        self._stopping = False
        self._all = [
            threading.Thread(target=self._work, name=f"drain-{number}", daemon=True) for number in range(threads)
        ]

    def start(self) -> None:
        """Starts the threads, and begins to take hints and to look at the marks."""
        for thread in self._all:
            thread.start()
        self._hints.receive(self.wake, self.is_free)
        threading.Thread(target=self._poll, name="poll", daemon=True).start()

    def wake(self, namespace: str) -> bool:
        """Has the namespace drained: at once when a thread is free, else this waits for one. False: no more."""
        with self._guard:
            while not self._stopping:
                if namespace in self._waiting:
                    return True
                if self._running[namespace] >= self._most_of_one:
                    self._again[namespace] = None
                    return True
                if self._room():
                    self._waiting.append(namespace)
                    self._guard.notify_all()
                    return True
                self._guard.wait()  # others may have brought the same namespace meanwhile
            return False

    def is_free(self, seconds: float) -> bool:
        """Waits so long for a free thread; False: there is none, or all is ending."""
        with self._guard:
            return self._guard.wait_for(lambda: self._room() or self._stopping, seconds) and not self._stopping

    def stop(self) -> None:
        """Begins no more drains. Those that run are told by whoever owns the drain."""
        with self._guard:
            self._stopping = True
            self._guard.notify_all()

    def join(self, seconds: float) -> bool:
        """Waits for the running drains; False where some still run after that."""
        self._hints.stop_receiving()
        with self._guard:
            return self._guard.wait_for(lambda: not self._running.total(), seconds)

    def _room(self) -> bool:
        return self._running.total() + len(self._waiting) < self._threads

    def _work(self) -> None:
        while (namespace := self._next()) is not None:
            try:
                self._look(namespace)
            finally:
                self._done(namespace)

    def _next(self) -> str | None:
        with self._guard:
            self._guard.wait_for(lambda: self._waiting or self._stopping)
            if self._stopping:
                return None
            namespace = self._waiting.popleft()
            self._running[namespace] += 1
            return namespace

    def _done(self, namespace: str) -> None:
        with self._guard:
            self._running[namespace] -= 1
            if not self._running[namespace]:
                del self._running[namespace]
            if namespace in self._again and not self._stopping:
                del self._again[namespace]
                self._waiting.append(namespace)
            self._guard.notify_all()

    def _look(self, namespace: str) -> None:
        outcome, count = "failed", -1
        try:
            with metrics.draining():
                count = self._hints.begin(namespace, self._clock())
                next_due = self._drain(namespace)
            outcome = "done"
        except Exception as error:  # noqa: BLE001 - this thread serves others too
            _log.error("looking for due work in %s has failed", namespace, exc_info=error)
            next_due = self._clock() + FAILED_SECONDS
        self._hints.settle(namespace, count, next_due)
        metrics.drain_ends(outcome)

    def _poll(self) -> None:
        """Looks at the marks: at those that are due, or where hints arrive, at those that have been due too long."""
        while not self._stopping:
            late = OVERLOOKED_SECONDS if self._hints.receiving else 0.0
            try:
                self._take_due(self._clock() - late)
            except Exception as error:  # noqa: BLE001 - no other thread of this process looks at the marks
                _log.warning("the marks of due work cannot be read: %s", error, exc_info=unforeseen(error))
                time.sleep(FAILED_SECONDS)
            time.sleep(POLL_SECONDS)

    def _take_due(self, now: float) -> None:
        for namespace, _ in self._hints.due(now):
            while not self.is_free(LEASE_SECONDS):
                if self._stopping:
                    return
            if self._hints.claim(namespace, now):
                self.wake(namespace)
