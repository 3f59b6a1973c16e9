"""A table of orders in databases that this process talks to: what each of them has to do, and how ours does it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from substrate.interface import Frame, JsonRow, Namespace
from substrate.opening import open_store

TABLE = """
id = "shop.orders"
primary_key.columns = ["id"]
columns = [
  { name = "id", type = "i64" }, { name = "who", type = "str", indexed = true }, { name = "price", type = "f64" },
  { name = "qty", type = "i64" }, { name = "paid", type = "bool" }
]
"""
COLUMNS = ("id", "who", "price", "qty", "paid")
SQL_TABLE = (
    "CREATE TABLE orders (id BIGINT PRIMARY KEY, who TEXT NOT NULL, price DOUBLE PRECISION NOT NULL, "
    "qty BIGINT NOT NULL, paid BOOLEAN NOT NULL)"
)
SQL_INDEX = "CREATE INDEX orders_who ON orders (who)"
SQL_SUMS = "SELECT qty, sum(price), count(*) FROM orders GROUP BY qty ORDER BY qty"
NAMED = 10
"""How many rows have the same `who`."""
BATCH = 1_000
SUMS = {
    "Aggregate": {
        "group_by": ["qty"], "aggs": [{"fn": "sum", "column": "price"}, {"fn": "count"}],
        "child": {"Scan": {"schema": "shop.orders"}},
    }
}  # fmt: skip


class Engine(Protocol):
    """A database with the table, and an index on `who`."""

    def insert(self, row: JsonRow) -> object:
        """Adds a row, which is on disk on return."""

    def fill(self, rows: Sequence[JsonRow]) -> object:
        """Adds some rows in one commit."""

    def read(self, key: int) -> object:
        """The row with a key."""

    def named(self, who: str) -> Sequence[object]:
        """The rows of somebody, found by the index."""

    def sums(self) -> Sequence[object]:
        """Sum and count of all rows by `qty`, in its order."""


def row(number: int) -> JsonRow:
    """A row with values that have no order, the same in every run."""
    mixed = number * 2_654_435_761 % 2**32
    return {
        "id": number,
        "who": f"w{number // NAMED}",
        "price": mixed % 100_000 / 100,
        "qty": mixed % 97,
        "paid": mixed % 2 == 0,
    }


def filled(engine: Engine, first: int, last: int) -> None:
    """Adds the rows with these numbers, some in each commit."""
    for start in range(first, last, BATCH):
        engine.fill([row(number) for number in range(start, min(start + BATCH, last))])


class Ours:
    """A namespace of the store, as programs and routes use it."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        namespace.write(lambda frame: frame.register(TABLE))

    def insert(self, row: JsonRow) -> object:
        return self._namespace.write(lambda frame: frame.put("shop.orders", row))

    def fill(self, rows: Sequence[JsonRow]) -> object:
        return self._namespace.write(_putting(rows))

    def read(self, key: int) -> object:
        return self._namespace.get("shop.orders", str(key))

    def named(self, who: str) -> Sequence[object]:
        scan = {"Scan": {"schema": "shop.orders"}}
        return self._namespace.query({"Filter": {"predicate": {"Eq": ["who", who]}, "child": scan}})

    def sums(self) -> Sequence[object]:
        return self._namespace.query(SUMS)


def _putting(rows: Sequence[JsonRow]) -> Callable[[Frame], object]:
    return lambda frame: frame.put_many("shop.orders", rows)


@contextmanager
def ours(folder: Path) -> Iterator[Ours]:
    """The store on SQLite files in a folder, in this process."""
    store = open_store("", folder)
    try:
        yield Ours(store.namespace("bench"))
    finally:
        store.close()
