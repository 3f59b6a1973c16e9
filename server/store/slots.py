"""Places that requests take and give back, counted over all processes of this machine.

A place is the lock on one byte of a file that stays empty. The kernel keeps it, so a process that is killed leaves none
taken, and a key that nobody uses costs nothing.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PLACES_BITS = 10
"""At most so many places (2^10) for one key."""


class Slots:
    """The places of one file. For the one thread of an event loop; the file is opened by the process that uses it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Closing any handle of the file would drop all its locks, so this one stays open to the end.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held: set[int] = set()
        self._first = os.getpid() * 7

    def take(self, key: str, count: int) -> int | None:
        """One of the `count` places of a key, None when all of them are taken."""
        start = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=6).digest(), "big") << PLACES_BITS
        for index in range(count):
            place = start + (self._first + index) % count
            if place not in self._held and self._lock(place):
                self._held.add(place)
                return place
        return None

    def give(self, place: int) -> None:
        """Gives a place back."""
        self._held.discard(place)
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    @contextmanager
    def holding(self, place: int) -> Iterator[None]:
        """Gives a taken place back at the end of the block."""
        try:
            yield
        finally:
            self.give(place)

    def _lock(self, place: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True
