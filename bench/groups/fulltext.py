"""Documents over HTTP: put one by one, and found by BM25 among a hundred thousand, beside FTS5 of SQLite."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.documents import WORDS, documents, queries
from bench.figures import Row, Sample, Unit, at_least, at_most, figure
from bench.load import CONNECTIONS
from bench.processes import ROOT, environment
from substrate.interface import Frame
from substrate.opening import open_store

_DOCUMENTS = 100_000
_PUT = 10_000
_ASKED = 1_000
_AT_ONCE = 100
_FTS5 = "FTS5 of SQLite, in a process"
_PUTS, _MIDDLE, _LATE = "documents put", "BM25, p50", "BM25, p99"


@figure(
    "fulltext-put",
    f"documents of {WORDS} words over HTTP, one a request, durable and found at once, with {CONNECTIONS} connections",
    at_least(2_000, Unit.RATE, _PUTS),
)
def put(rounds: int) -> Iterable[Row]:
    """Documents a second, new each time, beside one transaction for each in SQLite alone."""
    rates, alone = [], []
    with _server() as (server, folder):
        for turn in range(rounds):
            load = _sent(server, "put", turn * _PUT, _PUT)
            rates.append(load["requests"] / load["seconds"])
            alone.append(_put_alone(folder, turn * _PUT))
    yield Row(_PUTS, Sample(tuple(rates), Unit.RATE), "FTS5 of SQLite, a commit each", Sample(tuple(alone), Unit.RATE))


@figure(
    "fulltext-search",
    f"the 10 best of {_DOCUMENTS:,} documents for one to three words, frequent and rare, one request after the other",
    at_most(8e-3, Unit.SECONDS, _LATE),
)
def search(rounds: int) -> Iterable[Row]:
    """How long half of the searches take over HTTP, and all but one in a hundred."""
    found: dict[str, list[float]] = {name: [] for name in ("p50", "p99", "p50 alone", "p99 alone")}
    with _server() as (server, folder):
        _fill(folder / "data")
        with closing(_filled_alone(folder)) as alone:
            _sent(server, "search", 0, _ASKED)
            for _ in range(rounds):
                load = _sent(server, "search", 0, _ASKED)
                delays = sorted(_asked_alone(alone))
                for name, part in (("p50", 0.5), ("p99", 0.99)):
                    found[name].append(load[name])
                    found[f"{name} alone"].append(delays[int(len(delays) * part)])
    samples = {name: Sample(tuple(values), Unit.SECONDS) for name, values in found.items()}
    yield Row(_MIDDLE, samples["p50"], _FTS5, samples["p50 alone"])
    yield Row(_LATE, samples["p99"], _FTS5, samples["p99 alone"])


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


def _fill(data: Path) -> None:
    """Puts the documents from another process than those that are asked."""
    with closing(open_store("", data)) as store:
        namespace = store.namespace("bench")
        for first in range(0, _DOCUMENTS, _AT_ONCE):
            some = list(documents(first, _AT_ONCE))
            namespace.write(lambda frame, some=some: _put_some(frame, some))  # type: ignore[misc] # bound at once


def _put_some(frame: Frame, some: Iterable[tuple[str, str]]) -> None:
    for doc_id, text in some:
        frame.text_put("articles", "body", doc_id, text)


def _alone(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE VIRTUAL TABLE IF NOT EXISTS t USING fts5(id UNINDEXED, text)")
    return connection


def _put_alone(folder: Path, first: int) -> float:
    prepared = list(documents(first, _PUT // 5))
    with closing(_alone(folder / "alone.sqlite")) as connection:
        begun = time.perf_counter()
        for each in prepared:
            connection.execute("INSERT INTO t VALUES (?, ?)", each)
        return len(prepared) / (time.perf_counter() - begun)


def _filled_alone(folder: Path) -> sqlite3.Connection:
    connection = _alone(folder / "filled.sqlite")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?, ?)", documents(0, _DOCUMENTS))
    connection.execute("COMMIT")
    return connection


def _asked_alone(connection: sqlite3.Connection) -> Iterator[float]:
    for query in queries(_ASKED // 5):
        begun = time.perf_counter()
        words = " OR ".join(f'"{word}"' for word in query.split())
        connection.execute("SELECT id, bm25(t) FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT 10", (words,)).fetchall()
        yield time.perf_counter() - begun
