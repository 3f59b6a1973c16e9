"""Questions along the relations of tables, which `Reading.graph` answers. Keys are texts, as in paths of requests.

A node is a row's key; that there is such a row is not needed. An edge leads from a key of the table to what its
relation names, and on from there as long as the table that it has come to declares a relation of the same name.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

Weights: TypeAlias = Any
"""What edges cost, `{"from|to": number}` or `[[from, to, number], ...]`; None: what the relation's weight column
says, else 1. One that is not listed, or null, cannot be gone along."""

DEPTH = 3
"""How many hops BFS and PATH go where nothing else is said."""
DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Neighbors:
    """The keys that one leads to: `["bob", ...]`, each once, in their order."""

    table: str
    relation: str
    key: str


@dataclass(frozen=True, slots=True)
class Reverse:
    """The keys of the table's rows that lead to one, as `Neighbors`."""

    table: str
    relation: str
    key: str


@dataclass(frozen=True, slots=True)
class Bfs:
    """All that one leads to in some hops, without itself: `[{"pk": "bob", "depth": 1}, ...]`, nearest first."""

    table: str
    relation: str
    key: str
    depth: int = DEPTH


@dataclass(frozen=True, slots=True)
class Path:
    """A way of the fewest hops: `{"reachable": true, "nodes": ["ann", "bob"]}`; false and none beyond the depth."""

    table: str
    relation: str
    start: str
    end: str
    depth: int = DEPTH


@dataclass(frozen=True, slots=True)
class Route:
    """A way of the least weight: `{"cost": 4.7, "nodes": ["a", "b"]}`; where there is none null and `[]`."""

    table: str
    relation: str
    start: str
    end: str
    weights: Weights = None


Walk: TypeAlias = Neighbors | Reverse | Bfs | Path | Route
