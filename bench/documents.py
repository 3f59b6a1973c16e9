"""Documents and searches for the figures of full text, and who sends them: `python -m bench.documents PORT WHAT COUNT`.

The words are as frequent as those of a language: the n-th occurs about 1/n times as often as the first.
"""

import json
import select
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, islice
from random import Random

from bench.client import complete
from bench.load import CONNECTIONS, Request

FIELD = "/v1/tenants/bench/fts/articles/body"
WORDS = 90
"""How many words a document has; it is about 540 characters long."""
_VOCABULARY = 50_000
_SEARCHES = 1_000
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


def drive(port: int, sent: Sequence[bytes], connections: int) -> dict[str, float]:
    """Sends each request once, as many at a time as there are connections; what came of it, delays in seconds."""
    waiting, left = select.epoll(), iter(sent)
    opened: dict[int, tuple[socket.socket, float]] = {}
    received: dict[int, bytes] = defaultdict(bytes)
    delays: list[float] = []
    failed = 0
    begun = time.perf_counter()
    for request in islice(left, connections):
        made = socket.create_connection(("127.0.0.1", port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting.register(made, select.EPOLLIN)
        opened[made.fileno()] = (made, time.perf_counter())
        made.sendall(request)
    while len(delays) < len(sent):
        for number, _ in waiting.poll(1):
            connection, since = opened[number]
            data = connection.recv(65_536)
            if not data:
                raise ConnectionError("the server closed a connection")
            received[number] += data
            if not complete(received[number]):
                continue
            failed += not received[number].startswith(b"HTTP/1.1 20")
            received[number] = b""
            now = time.perf_counter()
            delays.append(now - since)
            following = next(left, None)
            if following is not None:
                opened[number] = (connection, now)
                connection.sendall(following)
    taken = time.perf_counter() - begun
    for connection, _ in opened.values():
        connection.close()
    delays.sort()
    middle, late = (delays[int(len(delays) * part)] for part in (0.5, 0.99))
    return {"requests": len(delays), "seconds": taken, "failed": failed, "p50": middle, "p99": late}


if __name__ == "__main__":
    port, what, first, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    prepared = list(requests(what, first, count))
    print(json.dumps(drive(port, prepared, CONNECTIONS if what == "put" else 1)))
