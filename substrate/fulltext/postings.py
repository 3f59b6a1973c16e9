"""Which word stands where: columns of numbers, as numpy computes with them, and as blocks of bytes.

words      "ada"              "tea"
starts     0                  2           ...    where the postings of each word begin
documents  0        4         1           ...    numbers inside the segment, ascending for each word
counts     1        2         1           ...    how often the word stands there
places     7        0 3       5           ...    and at which places, from 0
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[Any]

BLOCK_POSTINGS = 4_096
"""A block ends with the word that brings it to so many postings; one word is never in two blocks."""
BLOCK_WORDS = 256
LINE = "\n"
_WIDTHS = ("<u1", "<u2", "<u4", "<u8")
_SIZE_BYTES = 4


class Found(NamedTuple):
    """The documents that have a word, and how often each."""

    documents: Numbers
    counts: Numbers


@dataclass(frozen=True, slots=True)
class Postings:
    """The postings of all words of a segment, the words sorted by code point."""

    words: list[str]
    starts: Numbers
    documents: Numbers
    counts: Numbers
    places: Numbers


class Block(NamedTuple):
    """Some words that follow each other: the first, their postings as bytes, and the bytes of their places."""

    first: str
    postings: bytes
    places: bytes


def build(documents: Sequence[list[str]]) -> Postings:
    """The postings of documents, of which each is its words."""
    numbers: dict[str, int] = {}
    flat = [numbers.setdefault(word, len(numbers)) for words in documents for word in words]
    words = sorted(numbers)
    rank = np.empty(len(words), np.int64)
    rank[[numbers[word] for word in words]] = np.arange(len(words))
    lengths = np.array([len(each) for each in documents], np.int64)
    document = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _grouped(words, rank[np.array(flat, np.int64)], document, place)


def merged(parts: Sequence[tuple[Postings, Numbers]]) -> Postings:
    """The postings of several segments as one: each with the new numbers of its documents, -1 for those that go."""
    words = sorted(set().union(*(part.words for part, _ in parts)))
    ranks = {word: rank for rank, word in enumerate(words)}
    columns = [_occurrences(part, ranks, renumbered) for part, renumbered in parts]
    rank, document, place = (np.concatenate(column) for column in zip(*columns, strict=True))
    used = np.bincount(rank, minlength=len(words)) > 0
    left = [word for word, is_used in zip(words, used.tolist(), strict=True) if is_used]
    return _grouped(left, (np.cumsum(used) - 1)[rank], document, place)


def _occurrences(part: Postings, ranks: dict[str, int], renumbered: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Word, document and place of each occurrence that stays, by the new numbers of words and documents."""
    own = np.array([ranks[word] for word in part.words], np.int64)
    document = renumbered[np.repeat(part.documents, part.counts)]
    rank = np.repeat(np.repeat(own, np.diff(part.starts)), part.counts)
    stays = document >= 0
    return rank[stays], document[stays], part.places[stays]


def _grouped(words: list[str], rank: Numbers, document: Numbers, place: Numbers) -> Postings:
    """The postings of occurrences, sorted by word, document and place.

    Each is one number of 64 bits meanwhile, which numpy sorts fastest. There is room: a segment has no more than 2^16
    documents, and a text no more than 2^23 characters.
    """
    places, documents = (int(column.max(initial=0)).bit_length() for column in (place, document))
    every = (rank << documents | document) << places | place
    every.sort()
    place = every & (1 << places) - 1
    document = every >> places & (1 << documents) - 1
    rank = every >> places + documents
    is_new = np.ones(len(rank), bool)
    is_new[1:] = (rank[1:] != rank[:-1]) | (document[1:] != document[:-1])
    begins = np.flatnonzero(is_new)
    counts = np.diff(begins, append=len(rank))
    starts = np.searchsorted(rank[begins], np.arange(len(words) + 1))
    return Postings(words, starts, document[begins], counts, place)


# bytes


def packed(numbers: Numbers) -> bytes:
    """Whole numbers from 0 on, each in as few bytes as the greatest needs, behind their width and how many they are."""
    greatest = int(numbers.max()) if len(numbers) else 0
    width = 0 if greatest < 2**8 else 1 if greatest < 2**16 else 2 if greatest < 2**32 else 3
    data = numbers.astype(_WIDTHS[width]).tobytes()
    return width.to_bytes(1, "little") + len(numbers).to_bytes(_SIZE_BYTES, "little") + data


def unpacked(data: bytes, at: int) -> tuple[Numbers, int]:
    """The numbers that begin at a byte, and where what is behind them begins."""
    begin = at + 1 + _SIZE_BYTES
    size = int.from_bytes(data[at + 1 : begin], "little")
    kind = np.dtype(_WIDTHS[data[at]])
    return np.frombuffer(data, kind, size, begin), begin + size * kind.itemsize


def blocks(postings: Postings) -> Iterator[Block]:
    """All of it in blocks, which begin with words that ascend."""
    starts = postings.starts.tolist()
    places = np.concatenate(([0], np.cumsum(postings.counts)))
    begin = 0
    while begin < len(postings.words):
        end = begin + 1
        while end < len(postings.words) and _has_room(starts, begin, end):
            end += 1
        first, last = starts[begin], starts[end]
        names = LINE.join(postings.words[begin:end]).encode()
        yield Block(
            postings.words[begin],
            len(names).to_bytes(_SIZE_BYTES, "little")
            + names
            + packed(postings.starts[begin : end + 1] - first)
            + packed(postings.documents[first:last])
            + packed(postings.counts[first:last]),
            packed(postings.places[places[first] : places[last]]),
        )
        begin = end


def _has_room(starts: list[int], begin: int, end: int) -> bool:
    """Whether a block takes one word more."""
    return end - begin < BLOCK_WORDS and starts[end + 1] - starts[begin] <= BLOCK_POSTINGS


@dataclass(frozen=True, slots=True)
class Read:
    """A block that was read."""

    words: list[bytes]
    starts: Numbers
    documents: Numbers
    counts: Numbers

    def find(self, word: str) -> Found | None:
        """The postings of a word, None where no document has it."""
        at = self._at(word)
        if at is None:
            return None
        part = slice(self.starts[at], self.starts[at + 1])
        return Found(self.documents[part], self.counts[part])

    def places_of(self, word: str, places: bytes) -> Numbers:
        """The places of a word that the block has, one document's behind the other's; `places` are the block's."""
        at = self._at(word)
        assert at is not None, word
        first, last = self.starts[at], self.starts[at + 1]
        begin = int(self.counts[:first].sum(dtype=np.int64))
        end = begin + int(self.counts[first:last].sum(dtype=np.int64))
        return unpacked(places, 0)[0][begin:end]

    def _at(self, word: str) -> int | None:
        encoded = word.encode()
        at = bisect_left(self.words, encoded)
        return at if at < len(self.words) and self.words[at] == encoded else None


def read(data: bytes) -> Read:
    """The block of these bytes."""
    begin = _SIZE_BYTES + int.from_bytes(data[:_SIZE_BYTES], "little")
    starts, at = unpacked(data, begin)
    documents, at = unpacked(data, at)
    counts, _ = unpacked(data, at)
    return Read(data[_SIZE_BYTES:begin].split(LINE.encode()), starts, documents, counts)


def joined(found: Sequence[tuple[bytes, bytes]]) -> Postings:
    """The postings of a segment from all its blocks, each with its places."""
    reads = [read(data) for data, _ in found]
    sizes = np.cumsum([0, *(len(each.documents) for each in reads)])
    starts = [each.starts[:-1].astype(np.int64) + size for each, size in zip(reads, sizes[:-1], strict=True)]
    return Postings(
        [word.decode() for each in reads for word in each.words],
        np.concatenate([*starts, sizes[-1:]]),
        _together([each.documents for each in reads]),
        _together([each.counts for each in reads]),
        _together([unpacked(places, 0)[0] for _, places in found]),
    )


def _together(columns: Sequence[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, np.int64), *columns]) if columns else np.empty(0, np.int64)
