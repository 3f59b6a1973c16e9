"""Datasette: rows of a SQLite file as JSON over HTTP, in one process; it only reads."""

import sqlite3
import sys
from contextlib import AbstractContextManager, closing
from pathlib import Path

from bench import servers
from bench.peers import library

DATASETTE = "Datasette, reading only, one process"
ROW = "/rows/orders/first.json?_shape=array"
SQL = "/rows.json?_shape=array&sql=select+id%2C+who%2C+price+from+orders+where+qty+%3D+3+limit+20"


def datasette(folder: Path, rows: int) -> AbstractContextManager[servers.Server]:
    """A server with a table of so many rows. Raises ModuleNotFoundError."""
    library("datasette")
    path = folder / "rows.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, who TEXT, price REAL, qty INTEGER, paid INTEGER)")
        made.execute("CREATE INDEX orders_qty ON orders (qty)")
        made.execute("INSERT INTO orders VALUES ('first', 'somebody', 12.5, 3, 1)")
        more = ((f"r{number}", "somebody", 12.5, number % 50, 1) for number in range(rows))
        made.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", more)
    command = ["-m", "datasette", "serve", str(path), "--port", "{port}", "--setting", "num_sql_threads", "4"]
    return servers.running([sys.executable, *command], folder, ready=ROW)
