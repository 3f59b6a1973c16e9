"""A small shop with a table of each kind, for statements in SQL on either engine.

shop.users   ann 30 true, Bob 41 false, Zoë null null
shop.orders  1 ann pen 3, 2 ann ink 1, 3 Bob pen 2, 4 of a user that does not exist, 5 of nobody
shop.lines   a key of two columns
all.things   one column of each type
"""

from collections.abc import Sequence
from typing import Any

from substrate.catalog import Catalog, Table
from substrate.cipher import Cipher
from substrate.engine import Connection, DialectName, storage, to_engine
from substrate.errors import StoreError
from substrate.manifest import read
from substrate.sql import Select, check

CIPHER = Cipher(bytes(32))


def manifest(name: str, key: str, /, **columns: str) -> str:
    """The text of a manifest."""
    parts = "".join(f'[[columns]]\nname = "{column}"\ntype = "{kind}"\n' for column, kind in columns.items())
    keys = ", ".join(f'"{column}"' for column in key.split())
    return f'id = "{name}"\n[primary_key]\ncolumns = [{keys}]\n{parts}'


MANIFESTS = (
    manifest("shop.users", "id", id="str", name="str", age="i64", active="bool", joined="timestamp"),
    manifest("shop.orders", "id", id="i64", user_id="str", item="str", qty="i64", price="number"),
    manifest("shop.lines", "doc pos", doc="uuid", pos="i64", day="date", note="str"),
    manifest(
        "all.things", "k", k="i64", s="str", i="i64", u="u64", f="f64", n="number", b="bool", raw="bytes",
        at="timestamp", day="date", uid="uuid", doc="json", secret="encrypted",
    ),
)  # fmt: skip

ONE, TWO = "00000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"

ROWS: dict[str, list[dict[str, Any]]] = {
    "shop.users": [
        {"id": "ann", "name": "Ann", "age": 30, "active": True, "joined": "2024-01-01T00:00:00Z"},
        {"id": "bob", "name": "Bob", "age": 41, "active": False, "joined": "2024-06-30T12:00:00.5Z"},
        {"id": "zoe", "name": "Zoë", "age": None, "active": None, "joined": None},
    ],
    "shop.orders": [
        {"id": 1, "user_id": "ann", "item": "pen", "qty": 3, "price": 1.5},
        {"id": 2, "user_id": "ann", "item": "ink", "qty": 1, "price": 4},
        {"id": 3, "user_id": "bob", "item": "pen", "qty": 2, "price": 1.25},
        {"id": 4, "user_id": "eve", "item": "Cup", "qty": None, "price": 10},
        {"id": 5, "user_id": None, "item": None, "qty": 7, "price": None},
    ],
    "shop.lines": [
        {"doc": ONE, "pos": 1, "day": "2024-01-01", "note": "10% off"},
        {"doc": ONE, "pos": 2, "day": "2023-12-31", "note": "a_b"},
        {"doc": TWO, "pos": 1, "day": None, "note": None},
    ],
    "all.things": [
        {
            "k": 1, "s": "é", "i": -7, "u": 7, "f": 2.5, "n": 3, "b": True, "raw": "AP8=", "at": "2024-02-29T23:59:59Z",
            "day": "2024-02-29", "uid": ONE, "doc": {"a": [1, None]}, "secret": "hidden",
        },
        {
            "k": 2, "s": "", "i": 9223372036854775807, "u": 0, "f": -0.5, "n": 0.5, "b": False, "raw": "AA==",
            "at": "1969-12-31T23:59:59.999999Z", "day": "1969-12-31", "uid": TWO, "doc": "x", "secret": "",
        },
        {"k": 3},
    ],
}  # fmt: skip


class Shop:
    """The tables in one engine."""

    def __init__(self, dialect: DialectName, connection: Connection) -> None:
        self.dialect = dialect
        self.connection = connection
        self.catalog = catalog()
        for name, table in self.catalog.tables.items():
            self._make(table, ROWS[name])

    def rows(self, text: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The answer to a SELECT."""
        checked = check(text, self.catalog)
        assert isinstance(checked, Select)
        statement = checked.statement(params, self.dialect)
        assert statement.sql.count("?") == len(statement.params)
        reader = statement.reader(self.dialect, CIPHER)
        with self.connection.savepoint():
            return [reader(row) for row in self.connection.execute(statement.sql, statement.params)]

    def refusal(self, text: str, params: Sequence[Any] = ()) -> StoreError | None:
        """What a statement is refused with, when it is checked or when it runs."""
        try:
            self.rows(text, params)
        except StoreError as refused:
            return refused
        return None

    def _make(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        types = table.manifest.types
        columns = ", ".join(f'"{name}" {storage(kind, self.dialect).declared}' for name, kind in types.items())
        keys = ", ".join(f'"{name}"' for name in table.manifest.primary_key)
        strict = " STRICT" if self.dialect == "sqlite" else ""
        self.connection.execute(f"CREATE TABLE {table.physical} ({columns}, PRIMARY KEY ({keys})){strict}")
        for row in rows:
            values = []
            for name, kind in types.items():
                given = row.get(name)
                write = to_engine(kind, self.dialect, CIPHER)
                values.append(None if given is None else write(kind.check(given, name)))
            self.connection.execute(f"INSERT INTO {table.physical} VALUES ({', '.join('?' * len(values))})", values)


def catalog() -> Catalog:
    """The shop's tables as they are declared."""
    return Catalog(Table(number, 1, read(text), text) for number, text in enumerate(MANIFESTS, 1))
