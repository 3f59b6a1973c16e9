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
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from accounts.accounts import Account
from accounts.errors import InstanceLimitExceeded, QuotaExceeded
from substrate.interface import DatabaseError

DAY_S = 86_400
IDLE_SLOTS = 200
COUNTED_ACCOUNTS = 200
"""How many files a process keeps open for accounts that may soon come again: opening costs more than all the rest."""
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


class OpenFiles:
    """Files kept open for their next use, at most `most` of them; each is used by one at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._files: OrderedDict[str, int] = OrderedDict()
        self._guard = threading.Lock()

    def take(self, name: str) -> int | None:
        """The handle kept under the name, for the caller alone, or None."""
        with self._guard:
            return self._files.pop(name, None)

    def put(self, name: str, handle: int) -> None:
        """Keeps a handle; closes the one that was kept before, or the one longest unused when there are too many."""
        with self._guard:
            surplus = self._files.pop(name, None)
            self._files[name] = handle
            if len(self._files) > self._most:
                _, surplus = self._files.popitem(last=False)
        if surplus is not None:
            os.close(surplus)

    def close(self) -> None:
        """Closes them all."""
        with self._guard:
            handles = list(self._files.values())
            self._files.clear()
        for handle in handles:
            os.close(handle)


class Admittance:
    """`with` this, a query is admitted: it holds a slot until it ends."""

    __slots__ = ("_account", "_admission", "_slot")

    def __init__(self, admission: "Admission", account: Account) -> None:
        self._admission = admission
        self._account = account
        self._slot = -1

    def __enter__(self) -> Admitted:
        self._slot, admitted = self._admission.enter(self._account)
        return admitted

    def __exit__(self, *_: object) -> None:
        self._admission.leave(self._account, self._slot)


class Admission:
    """The usage kept in one folder, which is made at first use."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._days = folder / "days"
        self._slots = folder / "slots"
        self._now = now
        self._today, self._day_number = "", -1
        self._turn = itertools.count()
        self._idle = OpenFiles(IDLE_SLOTS)
        self._counts = OpenFiles(COUNTED_ACCOUNTS)

    def admit(self, account: Account) -> "Admittance":
        """See `Accounts.admit`."""
        return Admittance(self, account)

    def enter(self, account: Account) -> tuple[int, Admitted]:
        """Takes a slot and counts the query; the handle of the slot's file, and what is left of the day."""
        now = self._now()
        reset = ceil(DAY_S - now % DAY_S)
        try:
            slot = self._take_slot(account, reset)
            try:
                return slot, self._count(account, self._day(now), reset)
            except BaseException:
                self.leave(account, slot)
                raise
        except OSError as error:
            raise DatabaseError(f"cannot keep count of queries: {error.strerror}") from error

    def leave(self, account: Account, slot: int) -> None:
        """Gives a slot back."""
        # Unlocked, not just closed: a child forked meanwhile has a copy of the handle.
        fcntl.flock(slot, fcntl.LOCK_UN)
        self._idle.put(_slots_of(account), slot)

    def _take_slot(self, account: Account, reset: int) -> int:
        """The handle of a locked slot: the one this process used last if it is free, else any other."""
        kept = self._idle.take(_slots_of(account))
        if kept is not None:
            if _lock(kept):
                return kept
            os.close(kept)
        slots = account.tier.queries_at_once
        # Starting elsewhere each time, a free slot is found soon.
        start = next(self._turn)
        for step in range(slots):
            slot = _open(f"{self._slots}/{account.id}/{(start + step) % slots}", LOCKABLE)
            if _lock(slot):
                return slot
            os.close(slot)
        raise InstanceLimitExceeded(
            f"the {account.tier.name} tier runs {slots} at once, and as many are running",
            retry_after=1,
            limit=slots,
            remaining=0,
            reset=reset,
        )

    def _count(self, account: Account, day: str, reset: int) -> Admitted:
        limit = account.tier.queries_per_day
        number = self._append(f"{self._days}/{day}/{account.id}", limit)
        if number > limit:
            raise QuotaExceeded(
                f"the {account.tier.name} tier runs {limit:,} queries a day; the next begins at 00:00 UTC",
                retry_after=reset,
                limit=limit,
                remaining=0,
                reset=reset,
            )
        return Admitted(limit, limit - number, reset)

    def _append(self, path: str, limit: int) -> int:
        """The number of one more query. Beyond the limit nothing is added, however often somebody asks."""
        handle = self._counts.take(path)
        if handle is None:
            handle = _open(path, APPEND)
        try:
            if os.fstat(handle).st_size >= limit:
                return limit + 1
            # The kernel finds the end and writes there in one go; the handle then stands behind this very byte.
            os.write(handle, b".")
            return os.lseek(handle, 0, os.SEEK_CUR)
        finally:
            self._counts.put(path, handle)

    def _day(self, now: float) -> str:
        """This day. Who meets it first clears away what is older than yesterday."""
        number = int(now // DAY_S)
        if number != self._day_number:
            self._today = datetime.fromtimestamp(now, UTC).date().isoformat()
            self._day_number = number
            self._counts.close()
            yesterday = datetime.fromtimestamp(now - DAY_S, UTC).date().isoformat()
            for past in self._days.glob("*"):
                if past.name < yesterday:
                    shutil.rmtree(past, ignore_errors=True)
        return self._today


def _slots_of(account: Account) -> str:
    """The name of the slots that an account's tier gives it: after a change of tier, none of before is used again."""
    return f"{account.id}/{account.tier.queries_at_once}"


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, flags, 0o600)


def _lock(handle: int) -> bool:
    """Locks a file unless somebody else has it locked."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
