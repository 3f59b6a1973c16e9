"""Documents put and deleted in a frame, and what has come together made into segments.

Both happens in the frame that writes, so that it is committed or undone with it. Each occurrence of a word is written
anew a few times at most, since segments are put together only with as many others of their size.
"""

from typing import TYPE_CHECKING, Any

from substrate import names
from substrate.engine import Connection
from substrate.errors import Invalid
from substrate.fulltext import fields, waiting
from substrate.fulltext.layout import TABLES, field_end, field_start
from substrate.fulltext.waiting import Waiting
from substrate.fulltext.words import words_of

if TYPE_CHECKING:
    from substrate.frame import Frame
    from substrate.memory import Memory

LONGEST_TEXT = 8 * 2**20
"""How many characters a document may have."""


def put(frame: "Frame", table: str, field: str, doc_id: str, text: str) -> None:
    """See `substrate.interface.Frame.text_put`; logs nothing."""
    name = fields.name_of(table, field)
    names.document_id(doc_id)
    if flaw := names.flaw_of(text):
        raise Invalid(f"a document cannot hold {flaw}")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"a document has at most {LONGEST_TEXT:,} characters, this one {len(text):,}")
    words = words_of(text)
    TABLES.make(frame)
    connection = frame.connection
    state = fields.add(connection, name, len(words))
    number = state.next - 1
    _place(frame, state.field, doc_id, number, len(words))
    waiting.add(connection, state.field, Waiting(number, doc_id, len(words), waiting.as_text(words)))
    if state.waiting >= waiting.MOST or state.waiting_words >= waiting.MOST_WORDS:
        from substrate.fulltext.gathering import gather

        gather(connection, frame.around.shared.memory, state.field)


def delete(frame: "Frame", table: str, field: str, doc_id: str) -> bool:
    """See `substrate.interface.Frame.text_delete`; logs nothing."""
    name = fields.name_of(table, field)
    names.document_id(doc_id)
    found = fields.find(frame, name)
    gone: list[Any] = (
        frame.connection.execute(
            "DELETE FROM _oc_text_document WHERE field = ? AND id = ? RETURNING number, length", (found.field, doc_id)
        )
        if found
        else []
    )
    if not found or not gone:
        return False
    _lose(frame.connection, frame.around.shared.memory, found.field, *gone[0])
    return True


def drop(frame: "Frame", table: str, field: str) -> bool:
    """See `substrate.interface.Frame.text_drop`; logs nothing."""
    found = fields.find(frame, fields.name_of(table, field))
    if found is None:
        return False
    places = field_start(found.field), field_end(found.field)
    for own in ("_oc_text_waiting", "_oc_text_segment", "_oc_text_block"):
        frame.connection.execute(f"DELETE FROM {own} WHERE place >= ? AND place < ?", places)
    for own in ("_oc_text_document", "_oc_text_field"):
        frame.connection.execute(f"DELETE FROM {own} WHERE field = ?", (found.field,))
    return True


def _place(frame: "Frame", field: int, doc_id: str, number: int, length: int) -> None:
    """Says which document has this id; the one before goes."""
    connection, key = frame.connection, (field, doc_id)
    new = connection.execute(
        "INSERT INTO _oc_text_document (field, id, number, length) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (field, id) DO NOTHING RETURNING 1",
        (*key, number, length),
    )
    if new:
        return
    before: list[Any] = connection.execute(
        "SELECT number, length FROM _oc_text_document WHERE field = ? AND id = ?", key
    )
    connection.execute(
        "UPDATE _oc_text_document SET number = ?, length = ? WHERE field = ? AND id = ?", (number, length, *key)
    )
    _lose(connection, frame.around.shared.memory, field, *before[0])


def _lose(connection: Connection, memory: "Memory", field: int, number: int, length: int) -> None:
    """Takes a document out of what is waiting, or marks it as gone in its segment."""
    waited = waiting.delete(connection, field, number)
    fields.lose(connection, field, length, waiting=waited)
    if not waited:
        from substrate.fulltext.gathering import lose

        lose(connection, memory, field, number)
