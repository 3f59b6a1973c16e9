"""What the store takes and gives: over HTTP beside a bare route, in this process beside the engine alone."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw

from bench import servers
from bench.account import emit
from bench.engines import row
from bench.figures import Absent, Row, Sample, Unit, at_least, at_most, figure
from bench.load import CONNECTIONS, Request, drive
from bench.peers import of, opened
from bench.peers.datasette import DATASETTE, ROW as DATASETTE_ROW, SQL as DATASETTE_SQL, datasette
from bench.peers.fastapi import ROWS, fastapi
from bench.peers.postgres import POSTGRES, Postgres, postgres
from bench.processes import ROOT, environment
from bench.rounds import OURS, Side, again, rows_of, tried_in_turns
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
_TWENTY = "SQL that finds 20 rows by an index"
_SQL_TWENTY = "SELECT id, who, price FROM shop.orders WHERE qty = 3 LIMIT 20"
_SHOWN = 1_000
_JSON = {"Content-Type": "application/json"}


@figure(
    "rows-http",
    f"single rows over HTTP, durable, with {CONNECTIONS} connections, {servers.WORKERS} workers",
    at_least(3_000, Unit.RATE, _INSERT),
    at_least(0.4, Unit.TIMES, _INSERT, _BARE),
    at_least(0.6, Unit.TIMES, _READ, _BARE),
)
def rows_http(rounds: int) -> Iterable[Row]:
    """Requests a second, in turns."""
    with _server() as server, TemporaryDirectory() as folder, ExitStack() as stack:
        fast = opened(stack, lambda: fastapi(Path(folder)))
        rows = opened(stack, lambda: datasette(Path(folder), _SHOWN))
        bare = _loads(emit("/inside"))(server)
        key = _first_key(server)
        asked = json.dumps({"sql": _SQL_TWENTY})
        for _ in range(_SHOWN):
            _first_key(server)
        subjects: dict[str, dict[str, Side | Absent]] = {
            _INSERT: {
                OURS: _loads(Request(f"{_BASE}/rows/shop.orders", json.dumps(_ROW), _BEARER))(server),
                _BARE: bare,
                ROWS: of(fast, _loads(Request("/rows", json.dumps(_ROW), _JSON))),
            },
            _READ: {
                OURS: _loads(Request(f"{_BASE}/rows/shop.orders/{key}", headers=_BEARER))(server),
                _BARE: bare,
                ROWS: of(fast, _loads(Request("/rows/first"))),
                DATASETTE: of(rows, _loads(Request(DATASETTE_ROW))),
            },
            _TWENTY: {
                OURS: _loads(Request(f"{_BASE}/sql", asked, _BEARER))(server),
                _BARE: bare,
                DATASETTE: of(rows, _loads(Request(DATASETTE_SQL))),
            },
        }
        for subject, sides in subjects.items():
            yield from rows_of(tried_in_turns(rounds, sides), subject, Unit.RATE, float)


def _loads(request: Request) -> Callable[[servers.Server], Side]:
    """A side: requests a second, when the server is warm."""

    def made(server: servers.Server) -> Side:
        def measure() -> float:
            load = drive(server.port, request, 1)
            return load.requests / load.seconds

        measure()
        return measure

    return made


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
_CLOCK = time.perf_counter_ns


@figure(
    "million",
    f"plans and SQL over {_ROWS:,} rows in SQLite",
    at_most(1.3, Unit.TIMES, "plan: sums by group"),
    at_most(1.3, Unit.TIMES, "plan: filter, sort, the first hundred"),
    at_most(1.3, Unit.TIMES, "SQL: sums by group"),
    at_most(1.3, Unit.TIMES, "SQL: filter, sort, the first hundred"),
)
def million(rounds: int) -> Iterable[Row]:
    """By the clock, each question beside the statement that a person would write, in the engine and in PostgreSQL."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        store = stack.enter_context(closing(open_store("", Path(folder))))
        namespace = store.namespace("bench")
        _fill(namespace)
        path = Path(folder) / "namespaces" / "bench" / "store.sqlite"
        alone = stack.enter_context(closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)))
        server = of(opened(stack, postgres), _filled)
        for name, plan, text in (
            ("sums by group", _SUMS, _SQL_SUMS),
            ("filter, sort, the first hundred", _FOUND, _SQL_FOUND),
        ):
            asked = text.replace("t1", "shop.orders").replace('"paid" = 1', "paid = true")
            found = tried_in_turns(
                rounds,
                {
                    OURS: again(_planned(namespace, plan), clock=_CLOCK),
                    "SQL": again(_asked(namespace, asked), clock=_CLOCK),
                    _ENGINE: again(_alone(alone, text), clock=_CLOCK),
                    POSTGRES: of(server, _on_server(asked.replace("shop.orders", "orders"))),
                },
            )
            sql = found.pop("SQL")
            yield from rows_of(found, f"plan: {name}", Unit.SECONDS, float)
            yield from rows_of({**found, OURS: sql}, f"SQL: {name}", Unit.SECONDS, float)


def _filled(server: Postgres) -> Postgres:
    """The same rows, indexes and statistics."""
    server.connection.execute("CREATE INDEX orders_qty ON orders (qty)")
    server.fill(_generated(number) for number in range(_ROWS))
    server.connection.execute("VACUUM ANALYZE orders")
    return server


def _on_server(text: str) -> Callable[[Postgres], Side]:
    return lambda server: again(lambda: server.connection.execute(text).fetchall(), clock=_CLOCK)


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
    """A row as engines have it, but for `who`: 5,000 of them, each spread over the table."""
    return {**row(number), "who": f"w{number % 5_000}"}


def _planned(namespace: Namespace, plan: JsonRow) -> Callable[[], object]:
    return lambda: namespace.query(plan)


def _asked(namespace: Namespace, text: str) -> Callable[[], object]:
    return lambda: namespace.sql(text)


def _alone(connection: apsw.Connection, text: str) -> Callable[[], object]:
    return lambda: connection.execute(text).fetchall()
