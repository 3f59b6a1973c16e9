"""Segments put together: several neighbours, or one that has lost many documents, become a new one.

    what was read of some segments -> the new one, computed -> put in their place, by whoever writes

Only the last takes the turn of writers. What went away between the first and the last is marked as gone in the new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from substrate.engine import Connection
from substrate.fulltext import postings, segments, waiting
from substrate.fulltext.postings import Block, Numbers, Postings
from substrate.fulltext.segments import Members, Segment, Shelf
from substrate.memory import Memory

TOGETHER = 8
"""How many neighbours become one."""


class Size(NamedTuple):
    """So many documents and words."""

    documents: int
    words: int

    @classmethod
    def of(cls, parts: Sequence["Size"]) -> "Size":
        """That of some together."""
        return cls(*map(sum, zip(*parts, strict=True)))

    def within(self, bound: "Size") -> bool:
        """Whether neither is above that of the bound."""
        return self.documents <= bound.documents and self.words <= bound.words


FEW = Size(2 * waiting.MOST, 2 * waiting.MOST_WORDS)
SOME = Size(TOGETHER * waiting.MOST, TOGETHER * waiting.MOST_WORDS)
MANY = Size(TOGETHER**2 * waiting.MOST, 2**21)
"""The sizes of segments. What would be larger than the last stays apart: it is computed at once, in memory."""


def due(listed: Sequence[Segment]) -> list[Sequence[Segment]]:
    """Of the segments of a field those that should be one, in groups without a common one."""
    sizes = [Size(each.left, each.words) for each in listed]
    larger = [not size.within(FEW) for size in sizes]
    found: list[Sequence[Segment]] = []
    begin = 0
    while begin < len(listed):
        end = begin + TOGETHER
        bound = MANY if sum(larger[begin:end]) * 2 >= TOGETHER else SOME
        if end > len(listed) or not Size.of(sizes[begin:end]).within(bound):
            end = begin + 1
        if end > begin + 1 or listed[begin].gone * 2 > listed[begin].documents:
            found.append(listed[begin:end])
        begin = end
    return found


@dataclass(frozen=True, slots=True)
class Parts:
    """What was read of segments that follow each other: their documents, which of these are there, their postings."""

    segments: Sequence[Segment]
    ids: list[str]
    numbers: Numbers
    lengths: Numbers
    here: Numbers
    postings: Sequence[Postings]

    @classmethod
    def read(cls, connection: Connection, memory: Memory, some: Sequence[Segment]) -> "Parts":
        """That of some segments."""
        shelf = Shelf(connection, memory)
        heads = [shelf.head(each) for each in some]
        return cls(
            some,
            [doc_id for each in some for doc_id in shelf.ids(each)],
            np.concatenate([head.numbers for head in heads]),
            np.concatenate([head.lengths for head in heads]).astype(np.int64),
            _here(shelf, some),
            [segments.whole(connection, each) for each in some],
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """A segment that is to stand for others; it has those of their documents that were there."""

    parts: Sequence[Segment]
    members: Members
    blocks: Sequence[Block]


def merged(parts: Parts) -> Merged:
    """One segment of several. It takes long, and no turn."""
    order = np.array(sorted(np.flatnonzero(parts.here).tolist(), key=parts.ids.__getitem__), np.int64)
    members = Members([parts.ids[index] for index in order.tolist()], parts.numbers[order], parts.lengths[order])
    if not len(order):
        return Merged(parts.segments, members, ())
    renumbered = np.full(len(parts.here), -1, np.int64)
    renumbered[order] = np.arange(len(order))
    begins = np.cumsum([each.documents for each in parts.segments])[:-1]
    columns = zip(parts.postings, np.split(renumbered, begins), strict=True)
    return Merged(parts.segments, members, list(postings.blocks(postings.merged(list(columns)))))


def put_in_place(connection: Connection, memory: Memory, field: int, new: Merged) -> bool:
    """Replaces the segments by the one that was made of them; False where they are there no more."""
    present = {each.place: each for each in segments.listed(connection, field)}
    now = [present.get(each.place) for each in new.parts]
    there = [each for each, before in zip(now, new.parts, strict=True) if each and each.stamp == before.stamp]
    if len(there) < len(new.parts):
        return False
    if new.members.ids:
        segments.write(connection, field, new.members, new.blocks, _left(connection, memory, new, there))
    for part in there:
        segments.delete(connection, part)
    return True


def _left(connection: Connection, memory: Memory, new: Merged, now: Sequence[Segment]) -> Numbers | None:
    """Which documents of the new segment are there still; None where all of them are."""
    if [each.alive_stamp for each in now] == [each.alive_stamp for each in new.parts]:
        return None
    shelf = Shelf(connection, memory)
    numbers = np.concatenate([shelf.head(each).numbers for each in now])
    return np.isin(new.members.numbers, numbers[_here(shelf, now)])


def _here(shelf: Shelf, some: Sequence[Segment]) -> Numbers:
    """Which documents of segments are there, one segment's behind the other's."""
    alive = [shelf.alive(each) for each in some]
    return np.concatenate(
        [np.ones(part.documents, bool) if each is None else each for part, each in zip(some, alive, strict=True)]
    )
