"""One hop, and all that is within some hops."""

from substrate.columns import Json
from substrate.graph.edges import far_ends, too_many
from substrate.graph.relations import Key, Relations
from substrate.interface.graph import Bfs, Neighbors, Reverse


def neighbors(asked: Neighbors, relations: Relations, most: int) -> Json:
    """See `substrate.interface.graph.Neighbors`."""
    edges = relations.first
    found = far_ends(relations, edges, [relations.start(asked.key, "pk")], most)
    return [edges.far.key.key_text(key) for key in sorted(found)]


def reverse(asked: Reverse, relations: Relations, most: int) -> Json:
    """See `substrate.interface.graph.Reverse`."""
    edges = relations.first
    found = far_ends(relations, edges, [edges.far.given(asked.key, "pk")], most, back=True)
    return [edges.near.key.key_text(key) for key in sorted(found)]


def bfs(asked: Bfs, relations: Relations, most: int) -> Json:
    """See `substrate.interface.graph.Bfs`. All nodes that are as many hops away are keys of one table."""
    here, frontier = asked.table, [relations.start(asked.key, "pk")]
    seen: dict[str, set[Key]] = {here: set(frontier)}
    found: list[Json] = []
    for depth in range(1, asked.depth + 1):
        edges = relations.chain.get(here)
        if edges is None or not frontier:
            break
        here = edges.far.table
        known = seen.setdefault(here, set())
        frontier = sorted(far_ends(relations, edges, frontier, most) - known)
        known.update(frontier)
        text = edges.far.key.key_text
        found += [{"pk": text(key), "depth": depth} for key in frontier]
        if len(found) > most:
            raise too_many(most)
    return found
