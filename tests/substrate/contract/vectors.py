"""What the tests of vectors on both back ends share."""

from typing import Any

from substrate.interface import Namespace
from substrate.interface.vectors import Nearest, Vector

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]


def put(namespace: Namespace, *vectors: Vector, table: str = "t") -> None:
    """Puts vectors in one frame."""
    namespace.write(lambda frame: frame.vector_put_many(table, vectors))


def ids(reading: Any, query: list[float], k: int = 10, table: str = "t", **more: Any) -> list[str]:
    """The ids of the nearest vectors. `reading`: a namespace, a snapshot or a frame."""
    return [hit.id for hit in reading.vector_topk(Nearest(table, query, k, **more))]
