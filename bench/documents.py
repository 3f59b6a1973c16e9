"""Documents and searches for the figures of full text, and who sends them: `python -m bench.documents PORT WHAT COUNT`.

The words are as frequent as those of a language: the n-th occurs about 1/n times as often as the first.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from random import Random

from bench.client import drive
from bench.load import CONNECTIONS, Request

FIELD = "/v1/tenants/bench/fts/articles/body"
WORDS = 90
"""How many words a document has; it is about 540 characters long."""
_VOCABULARY = 50_000
_BEARER = {"Authorization": "Bearer development", "Content-Type": "application/json"}
_SYLLABLES = ("ka", "to", "mi", "ran", "sel", "vo", "den", "lu", "bri", "ost", "pe", "nar", "gu", "fil", "zem", "ha")


def word(number: int) -> str:
    """The word that is the n-th in frequency."""
    text = _SYLLABLES[number % 16]
    while number >= 16:
        number //= 16
        text += _SYLLABLES[number % 16]
    return text


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """All words, and how often each occurs together with those before it."""
    words = [word(number) for number in range(_VOCABULARY)]
    return words, list(accumulate(1 / (number + 1) for number in range(_VOCABULARY)))


def documents(first: int, count: int) -> Iterator[tuple[str, str]]:
    """Ids and texts of documents, the same for the same numbers."""
    vocabulary, weights = _vocabulary()
    for number in range(first, first + count):
        yield f"d{number}", " ".join(Random(number).choices(vocabulary, cum_weights=weights, k=WORDS))


def queries(count: int) -> Iterator[str]:
    """Searches of one to three words; about every second has one of the most frequent."""
    random = Random(7)
    for _ in range(count):
        yield " ".join(word(int(_VOCABULARY ** random.random()) - 1) for _ in range(random.randint(1, 3)))


def requests(what: str, first: int, count: int) -> Iterator[bytes]:
    """The requests that put documents, or that search."""
    if what == "put":
        for doc_id, text in documents(first, count):
            yield Request(FIELD, json.dumps({"doc_id": doc_id, "text": text}), _BEARER).wire()
    else:
        for query in queries(count):
            yield Request(f"{FIELD}?mode=bm25&k=10&q={query.replace(' ', '+')}", headers=_BEARER).wire()


if __name__ == "__main__":
    port, what, first, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    prepared = list(requests(what, first, count))
    print(json.dumps(drive(port, CONNECTIONS if what == "put" else 1, iter(prepared))))
