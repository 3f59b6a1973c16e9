"""The turn to write among the processes of a machine: a lock on a file, for which the kernel keeps a queue.

The kernel gives the lock up when its holder dies, but not when it is stopped (SIGSTOP, a frozen container), and a wait
for it cannot be broken off. So where the lock is not free, a thread of its own waits for it, and hands it over:

    free ---------------------------------------------> taken, in one call
    somebody else has it -> a thread waits in the queue -> hands over -> taken
                                    |                        \\-> the one who asked has given up: let go at once
                                    \\-> whoever asks next in this process takes its place in the queue
"""

import fcntl
import os
import threading
from pathlib import Path

from substrate.file_locks import locked
from substrate.turns import BUSY, Patience


class FileTurn:
    """One handle of a file of turns; it is used by one thread at a time. Raises OSError where it cannot be opened.

    It is closed when nobody knows it any more, too: a namespace that was not used for long is just forgotten.
    """

    _file = -1

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._asked: _Asked | None = None

    def take(self, patience: Patience) -> None:
        """Waits for the turn. Raises TimeoutError when the patience is over."""
        while True:
            if self._asked is None:
                if locked(self._file):
                    return
                self._asked = _Asked(self._file)
            if self._asked.wanted():
                break
            self._asked = None  # it came too late for whoever asked, and was let go
        if not self._asked.handed_over(patience.left):
            raise TimeoutError(BUSY)
        self._asked = None

    def give(self) -> None:
        """Gives the turn back."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the handle, of a turn that nobody has. Once more does nothing."""
        file, self._file = self._file, -1
        if file != -1 and (self._asked is None or not self._asked.closes()):
            os.close(file)

    def __del__(self) -> None:
        self.close()


class _Asked:
    """A lock that was asked for by a thread of its own, for whoever wants it when it comes."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._given = threading.Lock()
        self._given.acquire()
        self._wanted = True
        self._closes = False
        self._over = False
        self._error: OSError | None = None
        threading.Thread(target=self._wait, name="turn", daemon=True).start()

    def wanted(self) -> bool:
        """Somebody wants the lock, and will ask whether it is handed over; False where it was let go already."""
        with self._guard:
            self._wanted = self._wanted or not self._over
            return self._wanted

    def handed_over(self, seconds: float) -> bool:
        """Whether the lock comes within that time. Raises OSError."""
        if not self._given.acquire(timeout=seconds):
            with self._guard:
                self._wanted = self._over  # it may just have come
                if not self._over:
                    return False
        if self._error:
            raise self._error
        return True

    def closes(self) -> bool:
        """Leaves it to the waiting thread to close the file; False where that has ended."""
        with self._guard:
            self._closes = not self._over
            return self._closes

    def _wait(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            self._error = error
        with self._guard:
            self._over = True
            if self._wanted:
                self._given.release()
            elif self._error is None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            if self._closes:
                os.close(self._file)
