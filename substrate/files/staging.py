"""What is made or deleted aside, in `files.work`, so that `/root` never shows half of anything.

Each piece of work has an entry there, named `<id>.<bytes>` for the bytes that are counted for it, and a lock on it. An
entry that nobody has locked was left by a process that died; `sweep` deletes it.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from substrate.errors import QuotaExceeded
from substrate.files import trees
from substrate.files.handles import FOLDER, READ, is_file, is_folder, look_up, write_all
from substrate.files.ledger import Ledger, Turn, charge, taken
from substrate.interface import Asker

GRAIN = 16 * 2**20
"""How many bytes are counted at a time for what grows: each time takes a turn."""

_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Patient:
    """An asker who always waits, for what has to be brought to its end."""

    def look(self) -> None:
        """Never raises."""

    def claim(self, size: int) -> None:
        """Never raises."""


class Staged:
    """A file or folder being made aside; `handle` is its own. `spent`: the bytes that it takes so far."""

    def __init__(self, work: int, ledger: Ledger, asker: Asker, size: int = 0) -> None:
        self.handle = -1
        self.spent = 0
        self.placed = False
        self.taken_in_at: int | None = None
        self.asker = asker
        self._work = work
        self._ledger = ledger
        self._id = secrets.token_hex(8)
        self._reserved = size
        self._size = 0

    @property
    def name(self) -> str:
        """What its entry is called now."""
        return f"{self._id}.{self._reserved}"

    def open(self, turn: Turn, *, folder: bool) -> None:
        """Makes the entry."""
        turn.add(self._reserved)
        try:
            if folder:
                os.mkdir(self.name, 0o700, dir_fd=self._work)
                self.handle = os.open(self.name, FOLDER, dir_fd=self._work)
            else:
                self.handle = os.open(self.name, _NEW_FILE, 0o600, dir_fd=self._work)
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            turn.free(self._reserved)
            raise

    def write(self, data: bytes) -> None:
        """Adds to the file, its bytes counted first. Raises QuotaExceeded."""
        self._size += len(data)
        if charge(self._size) > self.spent:
            self.spend(charge(self._size) - self.spent)
        write_all(self.handle, data)

    def spend(self, size: int) -> None:
        """Counts more bytes. Raises QuotaExceeded."""
        if self.spent + size > self._reserved:
            exactly = self.spent + size - self._reserved
            with self._ledger.turn(self.asker) as turn:
                try:
                    turn.add(grown := max(exactly, GRAIN) if self._reserved else exactly)
                except QuotaExceeded:
                    turn.add(grown := exactly)
                self._reserve(self._reserved + grown)
        self.spent += size

    def place(self, turn: Turn, here: int, name: str) -> None:
        """Puts the whole of it under a name in a folder, over a file of that name."""
        old = look_up(here, name)
        os.rename(self.name, name, src_dir_fd=self._work, dst_dir_fd=here)
        self.placed = True
        turn.free(self._reserved - self.spent + (taken(old) if old else 0))

    def hand_over(self, size: int) -> None:
        """Counts no longer for what took `size` bytes in it and was moved to its place in this turn."""
        self.spent -= size
        self._reserve(self._reserved - size)

    def take_in(self, turn: Turn, here: int, name: str) -> None:
        """Moves something out of its folder into this one, to be deleted when the work ends."""
        os.rename(name, secrets.token_hex(8), src_dir_fd=here, dst_dir_fd=self.handle)
        self.taken_in_at = turn.recounts

    def end(self) -> None:
        """Deletes what has not been put in its place, and counts it no longer."""
        try:
            if self.placed:
                return
            freed = trees.delete_inside(self.handle) if self.taken_in_at is not None or self._is_folder() else 0
            with self._ledger.turn(Patient()) as turn:
                remove_entry(self._work, self.name)
                turn.free(self._reserved)
                if self.taken_in_at == turn.recounts:  # else they were already not there when it was counted
                    turn.free(freed)
        finally:
            os.close(self.handle)

    def _is_folder(self) -> bool:
        return is_folder(os.fstat(self.handle))

    def _reserve(self, size: int) -> None:
        before = self.name
        self._reserved = size
        os.rename(before, self.name, src_dir_fd=self._work, dst_dir_fd=self._work)


@contextmanager
def staged(work: int, ledger: Ledger, asker: Asker, size: int = 0, *, folder: bool = False) -> Iterator[Staged]:
    """Something to be made in the block; what is not put in its place by then is gone. Raises QuotaExceeded."""
    made = Staged(work, ledger, asker, size)
    with ledger.turn(asker) as turn:
        made.open(turn, folder=folder)
    try:
        yield made
    finally:
        made.end()


def reserved(work: int) -> int:
    """The bytes that are counted for all that is being made."""
    return sum(int(name.rpartition(".")[2]) for name in _entries(work))


def sweep(work: int) -> bool:
    """Deletes what dead processes have left; whether there was anything. In a turn, in which no entry comes or goes."""
    found = False
    for name in _entries(work):
        handle = os.open(name, READ, dir_fd=work)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not is_file(os.fstat(handle)):
                trees.delete_inside(handle)
            remove_entry(work, name)
            found = True
        except BlockingIOError:
            continue
        finally:
            os.close(handle)
    return found


def remove_entry(work: int, name: str) -> None:
    """Deletes a file or an empty folder."""
    found = look_up(work, name)
    if found and is_folder(found):
        os.rmdir(name, dir_fd=work)
    elif found:
        os.unlink(name, dir_fd=work)


def _entries(work: int) -> list[str]:
    return [name for name in os.listdir(work) if name.rpartition(".")[2].isdigit()]
