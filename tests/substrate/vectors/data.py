"""Vectors of several shapes, and their columns in files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from substrate.interface.vectors import Metric
from substrate.vectors.coding import coded
from substrate.vectors.columns import Columns, ColumnWriter

Rows = NDArray[np.float32]
Data = Callable[[np.random.Generator, int, int], Rows]


def random(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """The hard case: nothing is near to anything."""
    return chance.standard_normal((count, dim), dtype=np.float32)


def clustered(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """Many vectors that are nearly the same."""
    centres = chance.standard_normal((20, dim), dtype=np.float32)
    noise = chance.standard_normal((count, dim), dtype=np.float32)
    return centres[chance.integers(0, 20, count)] + np.float32(1e-3) * noise


def shifted(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """As the vectors of language models are: all on one side, some dimensions much larger than others."""
    spread = np.geomspace(1, 0.01, dim).astype(np.float32)
    return random(chance, count, dim) * spread + np.float32(0.3)


def flat(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """Numbers that depend on each other: of a space of few dimensions, and some noise."""
    few = random(chance, count, dim // 8) @ random(chance, dim // 8, dim) / np.float32((dim // 8) ** 0.5)
    return few + np.float32(0.2) * random(chance, count, dim)


def uneven(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """Lengths from very small to very large, and zero vectors."""
    found = random(chance, count, dim) * np.exp(chance.uniform(-30, 30, (count, 1))).astype(np.float32)
    found[::100] = 0
    return found


def alike(chance: np.random.Generator, count: int, dim: int) -> Rows:
    """Few different vectors, each very often."""
    return chance.integers(-1, 2, (count, dim)).astype(np.float32)[chance.integers(0, 30, count)]


def columns_of(folder: Path, rows: Rows, metric: Metric) -> Columns:
    """The columns of vectors, in a folder that they have for themselves."""
    with ColumnWriter(folder, rows.shape[1]) as writer:
        writer.add(0, coded(rows, metric).columns() | {"places": np.arange(len(rows))})
    return Columns(folder, rows.shape[1], len(rows))
