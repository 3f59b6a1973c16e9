"""How many requests a bearer may make: in a minute, and at once, over all processes of this machine.

The rate is a token bucket in the form of GCRA: for each bearer one moment is kept, at which its bucket will be full
again. A request moves it on by the time that one token takes to come back, and is refused where that would be further
away than the whole bucket takes. The moments stand in a table that all processes map into their memory.

The disk has all of the table from the start: to write to a part for which it has no room would kill the process.
"""

import fcntl
import hashlib
import math
import mmap
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FILE = "store.rates"
_ENTRY = struct.Struct("<8sd")
ENTRIES = 2**16
TRIED = 8
"""How many entries a bearer may be found in. When all are taken by busy others, it shares the last."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a minute in the long run, and so many in a row after a pause."""

    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class Granted:
    """What the bucket says of one request: refused where `wait_s` is not 0. `full_at`: seconds since the epoch."""

    remaining: int
    full_at: float
    wait_s: float = 0.0


def opened(path: Path) -> int:
    """The open file of a table; it has all its blocks. Raises OSError: the disk is full."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(file, 0, ENTRIES * _ENTRY.size)
    except OSError:
        os.close(file)
        raise
    return file


class Rates:
    """The buckets of all bearers in one file. For the one thread of an event loop."""

    def __init__(self, path: Path, rate: Rate, now: Callable[[], float] = time.time) -> None:
        self._file = opened(path)
        self._table = mmap.mmap(self._file, ENTRIES * _ENTRY.size)
        self._token_s = 60 / rate.per_minute
        self._bucket_s = rate.burst * self._token_s
        self._now = now

    def take(self, bearer: str) -> Granted:
        """One token of a bearer's bucket, if there is one."""
        digest = hashlib.blake2b(bearer.encode(), digest_size=12).digest()
        first = int.from_bytes(digest[8:], "big") % ENTRIES
        now = self._now()
        # Neighbours lock each other out for a microsecond at most.
        fcntl.lockf(self._file, fcntl.LOCK_EX, TRIED, first)
        try:
            return self._take(digest[:8], first, now)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, TRIED, first)

    def _take(self, tag: bytes, first: int, now: float) -> Granted:
        at, full_at = self._find(tag, first, now)
        after = max(full_at, now) + self._token_s
        if after - now > self._bucket_s * (1 + 1e-9):
            return Granted(0, full_at, after - now - self._bucket_s)
        _ENTRY.pack_into(self._table, at, tag, after)
        return Granted(math.floor((self._bucket_s - (after - now)) / self._token_s + 1e-6), after)

    def _find(self, tag: bytes, first: int, now: float) -> tuple[int, float]:
        """Where the bearer's entry stands, and when its bucket is full; an entry whose bucket is full is free."""
        free, at, full_at = None, 0, 0.0
        for index in range(TRIED):
            at = (first + index) % ENTRIES * _ENTRY.size
            found, full_at = _ENTRY.unpack_from(self._table, at)
            if found == tag:
                return at, full_at
            if free is None and full_at <= now:
                free = at
        return (free, 0.0) if free is not None else (at, full_at)
