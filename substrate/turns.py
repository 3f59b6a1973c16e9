"""Turns among the threads of a process: a lock that is granted in the order in which it was asked for.

A plain `threading.Lock` goes to whoever comes first when it is free, mostly to the thread that just let go of it.
"""

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


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
    def turn(self) -> Iterator[None]:
        """Waits for its turn, and has it as long as the block."""
        if self._process != os.getpid():
            self._guard = threading.Lock()
            self._begin_anew()
        self._wait()
        try:
            yield
        finally:
            self._pass_on()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def _wait(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        try:
            called.acquire()
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
