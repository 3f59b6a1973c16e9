"""The documents of a field as a search sees them: those of each segment, and those that wait to become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from substrate.fulltext import segments, waiting
from substrate.fulltext.fields import Field
from substrate.fulltext.phrases import Look, begins
from substrate.fulltext.postings import Found, Numbers
from substrate.fulltext.segments import Segment, Shelf
from substrate.fulltext.waiting import Waiting
from substrate.reading import ReadingHere

_PER_WAITING = 500
_WORDS_KEPT = 1_000
"""How many words are kept with documents that wait, each with at most as many numbers as there are documents."""


class Part(Protocol):
    """Some documents of a field, known by their places from 0 on, and their words."""

    size: int
    alive: Numbers | None
    by_id: bool
    """Whether they are in the order of their ids."""

    def lengths(self) -> Numbers:
        """How many words each document has."""

    def ids(self, places: Sequence[int]) -> list[str]:
        """The ids of documents."""

    def with_phrase(self, phrase: Sequence[str], candidates: Numbers, look: Look) -> Numbers:
        """Which documents have the phrase, of the candidates, which have all its words."""


class InSegment:
    """The documents of a segment."""

    def __init__(self, shelf: Shelf, segment: Segment) -> None:
        self._shelf = shelf
        self._segment = segment
        self.size = segment.documents
        self.by_id = True
        self.alive = shelf.alive(segment)

    def lengths(self) -> Numbers:
        """See Part."""
        return self._shelf.head(self._segment).lengths

    def ids(self, places: Sequence[int]) -> list[str]:
        """See Part."""
        ids = self._shelf.ids(self._segment)
        return [ids[place] for place in places]

    def with_phrase(self, phrase: Sequence[str], candidates: Numbers, look: Look) -> Numbers:
        """See Part. Where the words stand is one number each: document * 2^32 + place."""
        stands: dict[str, Numbers] = {}
        for word in dict.fromkeys(phrase):
            look()
            found, places = self._shelf.with_places(self._segment, word)
            document = np.repeat(found.documents.astype(np.int64), found.counts)
            wanted = candidates[document]
            stands[word] = document[wanted] << np.int64(32) | places[wanted]
        has = np.zeros(self.size, bool)
        has[begins(tuple(phrase), stands, look) >> 32] = True
        return has


class InWaiting:
    """The documents that wait to become a segment. What was found in them for a word is kept with them."""

    def __init__(self, documents: Sequence[Waiting]) -> None:
        self.size = len(documents)
        self.alive: Numbers | None = None
        self.by_id = False
        self._ids = [each.id for each in documents]
        self._texts = [each.text for each in documents]
        self._lengths = np.array([each.length for each in documents], np.float64)
        self._whole = "".join(self._texts)
        self._found: dict[str, Found] = {}

    @property
    def nbytes(self) -> int:
        """About how many bytes it takes."""
        return _PER_WAITING * self.size + 4 * len(self._whole)

    def found(self, word: str) -> Found:
        """The postings of a word."""
        known = self._found.get(word)
        if known is None:
            text = waiting.as_text([word])
            counts = np.array([each.count(text) for each in self._texts] if text in self._whole else [], np.int64)
            has = np.flatnonzero(counts)
            known = Found(has, counts[has])
            if len(self._found) < _WORDS_KEPT:
                self._found[word] = known
        return known

    def lengths(self) -> Numbers:
        """See Part."""
        return self._lengths

    def ids(self, places: Sequence[int]) -> list[str]:
        """See Part."""
        return [self._ids[place] for place in places]

    def with_phrase(self, phrase: Sequence[str], candidates: Numbers, look: Look) -> Numbers:
        """See Part."""
        look()
        text = waiting.as_text(phrase)
        has: Numbers = candidates & np.array([text in each for each in self._texts], bool)
        return has


@dataclass(frozen=True, slots=True)
class Index:
    """A field as one snapshot has it."""

    state: Field
    shelf: Shelf
    segments: Sequence[Segment]
    waiting: InWaiting

    @classmethod
    def of(cls, reading: ReadingHere, state: Field) -> "Index":
        """The index of a field."""
        memory, key = reading.around.shared.memory, ("text waiting", state.stamp)
        kept: InWaiting | None = memory.get(key)
        if kept is None:
            kept = InWaiting(waiting.listed(reading.connection, state.field))
            memory.keep(key, kept, kept.nbytes)
        shelf = Shelf(reading.connection, memory)
        return cls(state, shelf, segments.listed(reading.connection, state.field), kept)

    def parts(self) -> list[Part]:
        """All its documents."""
        return [*(InSegment(self.shelf, segment) for segment in self.segments), self.waiting]

    def found(self, word: str) -> list[Found]:
        """The postings of a word in each of the parts."""
        return [*self.shelf.found(self.segments, word), self.waiting.found(word)]
