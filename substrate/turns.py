"""Turns among the threads of a process: a lock that is granted in the order in which it was asked for.

A plain `threading.Lock` goes to whoever comes first when it is free, mostly to the thread that just let go of it.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from substrate.errors import Unavailable

TURN_SECONDS = 10.0
"""How long a writer waits for its turn, among threads and processes together. A commit takes milliseconds; whoever
takes longer was stopped, or writes very much."""
BUSY = f"another writer has not finished for {TURN_SECONDS:g} s"


class Patience:
    """What is left of the time that a writer has to get its turn."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + TURN_SECONDS

    @property
    def left(self) -> float:
        """Seconds, 0 when it is over."""
        return max(0.0, self._ends - time.monotonic())


class Turns:
    """One thread at a time; the others wait in a queue. In the child of a fork nobody has the turn."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begin_anew()

    @property
    def waiting(self) -> int:
        """How many threads wait."""
        return len(self._waiting)

    @contextmanager
    def turn(self, patience: Patience | None = None) -> Iterator[None]:
        """Waits for its turn, and has it as long as the block. Raises Unavailable when the patience is over."""
        if self._process != os.getpid():
            self._guard = threading.Lock()
            self._begin_anew()
        self._wait(patience)
        try:
            yield
        finally:
            self._pass_on()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def _wait(self, patience: Patience | None) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            if not called.acquire(timeout=patience.left if patience else -1):
                raise Unavailable(BUSY)
        except BaseException:
            self._leave(called)
            raise

    def _leave(self, called: threading.Lock) -> None:
        """Gives up waiting; a turn that came meanwhile is passed on."""
        with self._guard:
            if called in self._waiting:
                self._waiting.remove(called)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
