"""The columns of a matrix: one file for each, written by one process at a time and mapped by all.

They are written with pwrite, so that a full disk is an error and not a signal, and read through shared mappings, which
take the memory of the machine once. Rows are only added, so a mapping never changes below the rows that it was made
for; but `died` does, once for each row.
"""

import os
import shutil
from copy import copy
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Codes = NDArray[np.int8]
Places = NDArray[np.int64]
Doubles = NDArray[np.float64]

_GROWS = 1.5
_LEAST = 1_024


class Columns:
    """The columns of one generation, mapped to be read. `rows` of them can be read."""

    def __init__(self, folder: Path, dim: int, rows: int) -> None:
        self.rows = self._room(folder, rows)
        self.numbers: Floats = self._map(folder / "numbers", np.float32, dim)
        self.codes: Codes = self._map(folder / "codes", np.int8, dim)
        self.places: Places = self._map(folder / "places", np.int64)
        self.died: Places = self._map(folder / "died", np.int64)
        self.scales: Doubles = self._map(folder / "scales", np.float64)
        self.losses: Doubles = self._map(folder / "losses", np.float64)
        self.lengths: Doubles = self._map(folder / "lengths", np.float64)

    def behind(self, rows: int) -> Self:
        """The same without the first rows."""
        rest = copy(self)
        rest.rows -= rows
        for name in ("numbers", "codes", "places", "died", "scales", "losses", "lengths"):
            setattr(rest, name, getattr(self, name)[rows:])
        return rest

    @staticmethod
    def _room(folder: Path, rows: int) -> int:
        """How many rows the files have room for, at least as many as are wanted. Raises OSError: they are gone."""
        room = (folder / "places").stat().st_size // 8
        if room < rows:
            raise FileNotFoundError(folder)
        return room

    def _map(self, path: Path, kind: Any, *width: int) -> Any:
        return (
            np.memmap(path, kind, "r", shape=(self.rows, *width)).view(np.ndarray) if self.rows else _none(kind, width)
        )


def _none(kind: Any, width: tuple[int, ...]) -> Any:
    return np.empty((0, *width), kind)


class ColumnWriter:
    """Adds rows to the columns of a generation, on behalf of whoever has the lock. Raises OSError."""

    def __init__(self, folder: Path, dim: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sizes = {
            "numbers": 4 * dim, "codes": dim, "places": 8, "died": 8, "scales": 8, "losses": 8, "lengths": 8,
        }  # fmt: skip
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._files = {name: os.open(folder / name, flags, 0o600) for name in self._sizes}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files.values():
            os.close(file)

    def add(self, at: int, columns: dict[str, NDArray[Any]]) -> None:
        """Writes rows behind the first `at`; the row of each column in the order of the others."""
        self._make_room(at + len(columns["places"]))
        for name, column in columns.items():
            _write(self._files[name], np.ascontiguousarray(column).data.cast("B"), at * self._sizes[name])

    def bury(self, row: int, change: int) -> None:
        """Notes with which change a row went away."""
        os.pwrite(self._files["died"], change.to_bytes(8, "little"), 8 * row)

    def _make_room(self, rows: int) -> None:
        """Lengthens the files, `places` last: as long as that is, the others are too."""
        room = os.fstat(self._files["places"]).st_size // 8
        if room >= rows:
            return
        room = max(_LEAST, rows, int(room * _GROWS))
        for name in sorted(self._files, key="places".__eq__):
            os.ftruncate(self._files[name], room * self._sizes[name])


def _write(file: int, data: memoryview, at: int) -> None:
    while data:
        written = os.pwrite(file, data, at)
        data, at = data[written:], at + written


def delete(folder: Path) -> None:
    """Deletes the columns of a generation. Whoever has mapped them may go on reading."""
    shutil.rmtree(folder, ignore_errors=True)
