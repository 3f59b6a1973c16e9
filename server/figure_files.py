"""The files that processes keep their figures in, so that a full disk costs figures and not the process.

prometheus_client maps files into memory that it has only lengthened. To write to a part of one for which the disk has
no room then kills the process (SIGBUS). Here the disk gives the room first; where it has none, the process keeps its
figures in memory alone, and scrapes do not see them.
"""

import mmap
import os
from typing import BinaryIO

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

FIRST_BYTES = 2**16
_OF_AN_ENTRY = 64
"""The most bytes that an entry takes besides its name."""


def install() -> None:
    """From now on all figures that this process makes are kept so."""
    values.MmapedDict = FigureFile  # type: ignore[attr-defined] # what the library makes each of its files with


class FigureFile(MmapedDict):
    """The figures of one kind of one process."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        """`filename`: where scrapes look for it."""
        if read_mode or _reserved(filename):
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call] # the library has no types
        else:
            with _in_memory() as file:
                super().__init__(f"/proc/self/fd/{file.fileno()}")  # type: ignore[no-untyped-call] # the library has no types

    def _init_value(self, key: str) -> None:
        """Adds a figure."""
        while self._used + len(key.encode()) + _OF_AN_ENTRY > self._capacity:
            self._grow()
        super()._init_value(key)  # type: ignore[no-untyped-call] # the library has no types

    def _grow(self) -> None:
        size = 2 * self._capacity
        try:
            os.posix_fallocate(self._f.fileno(), 0, size)
        except OSError:
            self._f.close()
            self._f = _in_memory()
            self._f.write(self._m[:])
            self._f.truncate(size)
        self._capacity = size
        self._m = mmap.mmap(self._f.fileno(), size)


def _reserved(path: str) -> bool:
    """Makes a file with room for the first figures; False where the disk is full."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        os.posix_fallocate(file, 0, max(FIRST_BYTES, os.fstat(file).st_size))
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _in_memory() -> BinaryIO:
    """A file that no disk has."""
    return os.fdopen(os.memfd_create("figures"), "w+b", buffering=0)
