"""Searches by words and by nearness at once: what is asked, and what answers."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from substrate.interface.vectors import Nearest

Fusion: TypeAlias = Literal["rrf", "weighted"]
FUSIONS: tuple[Fusion, ...] = get_args(Fusion)
RANKS_FROM = 60
"""By `rrf` a side adds weight / (60 + rank) to a hit that it has, whose best has rank 1."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words to search for in a text field."""

    table: str
    field: str
    query: str


@dataclass(frozen=True, slots=True)
class Both:
    """A question for the `k` ids that are best by words and by nearness together; a document and a vector of one id
    are one hit.

    nearest: its `k` does not count; its filter holds for all hits, those by words too. fusion: `rrf` adds up what ranks
    are worth, `weighted` the scores, each side's brought to 0 to 1. weights: of words, and of nearness.
    """

    words: Words | None
    nearest: Nearest | None
    k: int = 10
    fusion: str = "rrf"
    weights: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Side:
    """How one of the searches has found a hit: its rank there, from 1 on, its score there, and what that adds."""

    rank: int
    score: float
    adds: float


@dataclass(frozen=True, slots=True)
class FusedHit:
    """A hit: its score, which is what its sides add; None is a side that has not found it."""

    id: str
    score: float
    words: Side | None
    nearest: Side | None
