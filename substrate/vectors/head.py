"""The head of a matrix: what of its columns counts, written as a whole and read without a lock.

A reader that comes while it is written finds a checksum that does not fit, and reads again.
"""

import os
import struct
import time
import zlib
from dataclasses import dataclass, field

_FIXED = struct.Struct("<8sQQQQQQQ")
_MARK = struct.Struct("<QQ")
_SUM = struct.Struct("<I")
_MAGIC = b"oqlvec01"
MOST_MARKS = 64
_SIZE = _FIXED.size + MOST_MARKS * _MARK.size
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment of the table that the columns hold: all that was there after `change`; `stamp` is that of the table."""

    change: int
    stamp: int


@dataclass(frozen=True, slots=True)
class Head:
    """What of the columns counts.

    generation: which columns. rows: how many there are, in the order of their places; dead: how many of them went away.
    filled: up to which place the table was read; known: up to which change it is known what went away. marks: moments,
    in order; a row that went away after one is still there for it.
    """

    generation: int = 0
    rows: int = 0
    dead: int = 0
    filled: int = 0
    known: int = 0
    marks: tuple[Mark, ...] = field(default=())

    def mark_at(self, change: int) -> Mark | None:
        """The last moment that is not later than a change."""
        return next((mark for mark in reversed(self.marks) if mark.change <= change), None)


def read(file: int) -> Head | None:
    """The head in an open file; None where there is none yet, or it is damaged."""
    for turn in range(_TRIES):
        raw = os.pread(file, _SIZE + _SUM.size, 0)
        if not raw:
            return None
        if len(raw) == _SIZE + _SUM.size and _SUM.unpack_from(raw, _SIZE)[0] == zlib.crc32(raw[:_SIZE]):
            return _read(raw)
        time.sleep(turn * 1e-5)
    return None


def write(file: int, head: Head) -> None:
    """Replaces the head. Raises OSError."""
    marks = head.marks[-MOST_MARKS:]
    counts = (head.generation, head.rows, head.dead, head.filled, head.known, len(marks), 0)
    raw = _FIXED.pack(_MAGIC, *counts) + b"".join(_MARK.pack(mark.change, mark.stamp) for mark in marks)
    raw = raw.ljust(_SIZE, b"\0")
    os.pwrite(file, raw + _SUM.pack(zlib.crc32(raw)), 0)


def _read(raw: bytes) -> Head | None:
    magic, generation, rows, dead, filled, known, count, _ = _FIXED.unpack_from(raw)
    if magic != _MAGIC:
        return None
    marks = tuple(Mark(*_MARK.unpack_from(raw, _FIXED.size + number * _MARK.size)) for number in range(count))
    return Head(generation, rows, dead, filled, known, marks)
