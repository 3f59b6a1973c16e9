"""Walks along relations: hops are looked up in indexes, some hundreds of nodes by one statement.

relations.py   a relation as edges: which table and columns hold them, and what they lead on to
edges.py       edges of some nodes, out of the engine
walks.py       neighbors, reverse, bfs
routes.py      ways from one node to another, of the fewest hops or the least weight
weights.py     what edges cost
"""

from collections.abc import Callable
from typing import Any

from substrate.columns import Json
from substrate.errors import Invalid
from substrate.graph.relations import Relations
from substrate.graph.routes import path, route
from substrate.graph.walks import bfs, neighbors, reverse
from substrate.interface.graph import DEEPEST, Bfs, Neighbors, Path, Reverse, Route, Walk

_ANSWERS: dict[type[Walk], Callable[[Any, Relations, int], Json]] = {
    Neighbors: neighbors,
    Reverse: reverse,
    Bfs: bfs,
    Path: path,
    Route: route,
}


def answer(asked: Walk, relations: Relations, most: int) -> Json:
    """What a question has as its answer. `most`: how many nodes it may come to. Raises Invalid, NotFound, Cancelled."""
    depth = getattr(asked, "depth", 0)
    if not 0 <= depth <= DEEPEST:
        raise Invalid(f"the depth: expected a whole number from 0 to {DEEPEST}, found {depth}")
    return _ANSWERS[type(asked)](asked, relations, most)
