"""Documents over HTTP: put one by one, and found by BM25 among a hundred thousand, beside other indexes."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from bench import servers
from bench.documents import WORDS, documents, queries
from bench.figures import Absent, Row, Unit, at_least, at_most, figure
from bench.load import CONNECTIONS
from bench.peers import fts5, of, opened, tantivy
from bench.processes import ROOT, environment
from bench.rounds import OURS, Side, rows_of, tried_in_turns
from substrate.interface import Frame, Namespace
from substrate.opening import open_store

_DOCUMENTS = 100_000
_PUT = 10_000
_PUT_ALONE = 500
_ASKED = 1_000
_ASKED_INSIDE = 100
_BEST = 10
_AT_ONCE = 100
_PUTS = "documents put"
_OVER, _INSIDE = "BM25 over HTTP", "BM25 in this process"
Delays = Callable[[], Sequence[float]]


class Index(Protocol):
    """A peer: an index in this process."""

    def put(self, documents: Iterable[tuple[str, str]]) -> None:
        """Adds documents; on return they are on disk and found."""

    def best(self, words: str, count: int) -> Sequence[object]:
        """The ids of the best documents for any of some words."""


@figure(
    "fulltext-put",
    f"documents of {WORDS} words over HTTP, one a request, durable and found at once, with {CONNECTIONS} connections",
    at_least(2_000, Unit.RATE, _PUTS),
)
def put(rounds: int) -> Iterable[Row]:
    """Documents a second, new each time; the peers have one caller and no HTTP."""
    turn = count()
    with _server() as (server, _), ExitStack() as stack:

        def ours() -> float:
            load = _sent(server, "put", next(turn) * _PUT, _PUT)
            return load["requests"] / load["seconds"]

        each, batch = opened(stack, tantivy.tantivy), opened(stack, tantivy.tantivy)
        sides: dict[str, Side | Absent] = {
            OURS: ours,
            fts5.EACH: of(opened(stack, fts5.fts5), lambda index: _puts(index, _PUT_ALONE, 1)),
            tantivy.EACH: of(each, lambda index: _puts(index, _PUT_ALONE // 5, 1)),
            tantivy.BATCH: of(batch, lambda index: _puts(index, _PUT, _PUT)),
        }
        yield from rows_of(tried_in_turns(rounds, sides), _PUTS, Unit.RATE, float)


def _puts(index: Index, many: int, each: int) -> Side:
    """A side that puts so many documents, some in each commit."""
    turn = count()

    def measure() -> float:
        prepared = list(documents(next(turn) * many, many))
        begun = time.perf_counter()
        for first in range(0, many, each):
            index.put(prepared[first : first + each])
        return many / (time.perf_counter() - begun)

    return measure


@figure(
    "fulltext-search",
    f"the {_BEST} best of {_DOCUMENTS:,} documents for one to three words, frequent and rare, one search at a time",
    at_most(8e-3, Unit.SECONDS, f"{_OVER}, p99"),
)
def search(rounds: int) -> Iterable[Row]:
    """How long half of the searches take, and nearly all: over HTTP, and the same index in this process with peers."""
    with _server() as (server, folder), ExitStack() as stack:
        store = stack.enter_context(closing(open_store("", folder / "data")))
        namespace = store.namespace("bench")
        _fill(namespace)
        sides: dict[str, Delays | Absent] = {
            OURS: partial(_delays, lambda words: namespace.text_search("articles", "body", words, _BEST)),
            tantivy.SEARCH: of(opened(stack, tantivy.tantivy), _searches),
            fts5.SEARCH: of(opened(stack, fts5.fts5), _searches),
        }
        _sent(server, "search", 0, _ASKED)
        loads = tried_in_turns(rounds, {OURS: lambda: _sent(server, "search", 0, _ASKED)})
        found = tried_in_turns(rounds, sides)
    for name in ("p50", "p99"):
        yield from rows_of(loads, f"{_OVER}, {name}", Unit.SECONDS, _named(name))
    for name, part in (("p50", 0.5), ("p90", 0.9)):
        yield from rows_of(found, f"{_INSIDE}, {name}", Unit.SECONDS, _part(part))


def _named(name: str) -> Callable[[dict[str, float]], float]:
    return lambda load: load[name]


def _part(part: float) -> Callable[[Sequence[float]], float]:
    return lambda delays: sorted(delays)[int(len(delays) * part)]


def _searches(index: Index) -> Delays:
    """A side of an index that is filled first; two searches warm it."""
    index.put(documents(0, _DOCUMENTS))
    for words in queries(2):
        assert index.best(words, _BEST), words
    return partial(_delays, lambda words: index.best(words, _BEST))


def _delays(best: Callable[[str], object]) -> Sequence[float]:
    delays = []
    for words in queries(_ASKED_INSIDE):
        begun = time.perf_counter()
        best(words)
        delays.append(time.perf_counter() - begun)
    return delays


@contextmanager
def _server() -> Iterator[tuple[servers.Server, Path]]:
    with TemporaryDirectory() as folder, servers.ours(Path(folder), OQL_DEV="true") as server:
        yield server, Path(folder)


def _sent(server: servers.Server, what: str, first: int, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.documents", str(server.port), what, str(first), str(count)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE)
    load: dict[str, float] = json.loads(done.stdout)
    assert load["failed"] == 0, load
    return load


def _fill(namespace: Namespace) -> None:
    """Puts the documents from another process than those that are asked."""
    for first in range(0, _DOCUMENTS, _AT_ONCE):
        some = list(documents(first, _AT_ONCE))
        namespace.write(lambda frame, some=some: _put_some(frame, some))  # type: ignore[misc] # bound at once
    while namespace.upkeep_due() is not None:  # as workers of a server do
        namespace.upkeep(1)


def _put_some(frame: Frame, some: Iterable[tuple[str, str]]) -> None:
    for doc_id, text in some:
        frame.text_put("articles", "body", doc_id, text)
