"""Segments: some thousand documents that are kept together, in the order of their ids.

Each has a stamp that no other ever has, drawn by chance, and so has each state of its `alive`. What was read under a
stamp stays right, whatever is undone, deleted or made anew.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from substrate import json
from substrate.engine import Connection
from substrate.fulltext import fields
from substrate.fulltext.layout import SEGMENT_BITS, field_start, stamp
from substrate.fulltext.postings import LINE, Block, Found, Numbers, Postings, Read, joined, packed, read, unpacked
from substrate.in_lists import in_lists
from substrate.memory import Memory

_COLUMNS = "place, first, last, documents, words, stamp, gone, alive_stamp"
_AT_ONCE = 64
"""How many blocks one statement asks for."""
_ID_BYTES = 70
_FOUND_BYTES = 200
_NOWHERE = Found(np.empty(0, np.uint16), np.empty(0, np.uint8))


class Segment(NamedTuple):
    """A segment: its place, the numbers of its documents, how many it was made with, and how many of them are gone."""

    place: int
    first: int
    last: int
    documents: int
    words: int
    stamp: int
    gone: int
    alive_stamp: int

    @property
    def left(self) -> int:
        """How many documents are not gone."""
        return self.documents - self.gone


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a segment's documents, by their place in it, and the words that its blocks begin with."""

    lengths: Numbers
    numbers: Numbers
    firsts: list[str]


@dataclass(frozen=True, slots=True)
class Members:
    """The documents of a new segment, sorted by id, with their numbers and lengths."""

    ids: list[str]
    numbers: Numbers
    lengths: Numbers


def listed(connection: Connection, field: int) -> list[Segment]:
    """The segments of a field, oldest documents first."""
    found: list[Any] = connection.execute(
        f"SELECT {_COLUMNS} FROM _oc_text_segment WHERE field = ? ORDER BY first", (field,)
    )
    return [Segment(*row) for row in found]


def holding(connection: Connection, field: int, number: int) -> Segment:
    """The segment that has the document of this number."""
    found: list[Any] = connection.execute(
        f"SELECT {_COLUMNS} FROM _oc_text_segment WHERE field = ? AND first <= ? ORDER BY first DESC LIMIT 1",
        (field, number),
    )
    return Segment(*found[0])


def write(
    connection: Connection, field: int, members: Members, blocks: Sequence[Block], alive: Numbers | None = None
) -> None:
    """Adds a segment. `alive`: which of its documents are there still, None where all of them are."""
    number = fields.new_segment(connection, field)
    place = field_start(field) | number << SEGMENT_BITS
    connection.many(
        "INSERT INTO _oc_text_block (place, postings, places) VALUES (?, ?, ?) RETURNING place",
        [(place + index, block.postings, block.places) for index, block in enumerate(blocks)],
    )
    first = int(members.numbers.min())
    firsts = LINE.join(block.first for block in blocks).encode()
    head = packed(members.lengths) + packed(members.numbers - first) + firsts
    gone, flags = (0, None) if alive is None else (int(np.count_nonzero(~alive)), np.packbits(alive).tobytes())
    connection.execute(
        f"INSERT INTO _oc_text_segment ({_COLUMNS}, field, alive, head, ids)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (place, first, int(members.numbers.max()), len(members.ids), int(members.lengths.sum()), stamp(), gone, stamp(),
         field, flags, head, json.dumps(members.ids)),
    )  # fmt: skip


def delete(connection: Connection, segment: Segment) -> None:
    """Deletes a segment with its blocks."""
    connection.execute("DELETE FROM _oc_text_block WHERE place >= ? AND place < ?", _places_of(segment))
    connection.execute("DELETE FROM _oc_text_segment WHERE place = ?", (segment.place,))


def whole(connection: Connection, segment: Segment) -> Postings:
    """All postings of a segment."""
    found: list[Any] = connection.execute(
        "SELECT postings, places FROM _oc_text_block WHERE place >= ? AND place < ? ORDER BY place",
        _places_of(segment),
    )
    return joined(found)


def _places_of(segment: Segment) -> tuple[int, int]:
    return segment.place, segment.place + (1 << SEGMENT_BITS)


class Shelf:
    """Reads segments, and keeps what it has read in the memory of the process."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self._connection = connection
        self._memory = memory

    def head(self, segment: Segment) -> Head:
        """What is known of its documents."""
        key = ("text head", segment.stamp)
        found: Head | None = self._memory.get(key)
        if found is None:
            data = self._column(segment, "head")
            lengths, at = unpacked(data, 0)
            numbers, at = unpacked(data, at)
            found = Head(
                lengths.astype(np.float64), numbers.astype(np.int64) + segment.first, data[at:].decode().split(LINE)
            )
            self._memory.keep(key, found, len(data) + 16 * len(numbers) + _ID_BYTES * len(found.firsts))
        return found

    def ids(self, segment: Segment) -> list[str]:
        """The ids of its documents, sorted."""
        key = ("text ids", segment.stamp)
        found: list[str] | None = self._memory.get(key)
        if found is None:
            data = self._column(segment, "ids")
            found = json.loads(data)
            self._memory.keep(key, found, len(data) + _ID_BYTES * len(found))
        return found

    def alive(self, segment: Segment) -> Numbers | None:
        """Which of its documents are there still; None where all of them are."""
        if not segment.gone:
            return None
        key = ("text alive", segment.alive_stamp)
        found: Numbers | None = self._memory.get(key)
        if found is None:
            data = np.frombuffer(self._column(segment, "alive"), np.uint8)
            found = np.unpackbits(data, count=segment.documents).astype(bool)
            self._memory.keep(key, found, found.nbytes)
        return found

    def lose(self, segment: Segment, number: int) -> None:
        """Marks the document of this number as gone."""
        alive = self.alive(segment)
        left = np.ones(segment.documents, bool) if alive is None else alive.copy()
        left[self.head(segment).numbers == number] = False
        self._connection.execute(
            "UPDATE _oc_text_segment SET gone = gone + 1, alive_stamp = ?, alive = ? WHERE place = ?",
            (stamp(), np.packbits(left).tobytes(), segment.place),
        )

    def found(self, segments: Sequence[Segment], word: str) -> list[Found]:
        """The postings of a word in each of the segments."""
        known = [self._memory.get(("text word", each.stamp, word)) for each in segments]
        missing = [index for index, each in enumerate(known) if each is None]
        blocks = dict(self._blocks([self._block(segments[index], word) for index in missing]))
        for index in missing:
            segment = segments[index]
            data = blocks.get(self._block(segment, word))
            read_here = None if data is None else read(data).find(word)
            # Copied, so that what is kept does not hold the whole block.
            known[index] = _NOWHERE if read_here is None else Found(*(column.copy() for column in read_here))
            size = sum(column.nbytes for column in known[index])
            self._memory.keep(("text word", segment.stamp, word), known[index], size + len(word) + _FOUND_BYTES)
        return known

    def with_places(self, segment: Segment, word: str) -> tuple[Found, Numbers]:
        """The postings of a word that the segment has, and all its places."""
        row: list[Any] = self._connection.execute(
            "SELECT postings, places FROM _oc_text_block WHERE place = ?", (self._block(segment, word),)
        )
        block: Read = read(row[0][0])
        found = block.find(word)
        assert found is not None, word
        return found, block.places_of(word, row[0][1])

    def _block(self, segment: Segment, word: str) -> int:
        """The place of the block that has a word, if any has."""
        return segment.place + max(0, bisect_right(self.head(segment).firsts, word) - 1)

    def _blocks(self, places: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        for marks, some in in_lists(sorted(set(places)), _AT_ONCE):
            found: list[Any] = self._connection.execute(
                f"SELECT place, postings FROM _oc_text_block WHERE place IN ({marks})", some
            )
            yield from found

    def _column(self, segment: Segment, name: str) -> bytes:
        found: list[Any] = self._connection.execute(
            f"SELECT {name} FROM _oc_text_segment WHERE place = ?", (segment.place,)
        )
        return bytes(found[0][0])
