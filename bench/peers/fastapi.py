"""FastAPI with SQLite: a service as one writes it by hand, with a route for each thing.

uvicorn bench.peers.fastapi:app --factory, with BENCH_ROWS naming the file of its rows
"""

import os
import sqlite3
import sys
import threading
import uuid
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench import servers
from bench.peers import library

HELLO = "FastAPI, a route that does nothing"
ROWS = "FastAPI and SQLite by hand, fsync at each commit"
_here = threading.local()
_writing = threading.Lock()
"""Threads of a worker take turns; SQLite lets those that come upon a lock sleep for much longer than it is held."""


def fastapi(folder: Path) -> AbstractContextManager[servers.Server]:
    """The service with as many workers as ours. Raises ModuleNotFoundError.

    GET /hello, POST /rows, GET /rows/{id}; no accounts, no log lines.
    """
    library("fastapi")
    rows = folder / "fastapi.sqlite"
    with sqlite3.connect(rows) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, who TEXT, price REAL, qty INTEGER, paid INTEGER)")
        made.execute("CREATE INDEX orders_qty ON orders (qty)")
        made.execute("INSERT INTO orders VALUES ('first', 'somebody', 12.5, 3, 1)")
    made.close()
    command = ["-m", "uvicorn", "bench.peers.fastapi:app", "--factory", "--no-access-log", "--port", "{port}"]
    return servers.running([sys.executable, *command, "--workers", str(servers.WORKERS)], folder, BENCH_ROWS=str(rows))


def app() -> Any:
    """The application, in each worker."""
    pydantic = library("pydantic")
    made = library("fastapi").FastAPI()
    kind = pydantic.create_model("Order", who=(str, ...), price=(float, ...), qty=(int, ...), paid=(bool, ...))

    async def hello() -> dict[str, str]:
        return {"status": "ok", "result": "Hello"}

    def insert(order: Any) -> dict[str, str]:
        key = str(uuid.uuid4())
        values = (key, order.who, order.price, order.qty, order.paid)
        with _writing:
            _connection().execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", values)
        return {"id": key}

    def read(key: str) -> dict[str, object]:
        found = _connection().execute("SELECT * FROM orders WHERE id = ?", (key,)).fetchone()
        return dict(zip(("id", "who", "price", "qty", "paid"), found, strict=True))

    insert.__annotations__["order"] = kind
    for path in ("/hello", "/ready"):
        made.get(path)(hello)
    made.post("/hello")(hello)
    made.post("/rows", status_code=201)(insert)
    made.get("/rows/{key}")(read)
    return made


def _connection() -> sqlite3.Connection:
    """The connection of this thread."""
    if not hasattr(_here, "connection"):
        _here.connection = sqlite3.connect(os.environ["BENCH_ROWS"], isolation_level=None, timeout=60)
        _here.connection.execute("PRAGMA synchronous = FULL")
    connection: sqlite3.Connection = _here.connection
    return connection
