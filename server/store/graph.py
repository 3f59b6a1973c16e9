"""Walks along the relations of a table."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from server.problems import Problem
from server.routing import Parameter, Route
from server.store.bodies import StoreBodies, loads, needed, param, require, whole
from server.store.gate import Visit
from server.store.threads import Threads, call_on_thread
from substrate import json
from substrate.errors import described
from substrate.interface import Call
from substrate.interface.graph import DEEPEST, DEPTH, Bfs, Neighbors, Path, Reverse, Route as Cheapest, Walk


class Keys(RootModel[list[str]]):
    """Keys of rows as texts, each once, in their order."""


class Reached(BaseModel):
    """A key, and how many hops it is away."""

    pk: str
    depth: int = Field(ge=1)


class ReachedKeys(RootModel[list[Reached]]):
    """Keys by their distance, then in their order."""


class WayFound(BaseModel):
    """Whether there is a way, and the keys along one of the fewest hops."""

    reachable: bool
    nodes: list[str]


class Cost(BaseModel):
    """The weight of the lightest way; null where there is none."""

    cost: float | None


class WayWanted(BaseModel):
    """From where to where, and what edges cost."""

    model_config = ConfigDict(extra="allow", strict=True)

    rel: str
    src: str
    dst: str
    weights: dict[str, Any] | list[Any] | None = Field(
        None, description='`{"from|to": number}` or `[[from, to, number], ...]`; default: the relation\'s weight column'
    )


class Graph:
    """The works of the routes below /graph. `calls` makes the bounds of a new call."""

    def __init__(self, bodies: StoreBodies, threads: Threads, calls: Callable[[], Call]) -> None:
        self._bodies = bodies
        self._threads = threads
        self._calls = calls

    async def neighbors(self, visit: Visit, schema: str) -> None:
        """What a key leads to."""
        await self._answer(visit, Neighbors(schema, needed(visit.req, "rel"), needed(visit.req, "pk")))

    async def reverse(self, visit: Visit, schema: str) -> None:
        """What leads to a key."""
        await self._answer(visit, Reverse(schema, needed(visit.req, "rel"), needed(visit.req, "pk")))

    async def bfs(self, visit: Visit, schema: str) -> None:
        """All that is within some hops."""
        await self._answer(visit, Bfs(schema, needed(visit.req, "rel"), needed(visit.req, "pk"), _depth(visit)))

    async def path(self, visit: Visit, schema: str) -> None:
        """A way of the fewest hops."""
        ends = needed(visit.req, "src"), needed(visit.req, "dst")
        await self._answer(visit, Path(schema, needed(visit.req, "rel"), *ends, _depth(visit)))

    async def dijkstra(self, visit: Visit, schema: str) -> None:
        """What the lightest way costs."""
        rel, src, dst = (needed(visit.req, name) for name in ("rel", "src", "dst"))
        await self._answer(visit, Cheapest(schema, rel, src, dst, _weights(visit)))

    async def dijkstra_by_body(self, visit: Visit, schema: str) -> None:
        """As `dijkstra`, for more weights than an address can hold."""
        _, asked = await self._bodies.object(visit.req)
        require(asked, WayWanted)
        rel, src, dst = (_text(asked, name) for name in ("rel", "src", "dst"))
        await self._answer(visit, Cheapest(schema, rel, src, dst, asked.get("weights")))

    async def _answer(self, visit: Visit, asked: Walk) -> None:
        call = self._calls()

        def work() -> bytes:
            found = visit.namespace.graph(asked, call)
            return json.dumps({"cost": found["cost"]} if isinstance(asked, Cheapest) else found)

        visit.answer(await call_on_thread(self._threads, visit.req, call, work))


def _depth(visit: Visit) -> int:
    return whole(visit.req, "max_depth", DEPTH, 0, DEEPEST)


def _weights(visit: Visit) -> Any:
    text = param(visit.req, "weights_json")
    if text is None:
        return None
    weights = loads(text.encode())
    if not isinstance(weights, dict):
        message = f"`weights_json`: expected a JSON object, found {described(weights)}"
        raise Problem(400, message, detail={"parameter": "weights_json"})
    return weights


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked[name]
    if not isinstance(value, str):
        raise Problem(400, f"`{name}`: expected text, found {described(value)}", detail={"field": name})
    return value


_REL = Parameter("rel", "query", "the name of a relation that the table declares")
_KEY = Parameter("pk", "query", "the text of a key")
_ENDS = (_REL, Parameter("src", "query", "the key to begin at"), Parameter("dst", "query", "the key to come to"))
_DEPTH = Parameter("max_depth", "query", f"hops, 0 to {DEEPEST}, default {DEPTH}")
_WEIGHTS = Parameter("weights_json", "query", 'what edges cost, `{"from|to": number}`; default: the weight column')


def graph_routes(graph: Graph, on: Callable[..., Route], tenant: str) -> Sequence[Route]:
    """The routes of walks."""
    below, refused = f"{tenant}/graph/{{schema}}", (400, 404, 499)
    return (
        on("GET", f"{below}/neighbors", "read", graph.neighbors, "What a key leads to", [Keys], refused, None,
           [_REL, _KEY]),
        on("GET", f"{below}/reverse", "read", graph.reverse, "What leads to a key", [Keys], refused, None,
           [_REL, _KEY]),
        on("GET", f"{below}/bfs", "read", graph.bfs, "All that is within some hops", [ReachedKeys], refused, None,
           [_REL, _KEY, _DEPTH]),
        on("GET", f"{below}/path", "read", graph.path, "A way of the fewest hops", [WayFound], refused, None,
           [*_ENDS, _DEPTH]),
        on("GET", f"{below}/dijkstra", "read", graph.dijkstra, "What the lightest way costs", [Cost], refused, None,
           [*_ENDS, _WEIGHTS]),
        on("POST", f"{below}/dijkstra", "read", graph.dijkstra_by_body, "What the lightest way costs", [Cost],
           (*refused, 408, 413, 415), WayWanted),
    )  # fmt: skip
