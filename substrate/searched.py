"""Searches of a namespace, and what a frame does to their indexes: texts by their words, vectors by their nearness."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, cast

from substrate import log, vectors as vectors_of
from substrate.errors import StoreError
from substrate.interface import Call, TextField, TextHit
from substrate.interface.hybrid import Both, FusedHit
from substrate.interface.vectors import Hit, Nearest, Vector, VectorTable
from substrate.reading import ReadingHere

if TYPE_CHECKING:
    from substrate.frame import Frame


class SearchedNamespace:
    """The part of `substrate.namespace.Namespace` that is about searches: each in a snapshot of its own."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[ReadingHere]:
        """See `substrate.interface.Namespace`."""

    def text_search(self, table: str, field: str, query: str, k: int = 10, call: Call | None = None) -> list[TextHit]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.text_search(table, field, query, k, call)

    def text_match(
        self, table: str, field: str, query: str, *, phrase: bool = False, call: Call | None = None
    ) -> list[str]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.text_match(table, field, query, phrase=phrase, call=call)

    def text_fields(self) -> list[TextField]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.text_fields()

    def vector_tables(self) -> list[VectorTable]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.vector_tables()

    def vector_topk(self, asked: Nearest, call: Call | None = None) -> list[Hit]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.vector_topk(asked, call)

    def search(self, asked: Both, call: Call | None = None) -> list[FusedHit]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.search(asked, call)


class SearchedFrame(ReadingHere):
    """The part of `substrate.frame.Frame` that is about searches. `ops`: what the frame adds to the log."""

    ops: list[log.Op]

    @abstractmethod
    def check_quota(self) -> None:
        """See `substrate.interface.Frame`."""

    @abstractmethod
    def _undone_on_failure(self) -> AbstractContextManager[None]:
        """What the block writes and logs is undone if it raises."""

    def text_put(self, table: str, field: str, doc_id: str, text: str) -> None:
        """See the protocol."""
        from substrate.fulltext import writing

        self.check_quota()
        with self._undone_on_failure():
            writing.put(self._frame, table, field, doc_id, text)
        self.ops.append({"op": "fput", "table": table, "field": field, "doc_id": doc_id, "text": text})

    def text_delete(self, table: str, field: str, doc_id: str) -> bool:
        """See the protocol."""
        from substrate.fulltext import writing

        with self._undone_on_failure():
            deleted = writing.delete(self._frame, table, field, doc_id)
        if deleted:
            self.ops.append({"op": "fdel", "table": table, "field": field, "doc_id": doc_id})
        return deleted

    def text_drop(self, table: str, field: str) -> bool:
        """See the protocol."""
        from substrate.fulltext import writing

        with self._undone_on_failure():
            dropped = writing.drop(self._frame, table, field)
        if dropped:
            self.ops.append({"op": "fdrop", "table": table, "field": field})
        return dropped

    def vector_put(self, table: str, vector: Vector) -> None:
        """See the protocol."""
        try:
            self.vector_put_many(table, [vector])
        except StoreError as error:
            error.detail.pop("row", None)
            raise

    def vector_put_many(self, table: str, vectors: Sequence[Vector]) -> None:
        """See the protocol."""
        self.check_quota()
        with self._undone_on_failure():
            self.ops += vectors_of.put(self._frame, table, vectors)

    def vector_delete(self, table: str, ids: Sequence[str]) -> int:
        """See the protocol."""
        with self._undone_on_failure():
            deleted = vectors_of.delete(self._frame, table, ids)
        self.ops += deleted
        return len(deleted)

    def vector_drop(self, table: str) -> bool:
        """See the protocol."""
        with self._undone_on_failure():
            dropped = vectors_of.drop(self._frame, table)
        self.ops += dropped
        return bool(dropped)

    @property
    def _frame(self) -> "Frame":
        return cast("Frame", self)
