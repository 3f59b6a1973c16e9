"""Ways between two nodes: Dijkstra's algorithm from both ends at once (Dijkstra 1959; Pohl 1971 for two directions).

    start --> o o o o           o <-- end       the side with the nearer front goes on, until no way through a node
               o o o --> * <-- o o o            that neither has settled can be better than the best one found

In a graph where the number of nodes grows with each hop, the two small halves are far less than the whole that one side
alone would come to, so that looking edges up costs less than holding the graph in memory would. What keeps keys in
arrays of JSON has no index backwards; there the end's side stays where it is.
"""

import heapq
import math
from dataclasses import dataclass, field
from itertools import islice, pairwise

from substrate.columns import Json
from substrate.graph.edges import Hop, hops, too_many
from substrate.graph.relations import Node, Relations
from substrate.graph.weights import Weigh, weighing
from substrate.interface.graph import Path, Route

_AHEAD = 64
"""Nodes whose edges are looked up together: those that come up next, as far as can be told."""


def path(asked: Path, relations: Relations, most: int) -> Json:
    """See `substrate.interface.graph.Path`: the lightest way where each edge weighs 1."""
    found = _Search(relations, most, lambda start, end: 1.0, asked.depth).between(asked.start, asked.end)
    return {"reachable": found is not None, "nodes": [relations.text(node) for node in found or ()]}


def route(asked: Route, relations: Relations, most: int) -> Json:
    """See `substrate.interface.graph.Route`."""
    search = _Search(relations, most, weighing(asked.weights), math.inf)
    found = search.between(asked.start, asked.end)
    if found is None:
        return {"cost": None, "nodes": []}
    # Summed from the start on, as whoever adds up the weights along the way does it.
    cost = sum((search.cost(start, end) for start, end in pairwise(found)), 0.0)
    return {"cost": cost, "nodes": [relations.text(node) for node in found]}


@dataclass(slots=True)
class _Side:
    """What one end has come to: the cost of each node, the node that it was come from, and the front."""

    back: bool
    costs: dict[Node, float]
    before: dict[Node, Node] = field(default_factory=dict)
    front: list[tuple[float, Node]] = field(default_factory=list)
    settled: set[Node] = field(default_factory=set)
    edges: dict[Node, list[tuple[Node, float]]] = field(default_factory=dict)

    def nearest(self) -> float:
        """The cost of the nearest node of the front, infinite where there is none."""
        while self.front and self.front[0][1] in self.settled:
            heapq.heappop(self.front)
        return self.front[0][0] if self.front else math.inf


class _Search:
    """One search for a way that costs at most `bound`, among at most `most` nodes."""

    def __init__(self, relations: Relations, most: int, weigh: Weigh | None, bound: float) -> None:
        self._relations = relations
        self._most = most
        self._weigh = weigh
        self._bound = bound
        self._best = math.inf
        self._meeting: Node | None = None
        self._sides: tuple[_Side, _Side] = (_Side(False, {}), _Side(True, {}))

    def between(self, start: str, end: str) -> list[Node] | None:
        """The nodes of the lightest way; None where there is none."""
        source = (self._relations.table, self._relations.start(start, "src"))
        targets = self._relations.nodes(end, "dst")
        if source in targets:
            return [source]
        self._sides = (_side([source], back=False), _side(targets, back=True))
        both_ways = all(edges.both_ways for edges in self._relations.chain.values())
        while (nearest := [side.nearest() for side in self._sides]) and self._goes_on(nearest):
            forward = not both_ways or len(self._sides[0].front) <= len(self._sides[1].front)
            self._step(self._sides[0 if forward else 1], self._sides[1 if forward else 0])
        return self._way()

    def cost(self, start: Node, end: Node) -> float:
        """The weight of an edge that the search has come along."""
        ahead, behind = self._sides
        for side, here, there in ((ahead, start, end), (behind, end, start)):
            for node, weight in side.edges.get(here, ()):
                if node == there:
                    return weight
        raise AssertionError("the way has an edge that nobody went along")

    def _goes_on(self, nearest: list[float]) -> bool:
        least = sum(nearest)
        return least < self._best and least <= self._bound and not math.isinf(least)

    def _step(self, side: _Side, other: _Side) -> None:
        """Settles the nearest node of a side, and takes its edges."""
        cost, here = heapq.heappop(side.front)
        side.settled.add(here)
        if here not in side.edges:
            self._look_up(side, here)
        for node, weight in side.edges[here]:
            beyond = cost + weight
            if beyond > self._bound or beyond >= side.costs.get(node, math.inf):
                continue
            side.costs[node], side.before[node] = beyond, here
            heapq.heappush(side.front, (beyond, node))
            whole = beyond + other.costs.get(node, math.inf)
            if whole < self._best and whole <= self._bound:
                self._best, self._meeting = whole, node
        if len(side.costs) + len(other.costs) > self._most:
            raise too_many(self._most)

    def _look_up(self, side: _Side, here: Node) -> None:
        """Gets the edges of a node, and of those that come up next in the same table."""
        ahead = (node for _, node in islice(side.front, _AHEAD) if node[0] == here[0] and node not in side.edges)
        nodes = list(dict.fromkeys([here, *ahead]))
        if not self._got(side, nodes) and not self._got(side, [here]):
            raise too_many(self._most)

    def _got(self, side: _Side, nodes: list[Node]) -> bool:
        """Whether the edges of nodes of one table were few enough to be taken."""
        table, found = nodes[0][0], {node: list[tuple[Node, float]]() for node in nodes}
        chain = self._relations.chain
        for edges in self._relations.into(table) if side.back else filter(None, [chain.get(table)]):
            there = edges.near.table if side.back else edges.far.table
            keys = [key for _, key in nodes]
            got = hops(self._relations, edges, keys, self._most, weighed=self._weigh is None, back=side.back)
            if got is None:
                return False
            for key, each in got.items():
                found[table, key] += self._weighed((table, key), there, each, back=side.back)
        side.edges |= found
        return True

    def _weighed(self, here: Node, there: str, each: list[Hop], *, back: bool) -> list[tuple[Node, float]]:
        if self._weigh is None:
            return [((there, key), weight) for key, weight in each if weight is not None]
        text, weighed = self._relations.text(here), []
        for key, _ in each:
            other = self._relations.text((there, key))
            weight = self._weigh(other, text) if back else self._weigh(text, other)
            if weight is not None:
                weighed.append(((there, key), weight))
        return weighed

    def _way(self) -> list[Node] | None:
        if self._meeting is None:
            return None
        ahead, behind = self._sides
        way: list[Node] = [self._meeting]
        while way[-1] in ahead.before:
            way.append(ahead.before[way[-1]])
        way.reverse()
        while way[-1] in behind.before:
            way.append(behind.before[way[-1]])
        return way


def _side(nodes: list[Node], *, back: bool) -> _Side:
    side = _Side(back, dict.fromkeys(nodes, 0.0))
    side.front = sorted((0.0, node) for node in nodes)
    return side
