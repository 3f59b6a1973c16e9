"""Full text: fields of texts, which are found by their words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from substrate.interface import Call


@dataclass(frozen=True, slots=True)
class TextHit:
    """A document that was found, with its BM25 score, greater than 0."""

    doc_id: str
    score: float


class TextField(NamedTuple):
    """A field of a text table, and how many documents are in it."""

    table: str
    field: str
    documents: int


class FindsTexts(Protocol):
    """What can be asked of texts. Raises NotFound (nothing was ever indexed in the field), Invalid, Cancelled."""

    def text_search(self, table: str, field: str, query: str, k: int = 10, call: "Call | None" = None) -> list[TextHit]:
        """The `k` documents of a field that are best by BM25 for any of the query's words, equals by their ids."""

    def text_match(
        self, table: str, field: str, query: str, *, phrase: bool = False, call: "Call | None" = None
    ) -> list[str]:
        """The ids of the documents that have all words of a query (phrase: in a row), sorted."""

    def text_fields(self) -> list[TextField]:
        """All fields, by their names."""


class ChangesTexts(Protocol):
    """What a frame does with texts. Raises Invalid."""

    def text_put(self, table: str, field: str, doc_id: str, text: str) -> None:
        """Indexes a document in a field, in place of the one of its id. Raises QuotaExceeded too."""

    def text_delete(self, table: str, field: str, doc_id: str) -> bool:
        """Deletes a document; False where there is none."""

    def text_drop(self, table: str, field: str) -> bool:
        """Deletes a field with all its documents; False where there is none."""
