"""The tables that hold vectors, in namespaces that use them.

_oc_vector_table   a row for each table of vectors. `made` tells it from one of the same name before it. Every change
                   counts `changes` up; `stamp` is random and new with each of them
_oc_vector         the vectors themselves: 32-bit floats, the lowest byte first
_oc_vector_term    where each value of the metadata occurs
_oc_vector_gone    vectors that are there no more: which change has taken which place away

A vector's `place` is the table's number and the change that put it; replacing a vector gives it a new place. So what
was added since some change is one range of keys, and what went away since then another:

    place = number << 40 | change
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from substrate.engine import Connection
from substrate.in_lists import in_lists
from substrate.interface.vectors import Metric
from substrate.own_tables import OwnTables

_SHIFT = 40
LAST_CHANGE = (1 << _SHIFT) - 1

TABLES = OwnTables(
    "_oc_vector_table",
    """
    CREATE TABLE _oc_vector_table (
        number BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, made BIGINT NOT NULL, dim BIGINT NOT NULL,
        metric TEXT NOT NULL, changes BIGINT NOT NULL, stamp BIGINT NOT NULL, vectors BIGINT NOT NULL,
        gone BIGINT NOT NULL, gone_since BIGINT NOT NULL);
    CREATE TABLE _oc_vector (
        place {ordered} PRIMARY KEY, number BIGINT NOT NULL, id TEXT NOT NULL, metadata TEXT,
        embedding {bytes} NOT NULL);
    CREATE UNIQUE INDEX _oc_vector_id ON _oc_vector (number, id);
    CREATE TABLE _oc_vector_term (
        number BIGINT NOT NULL, term {bytes} NOT NULL, place BIGINT NOT NULL,
        PRIMARY KEY (number, term, place)){compact};
    CREATE TABLE _oc_vector_gone (at {ordered} PRIMARY KEY, place BIGINT NOT NULL)
    """,
)


class Table(NamedTuple):
    """A row of `_oc_vector_table`. `gone_since`: of changes up to this one it is not known what they took away."""

    number: int
    name: str
    made: int
    dim: int
    metric: Metric
    changes: int
    stamp: int
    vectors: int
    gone: int
    gone_since: int

    def place(self, change: int) -> int:
        """What a change of this table puts stands here."""
        return self.number << _SHIFT | change

    def change(self, place: int) -> int:
        """The change that a place is of."""
        return place - (self.number << _SHIFT)


_COLUMNS = ", ".join(Table._fields)


def find(connection: Connection, name: str) -> Table | None:
    """A table of vectors by its name, in a namespace that has the tables."""
    found: list[Any] = connection.execute(f"SELECT {_COLUMNS} FROM _oc_vector_table WHERE name = ?", (name,))
    return Table(*found[0]) if found else None


class Kept(NamedTuple):
    """A vector that is there: its id, its place, and its metadata as JSON."""

    id: str
    place: int
    metadata: str | None


def kept(connection: Connection, table: Table, ids: Iterable[str]) -> Iterator[Kept]:
    """The vectors of those of the ids that are there."""
    for marks, some in in_lists(ids):
        found: list[Any] = connection.execute(
            f"SELECT id, place, metadata FROM _oc_vector WHERE number = ? AND id IN ({marks})", (table.number, *some)
        )
        yield from map(Kept._make, found)


def all_of(connection: Connection) -> list[Table]:
    """All tables of vectors."""
    found: list[Any] = connection.execute(f"SELECT {_COLUMNS} FROM _oc_vector_table")
    return [Table(*row) for row in found]
