"""What the store takes and gives: over HTTP beside a bare route, in this process beside the engine alone."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw

from bench import servers
from bench.account import emit
from bench.figures import Row, Sample, Unit, at_least, at_most, figure
from bench.load import CONNECTIONS, Request, drive
from bench.processes import ROOT, environment
from bench.rounds import again, compared, turns
from substrate.interface import Frame, JsonRow, Namespace
from substrate.opening import open_store

_BEARER = {"Authorization": "Bearer development", "Content-Type": "application/json"}
_BASE = "/v1/tenants/bench"
_ROW = {"who": "somebody", "price": 12.5, "qty": 3, "paid": True}
_TABLE = """
id = "shop.orders"
primary_key.columns = ["id"]
columns = [
  { name = "id", type = "%s" }, { name = "who", type = "str" }, { name = "price", type = "f64" },
  { name = "qty", type = "i64", indexed = true }, { name = "paid", type = "bool" }
]
"""
_STREAMED = 100_000
_ROWS = 1_000_000
_AT_ONCE = 10_000
_WRITERS = 4
_BARE = "a bare route"
_INSERT, _READ = "a row written, new each time", "a row read by its key"


@figure(
    "rows-http",
    f"single rows over HTTP, durable, with {CONNECTIONS} connections, {servers.WORKERS} workers",
    at_least(3_000, Unit.RATE, _INSERT),
    at_least(0.4, Unit.TIMES, f"{_INSERT}, beside a bare route"),
    at_least(0.6, Unit.TIMES, _READ),
)
def rows_http(rounds: int) -> Iterable[Row]:
    """Requests a second, in turns."""
    with _server() as server:
        requests = {
            _INSERT: Request(f"{_BASE}/rows/shop.orders", json.dumps(_ROW), _BEARER),
            _READ: Request(f"{_BASE}/rows/shop.orders/{_first_key(server)}", headers=_BEARER),
            _BARE: emit("/inside"),
        }
        found: dict[str, list[float]] = {name: [] for name in requests}
        for request in requests.values():
            drive(server.port, request, 1)
        for name in turns(rounds, requests):
            load = drive(server.port, requests[name], 2)
            found[name].append(load.requests / load.seconds)
    samples = {name: Sample(tuple(values), Unit.RATE) for name, values in found.items()}
    yield Row(_INSERT, samples[_INSERT])
    yield Row(f"{_INSERT}, beside a bare route", samples[_INSERT], _BARE, samples[_BARE])
    yield Row(_READ, samples[_READ], _BARE, samples[_BARE])


@figure("stream", f"{_STREAMED:,} rows in one request, as lines of JSON", at_least(40_000, Unit.RATE, "rows"))
def stream(rounds: int) -> Iterable[Row]:
    """Rows a second from the first byte sent to the answer, all of them durable then."""
    rates = []
    with _server() as server:
        for turn in range(rounds):
            lines = (json.dumps({**_ROW, "id": _uuid(turn * _STREAMED + number)}) for number in range(_STREAMED))
            body = "\n".join(lines).encode()
            begun = time.perf_counter()
            answer = _post(server, "/rows/shop.orders/_batch", body, "application/x-ndjson")
            rates.append(_STREAMED / (time.perf_counter() - begun))
            assert answer["inserted"] == _STREAMED
    yield Row("rows", Sample(tuple(rates), Unit.RATE))


_SUMS = {
    "Aggregate": {
        "group_by": ["qty"], "aggs": [{"fn": "sum", "column": "price"}, {"fn": "count"}],
        "child": {"Scan": {"schema": "shop.orders"}},
    }
}  # fmt: skip
_FOUND = {
    "Limit": {
        "n": 100,
        "child": {
            "Sort": {
                "by": [["price", "desc"]],
                "child": {
                    "Filter": {
                        "predicate": {"And": [{"Gt": ["price", 900]}, {"Eq": ["paid", True]}]},
                        "child": {"Scan": {"schema": "shop.orders"}},
                    }
                },
            }
        },
    }
}
_SQL_SUMS = 'SELECT "qty", sum("price"), count(*) FROM t1 GROUP BY "qty" ORDER BY "qty"'
_SQL_FOUND = (
    'SELECT "id", "who", "price", "qty", "paid" FROM t1 WHERE "price" > 900 AND "paid" = 1 '
    'ORDER BY "price" DESC, "id" LIMIT 100'
)
_ENGINE = "SQLite alone"


@figure(
    "million",
    f"plans and SQL over {_ROWS:,} rows in SQLite",
    at_most(1.3, Unit.TIMES, "plan: sums by group"),
    at_most(1.3, Unit.TIMES, "plan: filter, sort, the first hundred"),
    at_most(1.3, Unit.TIMES, "SQL: sums by group"),
    at_most(1.3, Unit.TIMES, "SQL: filter, sort, the first hundred"),
)
def million(rounds: int) -> Iterable[Row]:
    """Each question beside the engine's own time for the statement that a person would write."""
    with TemporaryDirectory() as folder:
        store = open_store("", Path(folder))
        namespace = store.namespace("bench")
        _fill(namespace)
        alone = apsw.Connection(
            str(Path(folder) / "namespaces" / "bench" / "store.sqlite"), flags=apsw.SQLITE_OPEN_READONLY
        )
        for name, plan, text in (
            ("sums by group", _SUMS, _SQL_SUMS),
            ("filter, sort, the first hundred", _FOUND, _SQL_FOUND),
        ):
            asked = text.replace("t1", "shop.orders").replace('"paid" = 1', "paid = true")
            yield from compared(
                rounds, f"plan: {name}", again(_planned(namespace, plan)), {_ENGINE: again(_alone(alone, text))}
            )
            yield from compared(
                rounds, f"SQL: {name}", again(_asked(namespace, asked)), {_ENGINE: again(_alone(alone, text))}
            )
        alone.close()
        store.close()


@figure(
    "writers",
    f"{_WRITERS} processes that write to one namespace at once, a row and a commit each time",
    at_most(0.25, Unit.SECONDS, "the longest that one of them waited"),
)
def writers(rounds: int) -> Iterable[Row]:
    """The longest wait of any, and all their commits a second."""
    longest, rates = [], []
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            store = open_store("", Path(folder))
            store.namespace("bench").write(lambda frame: frame.register(_TABLE % "i64"))
            store.close()
            command = [sys.executable, "-m", "bench.writing", folder]
            running = [
                subprocess.Popen([*command, str(number)], cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
                for number in range(_WRITERS)
            ]
            said = [json.loads(process.communicate()[0]) for process in running]
            longest.append(max(one["longest"] for one in said))
            rates.append(sum(one["commits"] / one["seconds"] for one in said))
    yield Row("the longest that one of them waited", Sample(tuple(longest), Unit.SECONDS))
    yield Row("commits of all", Sample(tuple(rates), Unit.RATE))


@contextmanager
def _server() -> Iterator[servers.Server]:
    """A server with the table and one row."""
    with TemporaryDirectory() as folder, servers.ours_beside_bare(Path(folder)) as server:
        columns = _TABLE.replace('name = "id", type', 'name = "id", generated = true, type') % "uuid"
        _post(server, "/schemas", columns.encode())
        yield server


def _first_key(server: servers.Server) -> str:
    return str(_post(server, "/rows/shop.orders", json.dumps(_ROW).encode())["pk"])


def _post(server: servers.Server, path: str, body: bytes, kind: str = "application/json") -> JsonRow:
    url = f"http://127.0.0.1:{server.port}{_BASE}{path}"
    request = urllib.request.Request(url, body, {**_BEARER, "Content-Type": kind})
    with urllib.request.urlopen(request) as answer:
        read: JsonRow = json.load(answer)
        return read


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def _fill(namespace: Namespace) -> None:
    namespace.write(lambda frame: frame.register(_TABLE % "i64"))
    for first in range(0, _ROWS, _AT_ONCE):
        rows = [_generated(number) for number in range(first, first + _AT_ONCE)]
        namespace.write(_putting(rows))


def _putting(rows: list[JsonRow]) -> Callable[[Frame], object]:
    return lambda frame: frame.put_many("shop.orders", rows)


def _generated(number: int) -> JsonRow:
    """Numbers without order, the same in every run."""
    mixed = number * 2_654_435_761 % 2**32
    return {
        "id": number,
        "who": f"w{mixed % 5_000}",
        "price": mixed % 100_000 / 100,
        "qty": mixed % 97,
        "paid": mixed % 2 == 0,
    }


def _planned(namespace: Namespace, plan: JsonRow) -> Callable[[], object]:
    return lambda: namespace.query(plan)


def _asked(namespace: Namespace, text: str) -> Callable[[], object]:
    return lambda: namespace.sql(text)


def _alone(connection: apsw.Connection, text: str) -> Callable[[], object]:
    return lambda: connection.execute(text).fetchall()
