"""Tables for tests of plans, the same in each engine: a shop of a few orders, and one column of each type."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from substrate.catalog import Catalog, Table
from substrate.cipher import Cipher
from substrate.engine import Connection, DialectName, storage, to_engine
from substrate.manifest import read
from substrate.plan import compile as compile_plan, explain, predicate

CIPHER = Cipher(bytes(32))

USERS = """
id = "shop.users"
[primary_key]
columns = ["id"]
[[columns]]
name = "id"
type = "str"
[[columns]]
name = "name"
type = "str"
[[columns]]
name = "age"
type = "i64"
[[columns]]
name = "friends"
type = "json"
[[relations]]
name = "friends"
column = "friends"
target = "shop.users"
[[relations]]
name = "likes"
via = "shop.likes"
column = "who"
to_col = "what"
target = "shop.goods"
"""

ORDERS = """
id = "shop.orders"
[primary_key]
columns = ["id"]
[[columns]]
name = "id"
type = "i64"
[[columns]]
name = "user_id"
type = "str"
indexed = true
[[columns]]
name = "qty"
type = "i64"
[[columns]]
name = "price"
type = "f64"
[[columns]]
name = "note"
type = "str"
[[indexes]]
columns = ["user_id", "qty"]
name = "by_user"
[[relations]]
name = "user"
column = "user_id"
target = "shop.users"
"""

GOODS = """
id = "shop.goods"
[primary_key]
columns = ["id"]
[[columns]]
name = "id"
type = "i64"
[[columns]]
name = "title"
type = "str"
"""

LIKES = """
id = "shop.likes"
[primary_key]
columns = ["who", "what"]
[[columns]]
name = "who"
type = "str"
[[columns]]
name = "what"
type = "i64"
"""

THINGS = """
id = "all.things"
[primary_key]
columns = ["k"]
[[columns]]
name = "k"
type = "i64"
""" + "".join(
    f'[[columns]]\nname = "{name}"\ntype = "{kind}"\n'
    for name, kind in {
        "s": "str", "i": "i64", "u": "u64", "f": "f64", "n": "number", "b": "bool", "raw": "bytes",
        "at": "timestamp", "day": "date", "uid": "uuid", "doc": "json", "secret": "encrypted", "s2": "str",
    }.items()
)  # fmt: skip

ROWS: dict[str, list[dict[str, Any]]] = {
    "shop.users": [
        {"id": "ada", "name": "Ada", "age": 36, "friends": ["bob", "eve", "bob", 7, None]},
        {"id": "bob", "name": "Bob", "age": None, "friends": []},
        {"id": "cyd", "name": "Cyd", "age": 20, "friends": {"x": "ada"}},
        {"id": "eve", "name": "Eve", "age": 36, "friends": None},
    ],
    "shop.orders": [
        {"id": 1, "user_id": "ada", "qty": 5, "price": 2.5, "note": "two"},
        {"id": 2, "user_id": "bob", "qty": 1, "price": 10.0, "note": None},
        {"id": 3, "user_id": "ada", "qty": None, "price": 0.25, "note": "Two"},
        {"id": 4, "user_id": "zed", "qty": 7, "price": None, "note": "a%b_c"},
        {"id": 5, "user_id": None, "qty": 1, "price": 4.0, "note": "\U0001f600é"},
    ],
    "shop.goods": [{"id": 10, "title": "tea"}, {"id": 11, "title": "jam"}, {"id": 12, "title": "oil"}],
    "shop.likes": [
        {"who": "ada", "what": 10},
        {"who": "ada", "what": 12},
        {"who": "bob", "what": 12},
        {"who": "cyd", "what": 99},
    ],
}


class World:
    """The tables in one engine."""

    def __init__(self, dialect: DialectName, connection: Connection) -> None:
        self.dialect = dialect
        self.connection = connection
        self.catalog = Catalog()
        for text in (USERS, ORDERS, GOODS, LIKES, THINGS):
            self.declare(text)
        for name, rows in ROWS.items():
            self.insert(name, rows)

    def declare(self, text: str) -> Table:
        """Makes one more table."""
        table = Table(len(self.catalog.tables) + 1, 1, read(text), text)
        manifest = table.manifest
        columns = [f'"{name}" {storage(t, self.dialect).declared}' for name, t in manifest.types.items()]
        key = ", ".join(f'"{name}"' for name in manifest.primary_key)
        strict = " STRICT" if self.dialect == "sqlite" else ""
        self.connection.execute(f"CREATE TABLE {table.physical} ({', '.join(columns)}, PRIMARY KEY ({key})){strict}")
        self.catalog = Catalog([*self.catalog.tables.values(), table])
        return table

    def insert(self, name: str, rows: Sequence[dict[str, Any]]) -> None:
        """Writes rows as JSON has them; what they leave out is null."""
        table = self.catalog.table(name)
        for row in rows:
            values = []
            for column, column_type in table.manifest.types.items():
                given = row.get(column)
                canonical = None if given is None else column_type.check(given, column)
                values.append(None if canonical is None else to_engine(column_type, self.dialect, CIPHER)(canonical))
            self.connection.execute(f"INSERT INTO {table.physical} VALUES ({', '.join('?' * len(values))})", values)

    def rows(self, plan: Any, *, coerce: bool = False) -> list[dict[str, Any]]:
        """The answer to a plan."""
        statement = compile_plan(plan, self.catalog, self.dialect, coerce=coerce)
        reader = statement.reader(self.dialect, CIPHER)
        with self.connection.savepoint():
            return [reader(row) for row in self.connection.execute(statement.sql, statement.params)]

    def column(self, plan: Any, name: str = "id", *, coerce: bool = False) -> list[Any]:
        """One column of the answer to a plan."""
        return [row[name] for row in self.rows(plan, coerce=coerce)]

    def explained(self, plan: Any) -> tuple[list[dict[str, Any]], Any]:
        """The answer to a plan and what its nodes have cost."""
        return explain(plan, self.catalog, self.dialect, self.connection, CIPHER)

    def deleted(self, name: str, test: Any) -> int:
        """How many rows of a table a DELETE with a predicate deletes; nothing is deleted."""
        table = self.catalog.table(name)
        where, params = predicate(test, table, self.dialect)
        with self.undone():
            return len(self.connection.execute(f"DELETE FROM {table.physical} WHERE {where} RETURNING 1", params))

    @contextmanager
    def undone(self) -> Iterator["World"]:
        """What the block declares and inserts is gone after it."""
        catalog = self.catalog
        try:
            with suppress(_Undo), self.connection.savepoint():
                yield self
                raise _Undo
        finally:
            self.catalog = catalog


class _Undo(Exception):
    """Ends a block whose changes are not kept."""
