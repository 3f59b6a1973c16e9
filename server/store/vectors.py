"""Vectors: put one or many, delete, and the nearest ones."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, RootModel

from server.problems import Problem
from server.routing import Parameter, Route
from server.store.bodies import StoreBodies, require
from server.store.changes import change
from server.store.envelopes import RowsWritten
from server.store.gate import Visit, lsn_json
from server.store.ndjson import Ndjson
from server.store.rows import NDJSON
from server.store.threads import Threads, call_on_thread
from substrate import json
from substrate.errors import Invalid, described, kind_of
from substrate.interface import Call, Frame, JsonRow
from substrate.interface.vectors import MOST_DELETED, MOST_DIMENSIONS, MOST_HITS, Nearest, Vector

_FIELDS = ("embedding", "metadata", "dim", "metric")
_WORDS = ("put", "put-bulk", "topk", "delete-bulk")
"""What stands behind a table in the paths of other routes, and is the id of a vector in that of a DELETE."""

Scalar = bool | int | float | str | None
Numbers = Annotated[list[float], Field(min_length=1, max_length=MOST_DIMENSIONS)]
Embedding = Annotated[Numbers | str, Field(description="numbers, or the base64 of little-endian 32-bit floats")]


class VectorPut(BaseModel):
    """A vector; the first of a table settles how many numbers the others have, and how they are compared."""

    id: str = Field(min_length=1, max_length=512)
    embedding: Embedding
    dim: int | None = None
    metric: Literal["cosine", "dot", "l2"] | None = Field(None, description="default: that of the table, else cosine")
    metadata: dict[str, Scalar] | None = None


class VectorList(RootModel[list[VectorPut]]):
    """Vectors, of which of equal ids the last stays."""


class NearestWanted(BaseModel):
    """What the nearest vectors are wanted to."""

    query: Embedding
    k: int = Field(ge=1, le=MOST_HITS)
    dim: int | None = None
    metric: Literal["cosine", "dot", "l2"] | None = None
    mode: Literal["hnsw", "high_recall", "fast", "bruteforce"] = "hnsw"
    filter: dict[str, Scalar] | None = Field(None, description="values that the metadata of every hit has")
    with_metadata: bool = False


class VectorHit(BaseModel):
    """A vector with its score: similarity or inner product, or under `l2` the distance."""

    id: str
    score: float
    metadata: dict[str, Scalar] | None = Field(None, description="where it was asked for")


class VectorHits(RootModel[list[VectorHit]]):
    """The nearest vectors, best first."""


class VectorDeleted(BaseModel):
    """Whether there was something to delete."""

    deleted: bool


class VectorIds(BaseModel):
    """The vectors that are to go."""

    ids: list[str] = Field(max_length=MOST_DELETED)


class VectorsDeleted(BaseModel):
    """How many of the ids, each taken once, were those of vectors."""

    deleted_count: int
    missing_count: int


class VectorTableTold(BaseModel):
    """A table of vectors."""

    table: str
    dim: int
    metric: Literal["cosine", "dot", "l2"]
    vectors: int


class VectorTables(RootModel[list[VectorTableTold]]):
    """The tables of vectors, by their names."""


class Vectors:
    """The works of the routes below /vector. `calls` makes the bounds of a search."""

    def __init__(self, bodies: StoreBodies, threads: Threads, ndjson: Ndjson, calls: Callable[[], Call]) -> None:
        self._bodies = bodies
        self._threads = threads
        self._ndjson = ndjson
        self._calls = calls

    async def put(self, visit: Visit, table: str) -> None:
        """Puts a vector in place of the one of its id."""
        raw, asked = await self._bodies.object(visit.req)
        require(asked, VectorPut)
        vector = _vector(asked)
        await change(visit, raw, lambda frame: frame.vector_put(table, vector), status=201)

    async def put_many(self, visit: Visit, table: str) -> None:
        """Puts the vectors of an array, all or none; or those of a stream of lines, by and by."""
        if (visit.req.content_type or "").partition(";")[0].strip().lower() == NDJSON:
            await self._ndjson.write(visit, lambda frame, lines: frame.vector_put_many(table, _vectors(lines)))
            return
        raw, asked = await self._bodies.json(visit.req)
        if not isinstance(asked, list):
            raise Problem(400, f"expected a JSON array of vectors as the body, found {kind_of(asked)}")
        vectors = _vectors(asked)

        def work(frame: Frame) -> Any:
            frame.vector_put_many(table, vectors)
            return {"inserted": len(vectors), "lsn": lsn_json(frame.lsn)}

        await change(visit, raw, work)

    async def topk(self, visit: Visit, table: str) -> None:
        """The nearest vectors."""
        _, asked = await self._bodies.object(visit.req)
        require(asked, NearestWanted)
        with_metadata = _flag(asked, "with_metadata")
        wanted = {name: asked[name] for name in ("dim", "metric", "mode", "filter") if asked.get(name) is not None}
        nearest = Nearest(table, asked["query"], asked["k"], **wanted)
        call = self._calls()

        def work() -> bytes:
            hits = visit.namespace.vector_topk(nearest, call)
            if with_metadata:
                return json.dumps([{"id": hit.id, "score": hit.score, "metadata": hit.metadata} for hit in hits])
            return json.dumps([{"id": hit.id, "score": hit.score} for hit in hits])

        visit.answer(await call_on_thread(self._threads, visit.req, call, work))

    async def delete(self, visit: Visit, table: str, id: str) -> None:  # noqa: A002 - its name in the path
        """Deletes a vector."""
        raw = await self._bodies.raw(visit.req)
        await change(visit, raw, lambda frame: {"deleted": frame.vector_delete(table, [id]) == 1})

    async def delete_many(self, visit: Visit, table: str) -> None:
        """Deletes vectors, all of them at once."""
        raw, asked = await self._bodies.object(visit.req)
        require(asked, VectorIds)
        ids = asked["ids"]
        if not isinstance(ids, list):
            raise Problem(400, f"`ids`: expected an array of texts, found {described(ids)}", detail={"field": "ids"})
        for index, each in enumerate(ids):
            if not isinstance(each, str):
                field = f"ids[{index}]"
                raise Problem(400, f"`{field}`: expected text, found {described(each)}", detail={"field": field})

        def work(frame: Frame) -> Any:
            deleted = frame.vector_delete(table, ids)
            return {"deleted_count": deleted, "missing_count": len(set(ids)) - deleted}

        await change(visit, raw, work)

    async def tables(self, visit: Visit) -> None:
        """The tables of vectors."""
        found = await self._threads.quick(visit.namespace.vector_tables)
        told = [{"table": each.name, "dim": each.dim, "metric": each.metric, "vectors": each.vectors} for each in found]
        visit.answer(json.dumps(told))

    async def drop(self, visit: Visit, table: str) -> None:
        """Deletes a table of vectors."""
        raw = await self._bodies.raw(visit.req)
        await change(visit, raw, lambda frame: {"deleted": frame.vector_drop(table)})


def _vectors(found: Sequence[Any]) -> list[Vector]:
    vectors = []
    for index, each in enumerate(found):
        if not isinstance(each, dict):
            raise Invalid(f"expected an object with `id` and `embedding`, found {described(each)}", row=index)
        require(each, VectorPut, row=index)
        vectors.append(_vector(each))
    return vectors


def _vector(asked: JsonRow) -> Vector:
    """A vector as it came; the store says what is wrong with it."""
    return Vector(asked.get("id", None), *(asked.get(name) for name in _FIELDS))  # type: ignore[arg-type] # see above


def _flag(asked: JsonRow, name: str) -> bool:
    value = asked.get(name)
    if value is not None and not isinstance(value, bool):
        raise Problem(400, f"`{name}`: expected true or false, found {described(value)}", detail={"field": name})
    return bool(value)


_KEY = Parameter("Idempotency-Key", "header", "makes a retry safe: the same request under the same key is done once")
_CHUNK = Parameter("chunk", "query", "of a stream: vectors that are put together, 1 to 10000, default 1000")
_WRITES = (400, 402, 404, 408, 409, 413, 415)


def vector_routes(vectors: Vectors, on: Callable[..., Route], tenant: str) -> Sequence[Route]:
    """The routes of vectors."""
    table = f"{tenant}/vector/{{table}}"
    as_ids = (
        on("DELETE", f"{table}/{word}", "write", partial(vectors.delete, id=word), "Delete a vector", [VectorDeleted],
           _WRITES, listed=False)
        for word in _WORDS
    )  # fmt: skip
    return (
        on("GET", f"{tenant}/vector", "read", vectors.tables, "The tables of vectors", [VectorTables], (400, 404)),
        on("DELETE", table, "admin", vectors.drop, "Delete a table of vectors", [VectorDeleted], _WRITES, None, [_KEY]),
        on("POST", f"{table}/put", "write", vectors.put, "Put a vector", [], _WRITES, VectorPut, [_KEY],
           successes=(201,)),
        on("POST", f"{table}/put-bulk", "write", vectors.put_many, "Put many vectors", [RowsWritten], _WRITES,
           VectorList, [_KEY, _CHUNK], ("application/json", NDJSON)),
        on("POST", f"{table}/topk", "read", vectors.topk, "The nearest vectors", [VectorHits],
           (400, 404, 408, 413, 415, 499), NearestWanted),
        on("POST", f"{table}/delete-bulk", "write", vectors.delete_many, "Delete many vectors", [VectorsDeleted],
           _WRITES, VectorIds, [_KEY]),
        on("DELETE", f"{table}/{{id:path}}", "write", vectors.delete, "Delete a vector", [VectorDeleted], _WRITES, None,
           [_KEY]),
        *as_ids,
    )  # fmt: skip
