"""The processes that a reload has left: they go on until those that follow them answer, finish their work, and end."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence

from server.process.children import Child
from server.process.handing import Handed


class Arrivals:
    """How many web workers have begun to answer. Made before they are; they share it."""

    def __init__(self) -> None:
        self._counted, self._told = os.pipe()
        os.set_blocking(self._counted, False)
        self._count = 0

    def tell(self) -> None:
        """Called once in each of them."""
        os.write(self._told, b"1")

    def count(self) -> int:
        """Called in the master."""
        with contextlib.suppress(BlockingIOError):
            self._count += len(os.read(self._counted, 1024))
        return self._count


class Former:
    """Those that an earlier program of this process has left to it; none after a start."""

    def __init__(self, handed: Handed | None) -> None:
        self.kept = dict(handed.kept) if handed else {}
        self._workers = _children(handed.workers if handed else ())
        self._last = _children(handed.last if handed else ())
        self._deadline = 0.0

    def there(self) -> bool:
        """Whether any of them runs."""
        return any(not child.ended() for child in (*self._workers, *self._last))

    def ask_to_end(self, seconds: float) -> None:
        """Tells them to finish what they do, which may take so long. Asking again changes nothing."""
        if self.there() and not self._deadline:
            self._deadline = time.monotonic() + seconds
            _signal(self._workers, signal.SIGTERM)

    def keep(self) -> None:
        """Called every second: ends what takes too long, and what is no longer needed."""
        if not self.there() or not self._deadline:
            return
        if time.monotonic() > self._deadline:
            _signal((*self._workers, *self._last), signal.SIGKILL)
        elif all(child.ended() for child in self._workers):
            _signal(self._last, signal.SIGTERM)

    def end(self, seconds: float) -> None:
        """Asks them to end, and returns when all have ended: after so long at most, and a moment."""
        self.ask_to_end(seconds)
        while self.there():
            self.keep()
            time.sleep(0.02)


def _children(pids: Sequence[int]) -> list[Child]:
    return [Child("former", _never, pid=pid) for pid in pids]


def _never() -> None:
    raise AssertionError("a former process is not started again")


def _signal(children: Sequence[Child], number: int) -> None:
    for child in children:
        child.signal(number)
