"""Verbs that search by nearness, by words, and along relations."""

from typing import TYPE_CHECKING, Literal

from oql.budget import measure
from oql.errors import Code, expected
from oql.tables import documents, nearness
from oql.tables.access import all_or_none, no_table, read, write
from oql.tables.walks import EXAMPLES
from oql.values import MAX_JSON_BYTES, Value, whole
from oql.verbs.declare import Any, Array, Condition, Family, Text, Whole, describe
from oql.verbs.run import Run
from substrate.errors import NotFound
from substrate.interface import Call, Json, JsonRow, Reading

if TYPE_CHECKING:
    from substrate.interface.graph import Walk

family = Family(
    "searches",
    "Searches",
    failure=Code.DATABASE_ERROR,
    exec_class="Io",
    options={"effect": "read", "touches": "table", "names": "FROM"},
)


@family.verb("VECTOR PUT", examples=nearness.EXAMPLES["VECTOR PUT"], effect="store", names="INTO", quick=False)
def vector_put(run: Run, vector: Array, *, into: Text, as_: Text, with_: Any = None) -> str:
    """Keeps a vector, an array of numbers, under an id, which it gives; WITH adds an object to filter by.

    Tables of vectors need no declaration: the first vector settles how many numbers the others have. They are compared
    by the cosine of their angle, unless the table was made otherwise over HTTP.
    """
    from substrate.interface.vectors import Vector

    put = Vector(as_, vector, with_)
    write(run, lambda frame, call: frame.vector_put(into, put))
    return as_


@family.verb("VECTOR SEARCH", examples=nearness.EXAMPLES["VECTOR SEARCH"], quick=False)
def vector_search(run: Run, vector: Array, *, from_: Text, limit: Whole, where: Condition = None) -> list[JsonRow]:
    """Gives the LIMIT vectors nearest to one as `{"id", "score"}`, best first, and `metadata` where they have some.

    WHERE compares what is in the metadata, whose names stand there without quotes; of those that fit, none is missed.
    """
    asked = nearness.question(vector, from_, limit, where)
    found = read(run, lambda reading, call: nearness.found(reading, asked, call))
    run.claim(measure([found], MAX_JSON_BYTES))
    return found


@family.verb("TEXT PUT", examples=documents.EXAMPLES["TEXT PUT"], effect="store", names="INTO", quick=False)
def text_put(run: Run, document: Text, *, into: Text, as_: Text) -> str:
    """Keeps a text under an id, which it gives, to be found by its words: in a field, INTO "table.field".

    A text that is there under the id is replaced. Neither table nor field has to be declared.
    """
    table, field = documents.field_of(into)
    write(run, lambda frame, call: frame.text_put(table, field, as_, document))
    return as_


@family.verb("TEXT SEARCH", examples=documents.EXAMPLES["TEXT SEARCH"], quick=False)
def text_search(
    run: Run, query: Text, *, from_: Text, as_: Literal["bm25", "boolean", "phrase"] = "bm25", limit: Whole
) -> list[Value]:
    """Gives the texts that have any of a query's words as `{"doc_id", "score"}`, best first by BM25, LIMIT at most.

    AS "boolean" gives the ids of those that have all words, AS "phrase" of those that have them in a row, sorted.
    """
    (table, field), most = documents.field_of(from_), documents.hits_wanted(limit)
    if as_ == "bm25":
        hits = read(
            run,
            lambda reading, call: documents.found(
                reading, from_, lambda: reading.text_search(table, field, query, most, call)
            ),
        )
        found: list[Value] = [{"doc_id": hit.doc_id, "score": hit.score} for hit in hits]
    else:
        phrase = as_ == "phrase"
        ids = read(
            run,
            lambda reading, call: documents.found(
                reading, from_, lambda: reading.text_match(table, field, query, phrase=phrase, call=call)
            ),
        )
        found = [*ids[:most]]
    run.claim(measure([found], MAX_JSON_BYTES))
    return found


@family.verb("GRAPH NEIGHBORS", examples=EXAMPLES["GRAPH NEIGHBORS"])
def graph_neighbors(run: Run, key: Any, *, from_: Text, with_: Text) -> list[str]:
    """Gives the keys that one leads to by the relation behind WITH, as texts; FROM names the "database.table"."""
    from substrate.interface.graph import Neighbors

    found: list[str] = _walked(run, Neighbors(from_, with_, _key(key)))
    return found


@family.verb("GRAPH REVERSE", examples=EXAMPLES["GRAPH REVERSE"])
def graph_reverse(run: Run, key: Any, *, from_: Text, with_: Text) -> list[str]:
    """Gives the keys of the table's rows that lead to one by a relation."""
    from substrate.interface.graph import Reverse

    found: list[str] = _walked(run, Reverse(from_, with_, _key(key)))
    return found


@family.verb("GRAPH BFS", examples=EXAMPLES["GRAPH BFS"])
def graph_bfs(run: Run, key: Any, *, from_: Text, with_: Text, limit: Whole | None = None) -> list[JsonRow]:
    """Gives all that one leads to by a relation as `{"pk", "depth"}`, nearest first, LIMIT hops (3) away at most."""
    from substrate.interface.graph import DEPTH, Bfs

    found: list[JsonRow] = _walked(run, Bfs(from_, with_, _key(key), DEPTH if limit is None else limit))
    return found


@family.verb("GRAPH PATH", examples=EXAMPLES["GRAPH PATH"])
def graph_path(run: Run, start: Any, *, to: Any, from_: Text, with_: Text) -> list[str]:
    """Gives the keys along the way of the fewest hops from one to another; an empty array where there is no way."""
    from substrate.interface.graph import DEEPEST, Path

    found: list[str] = _walked(run, Path(from_, with_, _key(start), _key(to), DEEPEST))["nodes"]
    return found


@family.verb("GRAPH ROUTE", examples=EXAMPLES["GRAPH ROUTE"])
def graph_route(run: Run, start: Any, *, to: Any, from_: Text, with_: Text) -> JsonRow:
    """Gives the way of the least weight as `{"cost", "nodes"}`; the cost is null where there is no way."""
    from substrate.interface.graph import Route

    found: JsonRow = _walked(run, Route(from_, with_, _key(start), _key(to)))
    return found | {"cost": None if found["cost"] is None else whole(found["cost"])}


def _walked(run: Run, asked: "Walk") -> Json:
    """The answer of the store, whose memory the run pays for."""
    answer = read(run, lambda reading, call: _answered(reading, asked, call))
    run.claim(measure([answer], MAX_JSON_BYTES))
    return answer


def _answered(reading: Reading, asked: "Walk", call: Call) -> Json:
    try:
        return reading.graph(asked, call)
    except NotFound:
        if asked.table in all_or_none(reading.table_ids):
            raise
        raise no_table(asked.table, reading) from None


def _key(value: Value) -> str:
    """The text of a key. Raises DatabaseError: a value that can be none."""
    from substrate.columns import key_text

    if isinstance(value, (str, bool, int, float)):
        return key_text(value)
    raise expected(Code.DATABASE_ERROR, "a key: text, a number or a boolean", describe(value))
