"""Documents of text fields: put, found by their words, deleted."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from server.problems import Problem
from server.routing import Parameter, Route
from server.store.bodies import StoreBodies, needed, one_of, param, require, whole
from server.store.changes import change
from server.store.gate import Visit
from server.store.threads import Threads, call_on_thread
from substrate import json
from substrate.errors import described
from substrate.interface import Call

MOST_HITS = 10_000
HITS = 10
_OFF = frozenset({"", "0", "false", "off", "no", "none", "[]"})


class TextDocument(BaseModel):
    """A document of a text field."""

    model_config = ConfigDict(extra="allow", strict=True)

    doc_id: str = Field(min_length=1, max_length=512)
    text: str


class DocumentIds(RootModel[list[str]]):
    """Ids of documents, sorted."""


class DocumentHit(BaseModel):
    """A document, and its score by BM25."""

    doc_id: str
    score: float


class DocumentHits(RootModel[list[DocumentHit]]):
    """Documents, best first, equals by their ids."""


class DocumentDeleted(BaseModel):
    """Whether there was something to delete."""

    deleted: bool


class TextFieldTold(BaseModel):
    """A field of a text table."""

    table: str
    field: str
    documents: int


class TextFields(RootModel[list[TextFieldTold]]):
    """The fields of all text tables, by their names."""


class Fulltext:
    """The works of the routes below /fts. `calls` makes the bounds of a new call."""

    def __init__(self, bodies: StoreBodies, threads: Threads, calls: Callable[[], Call]) -> None:
        self._bodies = bodies
        self._threads = threads
        self._calls = calls

    async def put(self, visit: Visit, table: str, field: str) -> None:
        """Indexes a document in place of the one of its id."""
        raw, body = await self._bodies.object(visit.req)
        require(body, TextDocument)
        doc_id, text = _text(body, "doc_id"), _text(body, "text")
        await change(visit, raw, lambda frame: frame.text_put(table, field, doc_id, text), status=201)

    async def search(self, visit: Visit, table: str, field: str) -> None:
        """The documents that fit a query."""
        mode = one_of(visit.req, "mode", "boolean", "phrase", "bm25") or "boolean"
        for name in ("fuzzy", "highlight", "facets"):
            _expect_off(visit, name)
        query = needed(visit.req, "q")
        k = whole(visit.req, "k", HITS, 1, MOST_HITS) if mode == "bm25" else HITS
        call = self._calls()

        def work() -> bytes:
            if mode != "bm25":
                return json.dumps(visit.namespace.text_match(table, field, query, phrase=mode == "phrase", call=call))
            hits = visit.namespace.text_search(table, field, query, k, call)
            return json.dumps([{"doc_id": hit.doc_id, "score": hit.score} for hit in hits])

        visit.answer(await call_on_thread(self._threads, visit.req, call, work))

    async def delete(self, visit: Visit, table: str, field: str, doc_id: str) -> None:
        """Deletes a document."""
        raw = await self._bodies.raw(visit.req)
        await change(visit, raw, lambda frame: {"deleted": frame.text_delete(table, field, doc_id)})

    async def fields(self, visit: Visit) -> None:
        """The fields of all text tables."""
        found = await self._threads.quick(visit.namespace.text_fields)
        told = [{"table": each.table, "field": each.field, "documents": each.documents} for each in found]
        visit.answer(json.dumps(told))

    async def drop(self, visit: Visit, table: str, field: str) -> None:
        """Deletes a field with all its documents."""
        raw = await self._bodies.raw(visit.req)
        await change(visit, raw, lambda frame: {"deleted": frame.text_drop(table, field)})


def _text(body: dict[str, Any], name: str) -> str:
    """A field of a body that is text. Raises Problem (400)."""
    value = body[name]
    if not isinstance(value, str):
        raise Problem(400, f"`{name}`: expected text, found {described(value)}", detail={"field": name})
    return value


def _expect_off(visit: Visit, name: str) -> None:
    """Raises Problem (400) where a parameter asks for what this store does not do."""
    value = param(visit.req, name)
    if value is not None and value.strip().lower() not in _OFF:
        message = f"`{name}` is not supported: leave it out"
        raise Problem(400, message, detail={"parameter": name, "code": "unsupported"})


_QUERY = Parameter("q", "query", "words to search for")
_MODE = Parameter("mode", "query", "`boolean` (default): all words; `phrase`: in a row; `bm25`: any, best first")
_K = Parameter("k", "query", f"of bm25: how many documents, 1 to {MOST_HITS}, default {HITS}")


def fulltext_routes(
    fulltext: Fulltext, on: Callable[..., Route], tenant: str, writing: Sequence[int], key: Parameter
) -> Sequence[Route]:
    """The routes of full text. `writing`: how requests that write are refused; `key`: makes them safe to repeat."""
    field = f"{tenant}/fts/{{table}}/{{field}}"
    return (
        on("GET", f"{tenant}/fts", "read", fulltext.fields, "The fields of text tables", [TextFields], (400, 404)),
        on("DELETE", field, "admin", fulltext.drop, "Delete a field with its documents", [DocumentDeleted], writing,
           None, [key]),
        on("POST", field, "write", fulltext.put, "Index a document", (), writing, TextDocument, [key],
           successes=(201,)),
        on("GET", field, "read", fulltext.search, "Find documents by their words", [DocumentIds, DocumentHits],
           (400, 404, 499), None, [_QUERY, _MODE, _K]),
        on("DELETE", f"{field}/{{doc_id:path}}", "write", fulltext.delete, "Delete a document", [DocumentDeleted],
           writing, None, [key]),
    )  # fmt: skip
