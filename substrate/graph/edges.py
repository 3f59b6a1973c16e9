"""Edges of some nodes, out of the engine: one statement for hundreds of nodes, each found by an index."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from substrate.columns import Bound
from substrate.engine import Values
from substrate.errors import Invalid
from substrate.graph.relations import Edges, End, Key, Relations
from substrate.in_lists import in_lists

Hop = tuple[Key, float | None]
"""Where an edge leads to, and its weight; of several edges between two nodes only the lightest counts."""


def far_ends(relations: Relations, edges: Edges, keys: Sequence[Key], most: int, *, back: bool = False) -> set[Key]:
    """The keys that some lead to; with `back` those that lead to them. Raises Invalid: more than `most`."""
    near, far = (edges.far, edges.near) if back else (edges.near, edges.far)
    found: set[Key] = set()
    for marks, params in _asked(near, keys):
        rows = relations.connection.execute(
            f"SELECT DISTINCT {far.sql} FROM {edges.source}"
            f" WHERE {near.sql} IN ({marks}) AND {far.sql} IS NOT NULL LIMIT {most + 1}",
            params,
        )
        found.update(key for (value,) in rows if value is not None and (key := far.read(value)) is not None)
        if len(found) > most:
            raise too_many(most)
    return found


def hops(
    relations: Relations, edges: Edges, keys: Sequence[Key], most: int, *, weighed: bool, back: bool
) -> dict[Key, list[Hop]] | None:
    """The edges of each node in the order of where they lead, by its key; None where they are more than `most`.

    `weighed`: by the relation's column, where it has one; an edge whose weight is null is left out then. Else all
    weigh 1.
    """
    near, far = (edges.far, edges.near) if back else (edges.near, edges.far)
    weight = "1" if edges.weight is None or not weighed else f"min({edges.weight})"
    found: dict[Key, dict[Key, float]] = defaultdict(dict)
    left = most
    for marks, params in _asked(near, keys):
        rows = relations.connection.execute(
            f"SELECT {near.sql}, {far.sql}, {weight} FROM {edges.source}"
            f" WHERE {near.sql} IN ({marks}) AND {far.sql} IS NOT NULL GROUP BY 1, 2 LIMIT {left + 1}",
            params,
        )
        left -= sum(_noted(found, near, far, row) for row in rows)
        if left < 0:
            return None
    return {key: sorted(found[key].items()) if key in found else [] for key in keys}


def _noted(found: dict[Key, dict[Key, float]], near: End, far: End, row: Values) -> int:
    """Takes an edge; that it is one."""
    start, end, weight = row
    if start is not None and end is not None and weight is not None:
        here, there = near.read(start), far.read(end)
        if here is not None and there is not None:
            if weight < 0:  # type: ignore[operator] # a number
                raise negative(weight)
            before = found[here].get(there)
            weighed = float(weight)  # type: ignore[arg-type] # as above
            found[here][there] = weighed if before is None else min(before, weighed)
    return 1


def _asked(end: End, keys: Sequence[Key]) -> Iterator[tuple[str, list[Bound]]]:
    """The marks and values that ask for keys, some hundreds at a time."""
    return in_lists([held for key in keys if (held := end.bound(key)) is not None])


def too_many(most: int) -> Invalid:
    """The refusal of a walk that comes to more nodes than it may."""
    return Invalid(f"the walk comes to more than {most:,} nodes: ask for fewer hops", limit=most, of="nodes")


def negative(weight: object) -> Invalid:
    """The refusal of a weight below 0."""
    return Invalid(f"expected weights of 0 or more, found {weight}")
