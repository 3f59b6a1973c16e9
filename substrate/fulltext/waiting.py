"""Documents that are in no segment yet: a row each, read as a whole by every search.

The words of a row stand each between line breaks of its own, so that a word, and a phrase, is found as text is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from substrate.engine import Connection
from substrate.fulltext.layout import FIELD_BITS, field_end, field_start
from substrate.fulltext.postings import LINE

MOST = 512
MOST_WORDS = 2**16
"""How many documents and words may wait until they become a segment."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits."""

    number: int
    id: str
    length: int
    text: str

    @property
    def words(self) -> list[str]:
        """Its words in their order."""
        return self.text[1:-1].split(LINE * 2) if self.length else []


def as_text(words: Sequence[str]) -> str:
    """Words, of which each stands between two line breaks."""
    return f"{LINE}{(LINE * 2).join(words)}{LINE}" if words else ""


def listed(connection: Connection, field: int) -> list[Waiting]:
    """The documents of a field that wait, oldest first."""
    found: list[Any] = connection.execute(
        "SELECT place, id, length, words FROM _oc_text_waiting WHERE place >= ? AND place < ? ORDER BY place",
        (field_start(field), field_end(field)),
    )
    return [Waiting(place & (1 << FIELD_BITS) - 1, *rest) for place, *rest in found]


def add(connection: Connection, field: int, waiting: Waiting) -> None:
    """Adds a document."""
    connection.execute(
        "INSERT INTO _oc_text_waiting (place, id, length, words) VALUES (?, ?, ?, ?)",
        (field_start(field) | waiting.number, waiting.id, waiting.length, waiting.text),
    )


def delete(connection: Connection, field: int, number: int) -> bool:
    """Deletes a document; False where none that waits has this number."""
    statement = "DELETE FROM _oc_text_waiting WHERE place = ? RETURNING 1"
    return bool(connection.execute(statement, (field_start(field) | number,)))


def clear(connection: Connection, field: int) -> None:
    """Deletes all of a field."""
    connection.execute(
        "DELETE FROM _oc_text_waiting WHERE place >= ? AND place < ?", (field_start(field), field_end(field))
    )
