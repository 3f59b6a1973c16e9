"""The sketch of a matrix as a file beside its columns, made by one process and read by all.

It is made in a thread of its own, by whoever first wants it and whenever the matrix has outgrown it. Until it is there,
or where it cannot be made, searches look at every vector.
"""

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np

from substrate.file_locks import locked
from substrate.interface.vectors import Metric
from substrate.vectors.columns import Columns
from substrate.vectors.sketch import LEAST_ROWS, Sketch, deserves, sketched

_OUTGROWN = 5 / 4
"""How many times the rows of a sketch a matrix has when there is another one."""
_REST_S = 1.0
_FAILED_REST_S = 60.0
"""How long none is begun after one, which perhaps another process makes, and after one that could
not be made, or would be of no use."""


class Sketches:
    """The sketches of one matrix, one after the other. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: tuple[Path, int, Sketch | None] | None = None
        self._maker: threading.Thread | None = None
        self._rests_until = 0.0

    def of(self, folder: Path, columns: Columns, rows: int, metric: Metric) -> Sketch | None:
        """The sketch of a generation whose columns are in a folder, if there is one; else it is begun."""
        if rows < LEAST_ROWS:
            return None
        found = self._read(folder / "sketch", columns, metric)
        if _is_outgrown(found, rows):
            self._begin(folder, columns, rows, metric)
        return found

    def _read(self, path: Path, columns: Columns, metric: Metric) -> Sketch | None:
        with contextlib.suppress(OSError):
            made = path.stat().st_mtime_ns
            known = self._known
            if known is None or known[:2] != (path, made):
                sketch = None
                with contextlib.suppress(RuntimeError):  # it is broken, and will be made anew
                    sketch = Sketch.read(np.fromfile(path, np.uint8), columns, metric)
                known = self._known = (path, made, sketch)
            return known[2]
        return None

    def _begin(self, folder: Path, columns: Columns, rows: int, metric: Metric) -> None:
        if time.monotonic() < self._rests_until or (self._maker and self._maker.is_alive()):
            return
        self._maker = threading.Thread(
            target=self._make, args=(folder, columns, rows, metric), name="sketch", daemon=True
        )  # fmt: skip
        with contextlib.suppress(RuntimeError):  # there are too many threads
            self._maker.start()

    def _make(self, folder: Path, columns: Columns, rows: int, metric: Metric) -> None:
        self._rests_until = time.monotonic() + _FAILED_REST_S
        if not deserves(columns, rows, metric):
            return
        with contextlib.suppress(OSError, RuntimeError, MemoryError), _opened(folder / "sketch.lock") as lock:
            if locked(lock.fileno()) and _is_outgrown(self._read(folder / "sketch", columns, metric), rows):
                with _opened(folder / "sketch.new") as new:
                    sketched(columns, rows, metric).tofile(new)
                os.replace(folder / "sketch.new", folder / "sketch")
            self._rests_until = time.monotonic() + _REST_S


def _is_outgrown(sketch: Sketch | None, rows: int) -> bool:
    return sketch is None or rows > sketch.rows * _OUTGROWN


def _opened(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")
