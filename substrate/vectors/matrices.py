"""The matrices that a process has open, those used longest ago closed when there are many."""

import contextlib
import os
import shutil
import threading
from collections import OrderedDict
from functools import cache
from pathlib import Path

from substrate import forks
from substrate.engine import Connection
from substrate.vectors.layout import Table, all_of
from substrate.vectors.matrix import Matrix

MOST_OPEN = 32
"""Each holds about seven descriptors; opening one again takes a fraction of a millisecond."""


class Matrices:
    """Safe to share between threads; a child of a fork opens its own."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, Matrix] = OrderedDict()
        self._guard = threading.Lock()
        forks.watch(self)

    def of(self, folder: Path, connection: Connection, table: Table) -> Matrix:
        """The matrix of a table. `folder`: where those of its namespace are. Raises OSError."""
        # What a machine held in memory when it lost power may be on disk in part: it is not used again.
        path = folder / f"{table.made:x}-{_boot()}"
        with self._guard:
            found = self._open.get(path)
            if found is None or not found.is_there():
                if not path.exists():
                    _tidy(folder, connection)
                self._forget_deleted()
                found = self._open[path] = Matrix(path)
                if len(self._open) > MOST_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(path)
            return found

    def _forget_deleted(self) -> None:
        """Lets go of what was deleted meanwhile, by whatever process: its files keep descriptors and space."""
        for path in [path for path, matrix in self._open.items() if not matrix.is_there()]:
            del self._open[path]

    def before_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.acquire()
        self._open.clear()

    def after_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.release()


MATRICES = Matrices()


@cache
def _boot() -> str:
    """What differs each time that the machine starts."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    return f"pid{os.getpid()}"


def _tidy(folder: Path, connection: Connection) -> None:
    """Deletes the matrices of tables that are there no more, and those from before the machine was started."""
    known = {f"{table.made:x}-{_boot()}" for table in all_of(connection)}
    with contextlib.suppress(FileNotFoundError):
        for each in folder.iterdir():
            if each.name not in known:
                shutil.rmtree(each, ignore_errors=True)
