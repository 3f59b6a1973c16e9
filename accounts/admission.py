"""How many queries an account may run: in a day, and at once, over all processes of the machine.

Both are kept by the file system, which is exact, costs microseconds, and cleans up after a process that
was killed:

    usage/slots/<account>/<n>     one at once holds a lock on one of as many files as the tier allows;
                                  the kernel lets go of it when the process dies
    usage/days/<date>/<account>   a byte for each query of the day; a process that adds some to the end may
                                  let as many pass
"""

import errno
import fcntl
import itertools
import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

from accounts.accounts import Account
from accounts.errors import InstanceLimitExceeded, QuotaExceeded
from substrate.file_locks import locked
from substrate.interface import DatabaseError, DiskFull

DAY_S = 86_400
IDLE_SLOTS = 200
"""How many files a process keeps open for accounts that may soon come again: opening costs more than all the rest."""
SHARES = 1_000
"""A process takes this part of a day's queries at a time, at least one query; what is left when it ends is lost."""
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
LOCKABLE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


@dataclass(slots=True)
class Admitted:
    """A query that may run. `limit` and `remaining` count queries of this day, which ends in `reset` seconds.

    All three are None for an account without limits.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None


UNLIMITED = Admitted()


@dataclass(slots=True)
class _Share:
    """Queries of a day that only this process may let pass: `left` of them, the last being number `taken`."""

    taken: int
    left: int


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


class Slot:
    """`with` this, a query runs as one at once."""

    __slots__ = ("_account", "_admission", "_file")

    def __init__(self, admission: "Admission", account: Account) -> None:
        self._admission = admission
        self._account = account
        self._file = -1

    def __enter__(self) -> None:
        self._file = self._admission.take_slot(self._account)

    def __exit__(self, *_: object) -> None:
        self._admission.leave_slot(self._account, self._file)


class Admission:
    """The usage kept in one folder, which is made at first use."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self._days = str(folder / "days")
        self._slots = str(folder / "slots")
        self._now = now
        self._today, self._day_number = "", -1.0
        self._turn = itertools.count()
        self._idle = OpenFiles(IDLE_SLOTS)
        self._shares: dict[str, _Share] = {}
        self._guard = threading.Lock()

    def admit(self, account: Account) -> Admitted:
        """See `Accounts.admit`."""
        now, limit = self._now(), account.tier.queries_per_day
        reset = ceil(DAY_S - now % DAY_S)
        with self._guard:
            if now // DAY_S != self._day_number:
                self._begin_day(now)
            share = self._shares.get(account.id)
            if share is None or not share.left:
                share = self._shares[account.id] = self._take_share(account, limit)
            used = share.taken - share.left + 1
            if not share.left or used > limit:
                raise _exceeded(account, reset)
            share.left -= 1
        return Admitted(limit, limit - used, reset)

    def take_slot(self, account: Account) -> int:
        """The handle of a locked slot: the one this process used last if it is free, else any other."""
        with _translated():
            kept = self._idle.take(_slots_of(account))
            if kept is not None:
                if locked(kept):
                    return kept
                os.close(kept)
            return self._free_slot(account)

    def leave_slot(self, account: Account, slot: int) -> None:
        """Gives a slot back."""
        # Unlocked, not just closed: a child forked meanwhile has a copy of the handle.
        fcntl.flock(slot, fcntl.LOCK_UN)
        self._idle.put(_slots_of(account), slot)

    def _free_slot(self, account: Account) -> int:
        slots = account.tier.queries_at_once
        # Starting elsewhere each time, a free slot is found soon.
        start = next(self._turn)
        for step in range(slots):
            slot = _open(f"{self._slots}/{account.id}/{(start + step) % slots}", LOCKABLE)
            if locked(slot):
                return slot
            os.close(slot)
        self._give_back(account)
        raise InstanceLimitExceeded(
            f"the {account.tier.name} tier runs {slots} at once, and as many are running",
            retry_after=1,
            limit=slots,
            remaining=0,
            reset=ceil(DAY_S - self._now() % DAY_S),
        )

    def _give_back(self, account: Account) -> None:
        """Takes a query that was not run out of the count, unless its day has ended."""
        with self._guard:
            share = self._shares.get(account.id)
            if share and self._now() // DAY_S == self._day_number:
                share.left += 1

    def _take_share(self, account: Account, limit: int) -> _Share:
        """A share of the day for this process alone. Beyond the limit nothing is added, however often somebody asks."""
        with _translated():
            handle = _open(f"{self._days}/{self._today}/{account.id}", APPEND)
            try:
                free = limit - os.fstat(handle).st_size
                if free <= 0:
                    return _Share(limit, 0)
                # The kernel finds the end and writes there in one go; the handle then stands behind these very bytes.
                size = os.write(handle, b"." * min(free, max(1, limit // SHARES)))
                taken = os.lseek(handle, 0, os.SEEK_CUR)
                return _Share(taken, max(0, size - max(0, taken - limit)))
            finally:
                os.close(handle)

    def _begin_day(self, now: float) -> None:
        """Forgets what was left of the day before, and clears away what is older than that."""
        self._today = datetime.fromtimestamp(now, UTC).date().isoformat()
        self._day_number = now // DAY_S
        self._shares.clear()
        yesterday = datetime.fromtimestamp(now - DAY_S, UTC).date().isoformat()
        with _translated():
            for past in Path(self._days).glob("*"):
                if past.name < yesterday:
                    shutil.rmtree(past, ignore_errors=True)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else DatabaseError
        raise kind(f"cannot keep count of queries: {error.strerror}") from error


def _exceeded(account: Account, reset: int) -> QuotaExceeded:
    """The refusal for the rest of a day, which ends in `reset` seconds."""
    limit = account.tier.queries_per_day
    message = f"the {account.tier.name} tier runs {limit:,} queries a day; the next begins at 00:00 UTC"
    return QuotaExceeded(message, retry_after=reset, limit=limit, remaining=0, reset=reset)


def _slots_of(account: Account) -> str:
    """The name of the slots that an account's tier gives it: after a change of tier, none of before is used again."""
    return f"{account.id}/{account.tier.queries_at_once}"


def _open(path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, flags, 0o600)
