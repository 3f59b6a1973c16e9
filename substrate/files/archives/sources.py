"""Open archives as their readers want them, guarded against what would take too much memory."""

import os
import zlib
from collections.abc import Callable
from typing import Protocol

from substrate.errors import Invalid

LONGEST_DIRECTORY = 16 * 2**20
"""How long the list of a zip's entries may be."""
_CHUNK = 2**16
_ENTRY_MARK = b"PK\1\2"


class Source(Protocol):
    """What can be read, and passed over, from the beginning to the end."""

    def read(self, size: int) -> bytes:
        """The next bytes, fewer at the end."""

    def seek(self, place: int) -> int:
        """Goes forwards to a place."""

    def tell(self) -> int:
        """The place."""


class Plain:
    """A file as a reader of tar wants it."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._at = 0

    def read(self, size: int) -> bytes:
        """See Source."""
        data = os.pread(self._handle, size, self._at)
        self._at += len(data)
        return data

    def seek(self, place: int) -> int:
        """Goes to a place."""
        self._at = place
        return place

    def tell(self) -> int:
        """The place."""
        return self._at


class Gunzipped:
    """The content of a gzip file, one part behind the other, and only forwards.

    `look` is called for every few bytes that are read, since there may be many that hold nothing.
    """

    def __init__(self, handle: int, look: Callable[[], None]) -> None:
        self._handle = handle
        self._look = look
        self._packed_at = 0
        self._unpacker = _unpacker()
        self._waiting = b""
        self._ready = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay where they are."""
        while len(self._ready) < size and self._more():
            pass
        return self._ready[:size]

    def read(self, size: int) -> bytes:
        """See Source."""
        data = self.peek(size)
        self._ready = self._ready[len(data) :]
        self._at += len(data)
        return data

    def seek(self, place: int) -> int:
        """Passes over what stands before a place."""
        if place < self._at:
            raise ValueError("cannot go back")
        while self._at < place and self.read(min(_CHUNK, place - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def _more(self) -> bool:
        """Unpacks some more; False at the end. Raises zlib.error, EOFError."""
        if self._unpacker.eof:
            # Behind the end may come another part, or zeros that fill up a tape.
            self._waiting = self._unpacker.unused_data.lstrip(b"\0")
            while not self._waiting and self._fill():
                self._waiting = self._waiting.lstrip(b"\0")
            if not self._waiting:
                return False
            self._unpacker = _unpacker()
        elif not self._waiting and not self._fill():
            raise EOFError("the file ends too early")
        self._ready += self._unpacker.decompress(self._waiting, _CHUNK)
        self._waiting = self._unpacker.unconsumed_tail
        return True

    def _fill(self) -> bool:
        self._look()
        self._waiting = os.pread(self._handle, _CHUNK, self._packed_at)
        self._packed_at += len(self._waiting)
        return bool(self._waiting)


class BeforeTheBeginning(OSError, ValueError):
    """There is nothing there: what the system says (readers count on it), and a sign of damage."""


class ZipSource:
    """A file as a reader of zip wants it. The list of entries is read in one go, and refused where it is too long."""

    def __init__(self, handle: int, most: int) -> None:
        self.reading_entries = False
        self._handle = handle
        self._most = most
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises Invalid where a list of entries is too long."""
        if size < 0:
            size = os.fstat(self._handle).st_size - self._at
        if size > LONGEST_DIRECTORY:
            raise Invalid("the archive has too many entries")
        data = os.pread(self._handle, size, self._at)
        if not self.reading_entries and data.count(_ENTRY_MARK) > self._most:
            raise Invalid(f"the archive has more than {self._most:,} entries")
        self._at += len(data)
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        """Goes to a place."""
        size = os.fstat(self._handle).st_size
        place += (0, self._at, size)[whence]
        if place < 0:
            raise BeforeTheBeginning
        self._at = place
        return place

    def tell(self) -> int:
        """The place."""
        return self._at

    def seekable(self) -> bool:
        """It can go anywhere."""
        return True


def _unpacker() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=31)
