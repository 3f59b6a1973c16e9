"""Vectors: what is put into a table of them, what is asked, and what answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

Metric: TypeAlias = Literal["cosine", "dot", "l2"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""Cosine similarity and inner product, greater is better; Euclidean distance, less is better."""

Mode: TypeAlias = Literal["hnsw", "high_recall", "fast", "bruteforce"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""`hnsw` and `high_recall` are one; `bruteforce` compares with every vector; `fast` may miss one hit in ten."""

MOST_DIMENSIONS = 4_096
MOST_HITS = 10_000
MOST_DELETED = 10_000

Metadata: TypeAlias = Mapping[str, bool | int | float | str | None]


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector to put.

    embedding: numbers, or the base64 of them as 32-bit floats, the lowest byte first. metadata: a flat object of
    scalars. dim, metric: what the table is expected to have, or made with; a new one has the length of its first
    vector, and cosine.
    """

    id: str
    embedding: Sequence[float] | str
    metadata: Metadata | None = None
    dim: int | None = None
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """A question for the `k` vectors nearest to `query`.

    dim, metric: what the table is expected to have. filter: fields that the metadata of every hit has with these
    values (numbers by value, text in its case, null also for a field that is not there). accepts: whether metadata fits
    (an object, empty where there is none). Neither loses hits: there are `k`, or as many as fit.
    """

    table: str
    query: Sequence[float] | str
    k: int
    dim: int | None = None
    metric: str | None = None
    mode: str = "hnsw"
    filter: Metadata | None = None
    accepts: Callable[[dict[str, Any]], bool] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A vector that was found, with its score and its metadata, None where it has none."""

    id: str
    score: float
    metadata: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class VectorTable:
    """A table of vectors: its name, how many numbers each has, how they are compared, how many there are."""

    name: str
    dim: int
    metric: Metric
    vectors: int
