"""What VECTOR SEARCH asks of the store and what it gives, and the examples of the verbs on vectors."""

from typing import TYPE_CHECKING, Any

from oql.errors import Code, failed, nearest
from oql.tables.access import all_or_none
from oql.tables.fitting import fits, needed
from oql.values import Value, normalise
from substrate.errors import NotFound, shown
from substrate.interface import Call, Json, JsonRow, Reading

if TYPE_CHECKING:
    from substrate.interface.vectors import Hit, Nearest


def question(vector: list[Value], table: str, limit: int, where: Json | None) -> "Nearest":
    """The question for the vectors nearest to one, of those whose metadata fits a predicate."""
    from substrate.interface.vectors import Nearest

    if where is None:
        return Nearest(table, vector, limit)
    fit = fits(where)
    return Nearest(
        table, vector, limit, filter=needed(where) or None, accepts=lambda found: fit(normalise(found))
    )  # fmt: skip


def found(reading: Reading, asked: "Nearest", call: Call) -> list[JsonRow]:
    """The hits as a program gets them. Raises DatabaseError where there is no such table, or not even a namespace."""
    try:
        return [told(hit) for hit in reading.vector_topk(asked, call)]
    except NotFound:
        message = f"there is no vector table {shown(asked.table)}"
        known = [each.name for each in all_or_none(reading.vector_tables)]
        guess = nearest(asked.table, known)
        hint = f"did you mean `{guess}`?" if guess else "put a vector into it first: VECTOR PUT makes it"
        raise failed(Code.DATABASE_ERROR, message, hint) from None


def told(hit: "Hit") -> JsonRow:
    """A hit as a program gets it."""
    found: Any = {"id": hit.id, "score": hit.score}
    if hit.metadata is not None:
        found["metadata"] = hit.metadata
    row: JsonRow = normalise(found)
    return row


_NOTES = """ENLIST 1 AND 0 SET ?east AFTER ENLIST 0 AND 1 SET ?north AFTER ENLIST 3 AND 4 SET ?between
VECTOR PUT ?east INTO "notes" AS "e" AFTER VECTOR PUT ?north INTO "notes" AS "n"
"""

EXAMPLES: dict[str, list[tuple[str, Any]]] = {
    "VECTOR PUT": [(_NOTES + 'VECTOR PUT ?between INTO "notes" AS "b"', "b")],
    "VECTOR SEARCH": [
        (_NOTES + 'VECTOR SEARCH ?between FROM "notes" LIMIT 5', [{"id": "n", "score": 0.8}, {"id": "e", "score": 0.6}])
    ],
}
"""What each verb is shown by, the programs with their results."""
