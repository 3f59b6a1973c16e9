"""How many queries an account may run: in a day, and at once, over all processes of the machine.

Both are kept by the file system, which is exact, costs microseconds, and cleans up after a process that
was killed:

    usage/slots/<account>/<n>     one at once holds a lock on one of as many files as the tier allows;
                                  the kernel lets go of it when the process dies
    usage/days/<date>/<account>   a query adds one byte to the end; the place of its byte is its number
                                  in the day
"""

import fcntl
import itertools
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from accounts.accounts import Account
from accounts.errors import InstanceLimitExceeded, QuotaExceeded
from substrate.interface import DatabaseError

DAY_S = 86_400
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
LOCKABLE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Admitted:
    """A query that may run. `limit` and `remaining` count queries of this day, which ends in `reset` seconds.

    All three are None for an account without limits.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None


UNLIMITED = Admitted()


class Admission:
    """The usage kept in one folder, which is made at first use."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._days = folder / "days"
        self._slots = folder / "slots"
        self._now = now
        self._today = ""
        self._turn = itertools.count()

    @contextmanager
    def admit(self, account: Account) -> Iterator[Admitted]:
        """See `Accounts.admit`."""
        now = self._now()
        reset = ceil(DAY_S - now % DAY_S)
        with _storage_errors():
            slot = self._take_slot(account, reset)
        try:
            with _storage_errors():
                admitted = self._count(account, self._day(now), reset)
            yield admitted
        finally:
            # Unlocked, not just closed: a child forked meanwhile has a copy of the handle.
            fcntl.flock(slot, fcntl.LOCK_UN)
            os.close(slot)

    def _take_slot(self, account: Account, reset: int) -> int:
        """The handle of a locked slot."""
        slots = account.tier.queries_at_once
        # Starting elsewhere each time, a free slot is found soon.
        start = next(self._turn)
        for step in range(slots):
            slot = _locked(f"{self._slots}/{account.id}/{(start + step) % slots}")
            if slot is not None:
                return slot
        raise InstanceLimitExceeded(
            f"the {account.tier.name} tier runs {slots} at once, and as many are running",
            retry_after=1,
            limit=slots,
            remaining=0,
            reset=reset,
        )

    def _count(self, account: Account, day: str, reset: int) -> Admitted:
        limit = account.tier.queries_per_day
        number = _append(f"{self._days}/{day}/{account.id}", limit)
        if number > limit:
            raise QuotaExceeded(
                f"the {account.tier.name} tier runs {limit:,} queries a day; the next begins at 00:00 UTC",
                retry_after=reset,
                limit=limit,
                remaining=0,
                reset=reset,
            )
        return Admitted(limit, limit - number, reset)

    def _day(self, now: float) -> str:
        """This day. Who meets it first clears away what is older than yesterday."""
        today = datetime.fromtimestamp(now, UTC).date().isoformat()
        if today != self._today:
            self._today = today
            yesterday = datetime.fromtimestamp(now - DAY_S, UTC).date().isoformat()
            for past in self._days.glob("*"):
                if past.name < yesterday:
                    shutil.rmtree(past, ignore_errors=True)
        return today


def _locked(path: str) -> int | None:
    """The handle of the file with its lock, or None if somebody else has it."""
    handle = _open(path, LOCKABLE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _append(path: str, limit: int) -> int:
    """The number of one more query. Beyond the limit nothing is added, however often somebody asks."""
    handle = _open(path, APPEND)
    try:
        if os.fstat(handle).st_size >= limit:
            return limit + 1
        # The kernel finds the end and writes there in one go; the handle then stands behind this very byte.
        os.write(handle, b".")
        return os.lseek(handle, 0, os.SEEK_CUR)
    finally:
        os.close(handle)


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, flags, 0o600)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatabaseError(f"cannot keep count of queries: {error.strerror}") from error
