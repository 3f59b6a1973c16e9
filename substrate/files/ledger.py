"""Whose turn it is to change the files of a namespace, and how many bytes they take.

The file `usage` holds the count. A lock on it gives turns, to threads and processes alike, and the kernel frees it when
its holder dies. `busy` stands in it during a turn; who finds it there knows that a turn was not finished, and counts
again. So does the first turn after a start of the machine, which may have lost what was not yet on the disk.

What is counted: each file and folder in whole blocks, as a disk has it, so that empty files are not free.
"""

import fcntl
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from substrate.errors import QuotaExceeded
from substrate.file_locks import locked
from substrate.files.handles import is_folder
from substrate.interface import Asker

BLOCK = 4_096
USAGE = "usage"
GB = 2**30

_RECORD = struct.Struct("<8sQQ?36s")
_MARK = b"oqlfiles"
_SHORTEST_WAIT = 0.000_2
_LONGEST_WAIT = 0.01


def charge(size: int) -> int:
    """What a file of this size takes of a quota."""
    return max(BLOCK, -(-size // BLOCK) * BLOCK)


def taken(found: os.stat_result) -> int:
    """What a file or folder takes of a quota by itself."""
    return BLOCK if is_folder(found) else charge(found.st_size)


@dataclass(slots=True)
class Turn:
    """A turn to change files. `used`: bytes taken; `recounts`: how often they have been counted anew."""

    used: int
    recounts: int
    ledger: "Ledger"

    def add(self, size: int) -> None:
        """Counts bytes that are to come. Raises QuotaExceeded."""
        if self._too_much(size):
            self.ledger.tidy(self)
        if self._too_much(size):
            raise QuotaExceeded(
                f"the files would take more than the {shown_size(self.ledger.limit or 0)} that the account may store",
                used=self.used,
                limit=self.ledger.limit,
                hint="remove files first",
            )
        self.used += size

    def free(self, size: int) -> None:
        """Counts bytes that are no longer taken."""
        self.used = max(0, self.used - size)

    def _too_much(self, size: int) -> bool:
        # What takes nothing, such as deleting, goes on where the limit has become smaller than what is there.
        return size > 0 and self.ledger.limit is not None and self.used + size > self.ledger.limit


class Ledger:
    """The count of one namespace, kept in `usage` in the folder `work`. None as limit: there is none.

    `recount` gives the bytes that are really taken. `sweep` deletes what dead processes have left, and tells whether
    there was anything; it is asked at the first turn that a process takes (`first`), and before anything is refused.
    """

    def __init__(
        self,
        work: int,
        limit: int | None,
        recount: Callable[[], int],
        sweep: Callable[[], bool],
        first: Callable[[], bool],
    ) -> None:
        self.limit = limit
        self._work = work
        self._recount = recount
        self._sweep = sweep
        self._first = first

    @contextmanager
    def turn(self, asker: Asker) -> Iterator[Turn]:
        """The only turn of the namespace, for the block; what the block does to the count is kept in any case."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(USAGE, flags, 0o600, dir_fd=self._work)
        try:
            _lock(handle, asker)
            turn = self._begin(handle)
            _keep(handle, turn, busy=True)
            if self._first():
                self.tidy(turn)
            try:
                yield turn
            finally:
                _keep(handle, turn, busy=False)
        finally:
            # Unlocked, not just closed: a child forked meanwhile has a copy of the handle.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def tidy(self, turn: Turn) -> None:
        """Deletes what dead processes have left, and counts again if there was anything."""
        if self._sweep():
            self._count(turn)

    def _begin(self, handle: int) -> Turn:
        record = os.pread(handle, _RECORD.size, 0)
        if len(record) == _RECORD.size:
            mark, used, recounts, busy, boot = _RECORD.unpack(record)
            if mark == _MARK and not busy and boot == _boot():
                return Turn(used, recounts, self)
        turn = Turn(0, time.time_ns(), self)
        self._sweep()
        self._count(turn)
        return turn

    def _count(self, turn: Turn) -> None:
        turn.used = self._recount()
        turn.recounts += 1


def _keep(handle: int, turn: Turn, *, busy: bool) -> None:
    os.pwrite(handle, _RECORD.pack(_MARK, turn.used, turn.recounts, busy, _boot()), 0)


def _lock(handle: int, asker: Asker) -> None:
    """Waits for the lock, and looks up meanwhile: whoever has it may have been stopped."""
    wait = _SHORTEST_WAIT
    while not locked(handle):
        asker.look()
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT)


@cache
def _boot() -> bytes:
    """What tells this start of the machine from others; where the system does not say, nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()[:36].ljust(36)
    except OSError:
        return b" " * 36


def shown_size(size: int) -> str:
    """A number of bytes for a message."""
    return f"{size / GB:g} GB" if size >= GB else f"{size:,} bytes"
