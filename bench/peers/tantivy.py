"""Tantivy: an index of full text in a folder of its own, in this process. It ranks by the same formula as ours.

A commit is on disk and then found by a reader that is told to look again; a batch has one commit for many documents.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.peers import library

EACH = "tantivy in this process, a commit each"
BATCH = "tantivy in this process, one commit for all"
SEARCH = "tantivy in this process"
Document = tuple[str, str]
_MEMORY = 128_000_000


class Tantivy:
    """An index with one thread that writes."""

    def __init__(self, folder: Path) -> None:
        found = library("tantivy")
        builder = found.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text")
        self._document: Callable[..., Any] = found.Document
        self._index = found.Index(builder.build(), path=str(folder))
        self._writer = self._index.writer(_MEMORY, 1)

    def put(self, documents: Iterable[Document]) -> None:
        """Adds documents; on return they are on disk and found."""
        for key, text in documents:
            self._writer.add_document(self._document(id=key, text=text))
        self._writer.commit()
        self._index.reload()

    def best(self, words: str, count: int) -> Sequence[str]:
        """The ids of the best documents for any of some words."""
        searcher = self._index.searcher()
        hits = searcher.search(self._index.parse_query(words, ["text"]), count).hits
        return [str(searcher.doc(address)["id"][0]) for _, address in hits]

    def close(self) -> None:
        """Ends the threads that merge."""
        self._writer.wait_merging_threads()


@contextmanager
def tantivy() -> Iterator[Tantivy]:
    """An empty index. Raises ModuleNotFoundError."""
    with TemporaryDirectory() as folder:
        made = Tantivy(Path(folder))
        yield made
        made.close()
