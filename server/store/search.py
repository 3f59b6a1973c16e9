"""Searches by words and by nearness in one call."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from server.problems import Problem
from server.routing import Route
from server.store.bodies import StoreBodies, require
from server.store.gate import Visit
from server.store.threads import Threads, call_on_thread
from server.store.vectors import Embedding, Scalar
from substrate import json
from substrate.errors import described
from substrate.interface import Call
from substrate.interface.hybrid import Both, FusedHit, Side, Words
from substrate.interface.vectors import MOST_HITS, Nearest

_NEAREST = ("dim", "metric", "mode")


class _Asked(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class ByWords(_Asked):
    """Words to search for in a text field."""

    table: str
    field: str
    q: str


class ByVector(_Asked):
    """A vector that the nearest are wanted to."""

    table: str
    query: Embedding
    dim: int | None = None
    metric: Literal["cosine", "dot", "l2"] | None = None
    mode: Literal["hnsw", "high_recall", "fast", "bruteforce"] = "hnsw"


class Weights(_Asked):
    """How much each side counts."""

    text: float = Field(1.0, ge=0, le=1e9)
    vector: float = Field(1.0, ge=0, le=1e9)


class SearchWanted(_Asked):
    """A search by words, by nearness, or by both: what they say of one id is added up."""

    text: ByWords | None = None
    vector: ByVector | None = None
    filter: dict[str, Scalar] | None = Field(None, description="values that the vector of every hit has as metadata")
    k: int = Field(10, ge=1, le=MOST_HITS)
    fusion: Literal["rrf", "weighted"] = "rrf"
    weights: Weights | None = None


class FoundBy(BaseModel):
    """How one side has found a hit: its rank and score there, and what that adds to the score of the hit."""

    rank: int
    score: float
    adds: float


class SearchHit(BaseModel):
    """A hit, and how each side has found it; one that has not is left out."""

    id: str
    score: float
    text: FoundBy | None = None
    vector: FoundBy | None = None


class SearchHits(RootModel[list[SearchHit]]):
    """Hits, best first, equals by their ids."""


class Search:
    """The work of /search. `calls` makes the bounds of a new call."""

    def __init__(self, bodies: StoreBodies, threads: Threads, calls: Callable[[], Call]) -> None:
        self._bodies = bodies
        self._threads = threads
        self._calls = calls

    async def search(self, visit: Visit) -> None:
        """The best ids by words and by nearness together."""
        _, body = await self._bodies.object(visit.req)
        asked, call = _asked(body), self._calls()

        def work() -> bytes:
            return json.dumps([_told(hit) for hit in visit.namespace.search(asked, call)])

        visit.answer(await call_on_thread(self._threads, visit.req, call, work))


def _asked(body: dict[str, Any]) -> Both:
    """The question of a body; the store says what is wrong inside of it. Raises Problem (400)."""
    text, vector, wanted = (_object(body, name) for name in ("text", "vector", "filter"))
    if wanted is not None and vector is None:
        raise Problem(
            400, "`filter` is about the metadata of vectors: expected `vector` too", detail={"field": "filter"}
        )
    words = nearest = None
    if text is not None:
        require(text, ByWords, "text.")
        words = Words(*(_text(text, "text", name) for name in ("table", "field", "q")))
    if vector is not None:
        require(vector, ByVector, "vector.")
        given = {name: vector[name] for name in _NEAREST if vector.get(name) is not None}
        table = _text(vector, "vector", "table")
        nearest = Nearest(table, vector["query"], 1, filter=wanted, **given)
    weights = _object(body, "weights") or {}
    k = body.get("k")
    fusion = body.get("fusion")
    return Both(
        words, nearest, 10 if k is None else k, "rrf" if fusion is None else fusion,
        (_number(weights, "text"), _number(weights, "vector")),
    )  # fmt: skip


def _object(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise Problem(400, f"`{name}`: expected an object, found {described(value)}", detail={"field": name})
    return value


def _text(body: dict[str, Any], where: str, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        message = f"`{where}.{name}`: expected text, found {described(value)}"
        raise Problem(400, message, detail={"field": f"{where}.{name}"})
    return value


def _number(weights: dict[str, Any], name: str) -> float:
    value = weights.get(name, 1.0)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        message = f"`weights.{name}`: expected a number, found {described(value)}"
        raise Problem(400, message, detail={"field": f"weights.{name}"})
    return float(value)


def _told(hit: FusedHit) -> dict[str, Any]:
    told: dict[str, Any] = {"id": hit.id, "score": hit.score}
    for name, side in (("text", hit.words), ("vector", hit.nearest)):
        if side is not None:
            told[name] = _side(side)
    return told


def _side(side: Side) -> dict[str, Any]:
    return {"rank": side.rank, "score": side.score, "adds": side.adds}


def search_routes(search: Search, on: Callable[..., Route], tenant: str) -> Sequence[Route]:
    """The route of searches by words and by nearness."""
    return (
        on("POST", f"{tenant}/search", "read", search.search, "Search by words and by nearness", [SearchHits],
           (400, 404, 408, 413, 415, 499), SearchWanted),
    )  # fmt: skip
