"""Walks along relations over HTTP, in a graph of a million edges that are rows of a table."""

import http.client
import json
import random
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import servers
from bench.figures import Row, Sample, Unit, at_most, figure
from substrate.interface import Frame
from substrate.opening import open_store

_NODES = 200_000
_EDGES = 1_000_000
_AT_ONCE = 10_000
_ASKED = 300
_PEOPLE = """
id = "g.people"
primary_key.columns = ["id"]
columns = [{ name = "id", type = "i64" }]
[[relations]]
name = "follows"
via = "g.follows"
from_col = "a"
to_col = "b"
weight_column = "w"
to_table = "g.people"
"""
_FOLLOWS = """
id = "g.follows"
primary_key.columns = ["n"]
columns = [
  { name = "n", type = "i64" }, { name = "a", type = "i64" }, { name = "b", type = "i64" }, { name = "w", type = "f64" }
]
"""
_BARE = "a bare route"
_BFS = "bfs, 3 hops, p99"


@figure(
    "graph",
    f"walks over HTTP, one after the other, from {_ASKED} nodes among {_NODES:,} with {_EDGES:,} edges",
    at_most(25e-3, Unit.SECONDS, _BFS),
)
def graph(rounds: int) -> Iterable[Row]:
    """The delay that all but one in a hundred have, beside that of a route that does nothing."""
    draw = random.Random(7)
    walks: dict[str, Callable[[], str]] = {
        "neighbors, p99": lambda: f"neighbors?rel=follows&pk={draw.randrange(_NODES)}",
        _BFS: lambda: f"bfs?rel=follows&pk={draw.randrange(_NODES)}",
        "bfs, 5 hops, p99": lambda: f"bfs?rel=follows&max_depth=5&pk={draw.randrange(_NODES)}",
        "path, p99": lambda: f"path?rel=follows&max_depth=20&{_ends(draw)}",
        "dijkstra, p99": lambda: f"dijkstra?rel=follows&{_ends(draw)}",
    }
    with TemporaryDirectory() as folder:
        _fill(Path(folder) / "data")
        with servers.ours_beside_bare(Path(folder)) as server:
            bare = Sample(tuple(_p99(server.port, lambda: "/inside") for _ in range(rounds)), Unit.SECONDS)
            for name, walk in walks.items():
                asked = _below("/v1/tenants/bench/graph/g.people/", walk)
                yield Row(
                    name, Sample(tuple(_p99(server.port, asked) for _ in range(rounds)), Unit.SECONDS), _BARE, bare
                )


def _ends(draw: random.Random) -> str:
    return f"src={draw.randrange(_NODES)}&dst={draw.randrange(_NODES)}"


def _below(base: str, walk: Callable[[], str]) -> Callable[[], str]:
    return lambda: base + walk()


def _p99(port: int, path: Callable[[], str]) -> float:
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        delays = sorted(_delay(connection, path()) for _ in range(_ASKED))
    return delays[int(_ASKED * 0.99)]


def _delay(connection: http.client.HTTPConnection, path: str) -> float:
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Authorization": "Bearer development"})
    answer = connection.getresponse()
    body = answer.read()
    delay = time.perf_counter() - begun
    assert answer.status == 200, json.loads(body)
    return delay


def _fill(data: Path) -> None:
    """The relation is declared behind its edges, so that the indexes are made in one go."""
    draw = random.Random(1)
    with closing(open_store("", data)) as store:
        namespace = store.namespace("bench")
        namespace.write(lambda frame: frame.register(_FOLLOWS))
        for first in range(0, _EDGES, _AT_ONCE):
            namespace.write(_putting([_edge(draw, first + number) for number in range(_AT_ONCE)]))
        namespace.write(lambda frame: frame.register(_PEOPLE))


def _edge(draw: random.Random, number: int) -> dict[str, Any]:
    return {"n": number, "a": draw.randrange(_NODES), "b": draw.randrange(_NODES), "w": draw.uniform(0, 10)}


def _putting(rows: list[dict[str, Any]]) -> Callable[[Frame], object]:
    return lambda frame: frame.put_many("g.follows", rows)
