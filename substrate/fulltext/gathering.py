"""Segments made: of what was waiting, of several smaller ones, and of one that has lost many documents."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from substrate.engine import Connection
from substrate.fulltext import fields, postings, segments, waiting
from substrate.fulltext.segments import Members, Segment, Shelf
from substrate.memory import Memory

TOGETHER = 8
"""How many neighbours become one."""


class Size(NamedTuple):
    """So many documents and words."""

    documents: int
    words: int

    @classmethod
    def of(cls, parts: Sequence[Segment]) -> "Size":
        """That of some segments together."""
        return cls(sum(part.left for part in parts), sum(part.words for part in parts))

    def within(self, bound: "Size") -> bool:
        """Whether neither is above that of the bound."""
        return self.documents <= bound.documents and self.words <= bound.words


FEW = Size(2 * waiting.MOST, 2 * waiting.MOST_WORDS)
SOME = Size(TOGETHER * waiting.MOST, TOGETHER * waiting.MOST_WORDS)
MANY = Size(TOGETHER**2 * waiting.MOST, 2**21)
"""The sizes of segments. What would be larger than the last stays apart: it is computed at once, in memory."""


def gather(connection: Connection, memory: Memory, field: int) -> None:
    """Makes a segment of what is waiting, and larger ones where there are enough."""
    documents = sorted(waiting.listed(connection, field), key=lambda each: each.id)
    members = Members(
        [each.id for each in documents],
        np.array([each.number for each in documents], np.int64),
        np.array([each.length for each in documents], np.int64),
    )
    segments.write(connection, field, members, postings.build([each.words for each in documents]))
    waiting.clear(connection, field)
    fields.nothing_waits(connection, field)
    while neighbours := _neighbours(segments.listed(connection, field)):
        _together(connection, memory, field, neighbours)


def _neighbours(listed: Sequence[Segment]) -> Sequence[Segment]:
    """Segments that should be one: several small ones, or several of which at least half are larger."""
    for begin in range(len(listed) - TOGETHER + 1):
        some = listed[begin : begin + TOGETHER]
        larger = sum(not Size.of([each]).within(FEW) for each in some)
        if Size.of(some).within(MANY if larger * 2 >= TOGETHER else SOME):
            return some
    return ()


def lose(connection: Connection, memory: Memory, field: int, number: int) -> None:
    """Marks a document as gone; a segment that has lost more than half of them is made anew."""
    segment = segments.holding(connection, field, number)
    Shelf(connection, memory).lose(segment, number)
    if (segment.gone + 1) * 2 > segment.documents:
        _together(connection, memory, field, [segments.holding(connection, field, number)])


def _together(connection: Connection, memory: Memory, field: int, parts: Sequence[Segment]) -> None:
    """One segment instead of some that follow each other, without the documents that are gone."""
    shelf = Shelf(connection, memory)
    heads = [shelf.head(part) for part in parts]
    alive = [shelf.alive(part) for part in parts]
    here = np.concatenate(
        [np.ones(part.documents, bool) if each is None else each for part, each in zip(parts, alive, strict=True)]
    )
    ids = [doc_id for part in parts for doc_id in shelf.ids(part)]
    order = np.array(sorted(np.flatnonzero(here).tolist(), key=ids.__getitem__), np.int64)
    if len(order):
        renumbered = np.full(len(here), -1, np.int64)
        renumbered[order] = np.arange(len(order))
        begins = np.cumsum([0, *(part.documents for part in parts)])
        columns = [
            (segments.whole(connection, part), renumbered[begin : begin + part.documents])
            for part, begin in zip(parts, begins.tolist(), strict=False)
        ]
        numbers, lengths = (
            np.concatenate([getattr(head, name) for head in heads])[order].astype(np.int64)
            for name in ("numbers", "lengths")
        )
        members = Members([ids[index] for index in order.tolist()], numbers, lengths)
        segments.write(connection, field, members, postings.merged(columns))
    for part in parts:
        segments.delete(connection, part)
