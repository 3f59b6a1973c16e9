"""What a search has to find, worked out one vector after the other in Python's own floats."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from substrate.interface.vectors import Hit, Nearest, Vector

Stored = tuple[list[float], dict[str, Any] | None]


@dataclass
class Oracle:
    """A table of vectors as a dictionary."""

    metric: str
    vectors: dict[str, Stored] = field(default_factory=dict)

    def put(self, vector: Vector) -> None:
        """Keeps a vector, each number in 32 bits."""
        assert not isinstance(vector.embedding, str)
        self.vectors[vector.id] = (narrow(vector.embedding), None if vector.metadata is None else dict(vector.metadata))

    def fitting(self, wanted: Mapping[str, Any] | None) -> dict[str, Stored]:
        """The vectors that fit a filter."""
        return {
            name: found
            for name, found in self.vectors.items()
            if all(_same((found[1] or {}).get(key), value) for key, value in (wanted or {}).items())
        }

    def scores(self, asked: Nearest) -> dict[str, float]:
        """The scores of all that fit."""
        assert not isinstance(asked.query, str)
        query = narrow(asked.query)
        return {name: score(self.metric, found[0], query) for name, found in self.fitting(asked.filter).items()}

    def check(self, asked: Nearest, hits: Sequence[Hit]) -> None:
        """Fails where hits are not the answer: how many, which, in which order, with which scores."""
        expected = self.scores(asked)
        assert len(hits) == min(asked.k, len(expected)), (len(hits), len(expected))
        assert len({hit.id for hit in hits}) == len(hits)
        for hit in hits:
            assert math.isclose(hit.score, expected[hit.id], rel_tol=1e-8, abs_tol=1e-8), (hit, expected[hit.id])
            assert hit.metadata == self.vectors[hit.id][1]
        sign = 1 if self.metric == "l2" else -1
        assert [(sign * hit.score, hit.id) for hit in hits] == sorted((sign * hit.score, hit.id) for hit in hits)
        best = sorted(sign * found for found in expected.values())[: asked.k]
        for hit, bound in zip(hits, best, strict=True):
            assert math.isclose(sign * hit.score, bound, rel_tol=1e-8, abs_tol=1e-8)


def narrow(numbers: Sequence[float]) -> list[float]:
    """Numbers as 32 bits keep them."""
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))


def score(metric: str, one: Sequence[float], other: Sequence[float]) -> float:
    """The published definition of each score."""
    if metric == "l2":
        return math.dist(one, other)
    product = math.fsum(a * b for a, b in zip(one, other, strict=True))
    if metric == "dot":
        return product
    lengths = math.hypot(*one) * math.hypot(*other)
    return product / lengths if lengths else 0.0


def _same(found: Any, wanted: Any) -> bool:
    return isinstance(found, bool) is isinstance(wanted, bool) and bool(found == wanted)
