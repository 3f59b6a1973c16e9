"""SurrealDB embedded: its engine `surrealkv` inside this process, through its own library for Python.

Where nothing is said, that engine answers before a commit is on disk; a variable makes it wait, as all others here do.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.peers import library
from substrate.interface import JsonRow

SURREALDB = "SurrealDB embedded (surrealkv), fsync at each commit"
_DEFINED = """
DEFINE TABLE orders SCHEMAFULL;
DEFINE FIELD who ON orders TYPE string; DEFINE FIELD price ON orders TYPE float;
DEFINE FIELD qty ON orders TYPE int; DEFINE FIELD paid ON orders TYPE bool;
DEFINE INDEX orders_who ON orders FIELDS who;
"""
_INSERT = (
    "CREATE type::thing('orders', $id) CONTENT { who: $who, price: <float>$price, qty: $qty, paid: $paid } RETURN NONE"
)
_SUMS = "SELECT qty, math::sum(price) AS price, count() AS rows FROM orders GROUP BY qty ORDER BY qty"


class SurrealDB:
    """The table in a database of its own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.use("bench", "bench")
        connection.query(_DEFINED)

    def insert(self, row: JsonRow) -> object:
        return self._connection.query(_INSERT, row)

    def fill(self, rows: Sequence[JsonRow]) -> object:
        return self._connection.query("INSERT INTO orders $rows RETURN NONE", {"rows": [dict(row) for row in rows]})

    def read(self, key: int) -> object:
        return self._connection.query("SELECT * FROM type::thing('orders', $id)", {"id": key})[0]

    def named(self, who: str) -> Sequence[object]:
        found: list[object] = self._connection.query("SELECT * FROM orders WHERE who = $who", {"who": who})
        return found

    def sums(self) -> Sequence[object]:
        found: list[object] = self._connection.query(_SUMS)
        return found


@contextmanager
def surrealdb(folder: Path) -> Iterator[SurrealDB]:
    """The engine in this process. Raises ModuleNotFoundError."""
    os.environ["SURREAL_SYNC_DATA"] = "true"
    connection = library("surrealdb").Surreal(f"surrealkv://{folder / 'surreal'}")
    try:
        yield SurrealDB(connection)
    finally:
        connection.close()
