"""Vectors over HTTP, beside the same search with numpy alone."""

import http.client
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench import servers
from bench.figures import Row, Sample, Unit, at_least, at_most, figure

_COUNT, _DIM, _K = 100_000, 384, 10
_QUERIES = 200
_WRITERS = 16
_PUTS = 1_000
_BULK = 10_000
_TABLE = "/v1/tenants/bench/vector"
_HEADERS = {"Authorization": "Bearer bench"}
_NDJSON = "application/x-ndjson"


@figure(
    "vectors",
    f"{_COUNT:,} vectors of {_DIM} random numbers (the hard case) by cosine, over HTTP, {servers.WORKERS} workers",
    at_most(15e-3, Unit.SECONDS, "topk, p99 delay"),
    at_most(6e-3, Unit.SECONDS, "topk, mode fast, p99 delay"),
    at_least(0.99, Unit.TIMES, "topk, recall of the 10 nearest"),
    at_least(0.9, Unit.TIMES, "topk, mode fast, recall of the 10 nearest"),
    at_least(1_500, Unit.RATE, f"put, {_WRITERS} connections"),
    at_least(10_000, Unit.RATE, "put-bulk, a stream of base64"),
)
def vectors(rounds: int) -> Iterable[Row]:
    """Puts, then searches on one connection, with what numpy alone takes for them and finds."""
    import numpy as np

    chance = np.random.default_rng(1)
    rows = chance.standard_normal((_COUNT, _DIM), dtype=np.float32)
    queries = chance.standard_normal((_QUERIES, _DIM), dtype=np.float32)
    with TemporaryDirectory() as folder, servers.ours(Path(folder), OQL_DEV="true", OQL_LOG_FORMAT="json") as server:
        yield _rate("put-bulk, a stream of base64", [_load(server.port, rows)])
        yield _rate(f"put, {_WRITERS} connections", [_puts(server.port, rows, number) for number in range(rounds)])
        alone = _alone(rows, queries)
        for mode, subject in (("hnsw", "topk"), ("fast", "topk, mode fast")):
            yield from _searches(rounds, server.port, subject, mode, queries, alone)


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
    bodies = [
        json.dumps({"id": f"p{n}", "embedding": [round(float(x), 6) for x in rows[n]]}).encode() for n in range(_PUTS)
    ]

    def put(first: int) -> None:
        with closing(_connected(port)) as connection:
            for body in bodies[first::_WRITERS]:
                _post(connection, f"/single{number}/put", body)

    with ThreadPoolExecutor(_WRITERS) as threads:
        begun = perf_counter()
        list(threads.map(put, range(_WRITERS)))
        return _PUTS / (perf_counter() - begun)


def _searches(
    rounds: int, port: int, subject: str, mode: str, queries: Any, alone: tuple[list[set[str]], list[float]]
) -> Iterator[Row]:
    truth, bare = alone
    bodies = [
        json.dumps({"query": [round(float(x), 6) for x in query], "k": _K, "mode": mode}).encode() for query in queries
    ]
    late, recalls = [], []
    with closing(_connected(port)) as connection:
        for body in bodies:
            _post(connection, "/random/topk", body)  # warm
        for _ in range(rounds):
            delays, answers = _timed([lambda b=body: _post(connection, "/random/topk", b) for body in bodies])  # type: ignore[misc] # bound at once
            late.append(_p99(delays))
            found = [{hit["id"] for hit in json.loads(answer)} for answer in answers]
            recalls.append(sum(len(a & b) for a, b in zip(found, truth, strict=True)) / (_K * len(truth)))
    limit = Sample((_p99(bare),) * rounds, Unit.SECONDS)
    yield Row(f"{subject}, p99 delay", Sample(tuple(late), Unit.SECONDS), "numpy alone, every vector, p99", limit)
    yield Row(f"{subject}, recall of the 10 nearest", Sample(tuple(recalls), Unit.TIMES))


def _alone(rows: Any, queries: Any) -> tuple[list[set[str]], list[float]]:
    """The nearest vectors, by a product with the whole matrix, and what each search took."""
    import numpy as np

    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def search(query: Any) -> set[str]:
        values = unit @ (query / np.linalg.norm(query))
        return {f"v{number}" for number in np.argpartition(-values, _K)[:_K]}

    delays, found = _timed([lambda q=query: search(q) for query in queries])  # type: ignore[misc] # bound at once
    return found, delays


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


def _post(connection: http.client.HTTPConnection, path: str, body: bytes, kind: str = "application/json") -> bytes:
    connection.request("POST", f"{_TABLE}{path}", body, {**_HEADERS, "Content-Type": kind})
    answer = connection.getresponse()
    raw = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{answer.status}: {raw[:200]!r}")
    return raw
