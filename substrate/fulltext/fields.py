"""The fields of text tables, and what each has in all."""

from typing import Any, NamedTuple

from substrate import names
from substrate.engine import Connection
from substrate.errors import NotFound, shown
from substrate.fulltext.layout import TABLES, stamp
from substrate.interface import TextField
from substrate.reading import ReadingHere

_COLUMNS = "field, documents, words, next, waiting, waiting_words, stamp"


class Field(NamedTuple):
    """A field as it is: its number, its documents and their words, the next document's number, what is waiting, and a
    number that is another after each change."""

    field: int
    documents: int
    words: int
    next: int
    waiting: int
    waiting_words: int
    stamp: int


def name_of(table: str, field: str) -> str:
    """The name of a field. Raises Invalid."""
    return f"{names.search_name(table, 'a text table')}/{names.search_name(field, 'a text field')}"


def find(reading: ReadingHere, name: str) -> Field | None:
    """The field of a name, None where nothing was ever indexed in it."""
    if not TABLES.there(reading):
        return None
    found: list[Any] = reading.connection.execute(f"SELECT {_COLUMNS} FROM _oc_text_field WHERE name = ?", (name,))
    return Field(*found[0]) if found else None


def get(reading: ReadingHere, name: str) -> Field:
    """The field of a name. Raises NotFound."""
    found = find(reading, name)
    if found is None:
        table, _, field = name.partition("/")
        raise NotFound(f"nothing was ever indexed in the field {shown(field)} of the text table {shown(table)}")
    return found


def add(connection: Connection, name: str, length: int) -> Field:
    """The field with one more document of so many words, which is waiting; its number is the one before `next`."""
    found: list[Any] = connection.execute(
        "UPDATE _oc_text_field SET documents = documents + 1, words = words + ?, next = next + 1,"
        f" waiting = waiting + 1, waiting_words = waiting_words + ?, stamp = ? WHERE name = ? RETURNING {_COLUMNS}",
        (length, length, stamp(), name),
    )
    if not found:
        connection.execute(
            "INSERT INTO _oc_text_field (field, name, documents, words, next, segments, waiting, waiting_words, stamp)"
            " SELECT coalesce(max(field), 0) + 1, ?, 0, 0, 0, 0, 0, 0, 0 FROM _oc_text_field",
            (name,),
        )
        return add(connection, name, length)
    return Field(*found[0])


def lose(connection: Connection, field: int, length: int, *, waiting: bool) -> None:
    """Counts one document less, of so many words, which was waiting or was not."""
    one, words = (1, length) if waiting else (0, 0)
    connection.execute(
        "UPDATE _oc_text_field SET documents = documents - 1, words = words - ?, waiting = waiting - ?,"
        " waiting_words = waiting_words - ?, stamp = ? WHERE field = ?",
        (length, one, words, stamp(), field),
    )


def nothing_waits(connection: Connection, field: int) -> None:
    """Says that all documents of a field are in segments."""
    connection.execute(
        "UPDATE _oc_text_field SET waiting = 0, waiting_words = 0, stamp = ? WHERE field = ?", (stamp(), field)
    )


def new_segment(connection: Connection, field: int) -> int:
    """The number of a new segment of a field."""
    found: list[Any] = connection.execute(
        "UPDATE _oc_text_field SET segments = segments + 1 WHERE field = ? RETURNING segments", (field,)
    )
    return int(found[0][0])


def listed(reading: ReadingHere) -> list[TextField]:
    """All fields, by their names."""
    if not TABLES.there(reading):
        return []
    found: list[Any] = reading.connection.execute("SELECT name, documents FROM _oc_text_field")
    named = [(name.partition("/"), count) for name, count in found]
    return sorted(TextField(table, field, count) for (table, _, field), count in named)


def documents(reading: ReadingHere) -> int:
    """How many documents a namespace has in all its fields."""
    if not TABLES.there(reading):
        return 0
    found: list[Any] = reading.connection.execute("SELECT coalesce(sum(documents), 0) FROM _oc_text_field")
    return int(found[0][0])
