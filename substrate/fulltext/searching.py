"""Words -> documents: those that have all of them, or have them in a row, or the best of those that have any."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from substrate.errors import Invalid, out_of_time, stopped
from substrate.fulltext import fields
from substrate.fulltext.parts import Index, Part
from substrate.fulltext.phrases import Look
from substrate.fulltext.postings import Numbers
from substrate.fulltext.scoring import best, scores_of
from substrate.fulltext.words import words_of
from substrate.interface import Call, TextHit
from substrate.reading import ReadingHere

LONGEST_QUERY = 64 * 1024
"""How many characters a query may have."""
MOST_WORDS = 1_024
"""How many different words a query may have."""
MOST_HITS = 10_000


def ranked(
    reading: ReadingHere,
    table: str,
    field: str,
    query: str,
    k: int,
    call: Call | None = None,
    *,
    most: int = MOST_HITS,
) -> list[TextHit]:
    """See `substrate.interface.Reading.text_search`. `most`: what `k` may be."""
    name, words = fields.name_of(table, field), list(dict.fromkeys(_words(query)))
    if not 1 <= k <= most:
        raise Invalid(f"`k`: expected 1 to {most:,}, found {k}", field="k")
    state = fields.get(reading, name)
    with _looking(reading, call or Call()) as look:
        if not words:
            return []
        index = Index.of(reading, state)
        parts = index.parts()
        return best(parts, scores_of(index, parts, words, look), k)


def matching(
    reading: ReadingHere, table: str, field: str, query: str, *, phrase: bool, call: Call | None = None
) -> list[str]:
    """See `substrate.interface.Reading.text_match`."""
    name, words = fields.name_of(table, field), _words(query)
    state = fields.get(reading, name)
    with _looking(reading, call or Call()) as look:
        if not words:
            return []
        index = Index.of(reading, state)
        parts = index.parts()
        ids: list[str] = []
        for part, has in zip(parts, _with_all(index, parts, words, look), strict=True):
            look()
            if phrase and len(words) > 1 and has.any():
                has = part.with_phrase(words, has, look)
            ids += part.ids(np.flatnonzero(has).tolist())
        return sorted(ids)


def _words(query: str) -> list[str]:
    """The words of a query. Raises Invalid."""
    if len(query) > LONGEST_QUERY:
        raise Invalid(f"`q`: expected at most {LONGEST_QUERY:,} characters, found {len(query):,}", field="q")
    words = words_of(query)
    if len(set(words)) > MOST_WORDS:
        raise Invalid(f"`q`: expected at most {MOST_WORDS:,} different words, found {len(set(words)):,}", field="q")
    return words


@contextmanager
def _looking(reading: ReadingHere, call: Call) -> Iterator[Look]:
    """What the search asks now and then whether it may go on."""
    ends = time.monotonic() + call.seconds

    def look() -> None:
        if call.cancelled:
            raise stopped()
        if time.monotonic() > ends:
            raise out_of_time(call.seconds)

    with reading.around.tracked(call, reading.connection):
        yield look


def _with_all(index: Index, parts: Sequence[Part], words: Sequence[str], look: Look) -> list[Numbers]:
    """Which documents of each part have all words."""
    has = [np.ones(part.size, bool) if part.alive is None else part.alive for part in parts]
    for word in dict.fromkeys(words):
        look()
        for number, found in enumerate(index.found(word)):
            this = np.zeros(parts[number].size, bool)
            this[found.documents] = True
            has[number] = has[number] & this
        if not any(each.any() for each in has):
            break
    return has
