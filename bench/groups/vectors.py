"""Vectors over HTTP, beside the same search with libraries in this process."""

import http.client
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any

from bench import servers
from bench.client import drive
from bench.figures import Absent, Row, Sample, Unit, at_least, at_most, figure
from bench.load import CONNECTIONS, Request
from bench.peers import faiss, of
from bench.rounds import OURS, rows_of, tried_in_turns

_COUNT, _DIM, _K = 100_000, 384, 10
_QUERIES = 200
_PUTS = 5_000
_BULK = 10_000
_SKETCH_S = 5
"""Until the server has made what searches of mode `fast` use; the first search begins it."""
_TABLE = "/v1/tenants/bench/vector"
_HEADERS = {"Authorization": "Bearer bench"}
_JSON, _NDJSON = "application/json", "application/x-ndjson"
_FAST = "topk, mode fast"
_NUMPY = "numpy in this process, every vector"


@dataclass(frozen=True, slots=True)
class _Found:
    """What some searches took, and the numbers of the vectors that each of them found."""

    p99: float
    nearest: Sequence[set[int]]


@figure(
    "vectors",
    f"{_COUNT:,} vectors of {_DIM} random numbers (the hard case) by cosine, over HTTP, {servers.WORKERS} workers",
    at_most(15e-3, Unit.SECONDS, "topk, p99 delay"),
    at_most(6e-3, Unit.SECONDS, "topk, mode fast, p99 delay"),
    at_least(0.99, Unit.SHARE, "topk, recall of the 10 nearest"),
    at_least(0.9, Unit.SHARE, "topk, mode fast, recall of the 10 nearest"),
    at_least(1_500, Unit.RATE, f"put, {CONNECTIONS} connections"),
    at_least(10_000, Unit.RATE, "put-bulk, a stream of base64"),
)
def vectors(rounds: int) -> Iterable[Row]:
    """Puts, then searches on one connection, beside what searches of others take and find."""
    import numpy as np

    chance = np.random.default_rng(1)
    rows = chance.standard_normal((_COUNT, _DIM), dtype=np.float32)
    queries = chance.standard_normal((_QUERIES, _DIM), dtype=np.float32)
    with TemporaryDirectory() as folder, servers.ours(Path(folder), OQL_DEV="true", OQL_LOG_FORMAT="json") as server:
        yield _rate("put-bulk, a stream of base64", [_load(server.port, rows)])
        yield _rate(f"put, {CONNECTIONS} connections", [_puts(server.port, rows, number) for number in range(rounds)])
        _asked(server.port, "fast", queries)
        sleep(_SKETCH_S)
        found = tried_in_turns(rounds, _sides(server.port, rows, queries))
    truth = _inside(_numpy(rows), queries)().nearest
    fast = found.pop(_FAST)
    for subject, sides in (("topk", found), (_FAST, {**found, OURS: fast})):
        yield from rows_of(sides, f"{subject}, p99 delay", Unit.SECONDS, lambda one: one.p99)
        yield from rows_of(sides, f"{subject}, recall of the 10 nearest", Unit.SHARE, _recall(truth))


def _load(port: int, rows: Any) -> float:
    """Puts all vectors as streams; vectors a second."""
    bodies = [
        b"\n".join(_line(number, rows[number]) for number in range(first, first + _BULK))
        for first in range(0, _COUNT, _BULK)
    ]
    with closing(_connected(port)) as connection:
        begun = perf_counter()
        for body in bodies:
            _post(connection, "/random/put-bulk", body, _NDJSON)
        return _COUNT / (perf_counter() - begun)


def _line(number: int, row: Any) -> bytes:
    return b'{"id":"v%d","embedding":"%b"}' % (number, b64encode(row.tobytes()))


def _puts(port: int, rows: Any, number: int) -> float:
    """Puts vectors one by one as arrays of numbers, on several connections; vectors a second."""
    requests = [
        Request(f"{_TABLE}/single{number}/put", _numbers(f"p{n}", rows[n]), {**_HEADERS, "Content-Type": _JSON}).wire()
        for n in range(_PUTS)
    ]
    load = drive(port, CONNECTIONS, iter(requests))
    if load["failed"]:
        raise RuntimeError(f"{load['failed']} of {_PUTS} puts failed")
    return load["requests"] / load["seconds"]


def _numbers(name: str, row: Any) -> str:
    return json.dumps({"id": name, "embedding": [round(float(x), 6) for x in row]})


def _sides(port: int, rows: Any, queries: Any) -> dict[str, Callable[[], _Found] | Absent]:
    """Who searches: ours over HTTP in both modes, and what searches in this process."""
    return {
        OURS: partial(_asked, port, "hnsw", queries),
        _FAST: partial(_asked, port, "fast", queries),
        _NUMPY: _inside(_numpy(rows), queries),
        faiss.EXACT: of(rows, lambda rows: _inside(faiss.exact(rows), queries)),
        faiss.HNSW: of(rows, lambda rows: _inside(faiss.hnsw(rows), queries)),
    }


def _asked(port: int, mode: str, queries: Any) -> _Found:
    """One search after the other on one connection, after some that warm it."""
    bodies = [
        json.dumps({"query": [round(float(x), 6) for x in query], "k": _K, "mode": mode}).encode() for query in queries
    ]
    with closing(_connected(port)) as connection:
        for body in bodies[: len(bodies) // 4]:
            _post(connection, "/random/topk", body)
        delays, answers = _timed([lambda b=body: _post(connection, "/random/topk", b) for body in bodies])  # type: ignore[misc] # bound at once
    return _Found(_p99(delays), [{int(hit["id"][1:]) for hit in json.loads(answer)} for answer in answers])


def _inside(search: faiss.Search, queries: Any) -> Callable[[], _Found]:
    def measure() -> _Found:
        delays, found = _timed([lambda q=query: search(q, _K) for query in queries])  # type: ignore[misc] # bound at once
        return _Found(_p99(delays), found)

    return measure


def _numpy(rows: Any) -> faiss.Search:
    """The nearest vectors by a product with the whole matrix."""
    import numpy as np

    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def search(query: Any, count: int) -> set[int]:
        values = unit @ (query / np.linalg.norm(query))
        return {int(number) for number in np.argpartition(-values, count)[:count]}

    return search


def _recall(truth: Sequence[set[int]]) -> Callable[[_Found], float]:
    return lambda found: sum(len(a & b) for a, b in zip(found.nearest, truth, strict=True)) / (_K * len(truth))


def _timed(calls: Sequence[Callable[[], Any]]) -> tuple[list[float], list[Any]]:
    delays, answers = [], []
    for call in calls:
        begun = perf_counter()
        answers.append(call())
        delays.append(perf_counter() - begun)
    return delays, answers


def _p99(delays: Sequence[float]) -> float:
    return quantiles(delays, n=100)[98]


def _rate(subject: str, rates: Sequence[float]) -> Row:
    return Row(subject, Sample(tuple(rates), Unit.RATE))


def _connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port)


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, kind: str = _JSON) -> bytes:
    connection.request("POST", f"{_TABLE}{path}", body, {**_HEADERS, "Content-Type": kind})
    answer = connection.getresponse()
    raw = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{answer.status}: {raw[:200]!r}")
    return raw
