"""What TEXT PUT and TEXT SEARCH say to the store."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from oql.errors import Code, expected, failed, nearest
from oql.tables.access import all_or_none
from oql.verbs.declare import Example
from substrate.errors import NotFound, shown
from substrate.interface import Reading

EXAMPLES: dict[str, Sequence[Example]] = {
    "TEXT PUT": [
        (
            'TEXT PUT "Ada drinks tea" INTO "notes.body" AS "n1"\n'
            'TEXT PUT "Bob drinks milk" INTO "notes.body" AS "n2"\n'
            'TEXT SEARCH "tea" FROM "notes.body" AS "boolean" LIMIT 10 SET ?ids AFTER EMIT ?ids',
            ["n1"],
        )
    ],
    "TEXT SEARCH": [
        (
            'TEXT PUT "green tea" INTO "notes.body" AS "n1" AFTER TEXT PUT "tea, green" INTO "notes.body" AS "n2"\n'
            'TEXT SEARCH "green tea" FROM "notes.body" AS "phrase" LIMIT 10 SET ?ids AFTER EMIT ?ids',
            ["n1"],
        ),
        (
            'TEXT PUT "tea" INTO "notes.body" AS "n1" AFTER TEXT PUT "tea and milk" INTO "notes.body" AS "n2"\n'
            'TEXT SEARCH "milk tea" FROM "notes.body" LIMIT 10 SET ?hits AFTER EMIT ?hits(0)(doc_id)',
            "n2",
        ),
    ],
}
MOST_HITS = 10_000
T = TypeVar("T")


def field_of(name: str) -> tuple[str, str]:
    """The table and the field that a name stands for: what is before its last point, and what is behind."""
    table, point, field = name.rpartition(".")
    if not point:
        hint = f'write "{name[:64]}.body" for its field body'
        raise failed(Code.DATABASE_ERROR, f'expected "table.field", found "{name[:64]}"', hint)
    return table, field


def found(reading: Reading, name: str, search: Callable[[], T]) -> T:
    """What a search finds in the field of a name. Raises DatabaseError where nothing was ever put into it."""
    try:
        return search()
    except NotFound:
        known = [f"{each.table}.{each.field}" for each in all_or_none(reading.text_fields)]
        guess = nearest(name, known)
        hint = f"did you mean `{guess}`?" if guess else "put a text into it first: TEXT PUT makes it"
        raise failed(Code.DATABASE_ERROR, f"there are no texts in {shown(name)}", hint) from None


def hits_wanted(limit: int) -> int:
    """The number behind LIMIT. Raises DatabaseError out of its bounds."""
    if not 1 <= limit <= MOST_HITS:
        raise expected(Code.DATABASE_ERROR, f"1 to {MOST_HITS:,} behind LIMIT", str(limit))
    return limit
