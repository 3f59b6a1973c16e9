"""Vectors as they are read from a namespace: those that were put since some change, and those that went away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from substrate.engine import Connection
from substrate.in_lists import in_lists
from substrate.vectors.columns import Floats, Places
from substrate.vectors.layout import Table

CHUNK = 1_024


@dataclass(frozen=True, slots=True)
class Put:
    """Vectors that were put: with which changes, and their numbers, one vector in each row."""

    changes: Places
    numbers: Floats


def put_between(connection: Connection, table: Table, after: int, last: int) -> Iterator[Put]:
    """The vectors that are there and were put by changes behind `after`, up to `last`; in order, some at a time."""
    rows = connection.stream(
        "SELECT place, embedding FROM _oc_vector WHERE place BETWEEN ? AND ? ORDER BY place",
        (table.place(after + 1), table.place(last)),
    )
    while some := list(islice(rows, CHUNK)):
        found: list[Any] = some
        numbers = np.frombuffer(b"".join(embedding for _, embedding in found), "<f4").reshape(-1, table.dim)
        yield Put(_changes(table, [place for place, _ in found]), numbers)


def gone_between(connection: Connection, table: Table, after: int, last: int) -> tuple[Places, Places]:
    """What went away with changes behind `after`, up to `last`: with which, and by which change it had been put."""
    found: list[Any] = connection.execute(
        "SELECT at, place FROM _oc_vector_gone WHERE at BETWEEN ? AND ? ORDER BY at",
        (table.place(after + 1), table.place(last)),
    )
    return _changes(table, [at for at, _ in found]), _changes(table, [place for _, place in found])


def numbers_at(connection: Connection, table: Table, change: int) -> NDArray[np.float32] | None:
    """The vector that a change put, if it is there."""
    found: list[Any] = connection.execute("SELECT embedding FROM _oc_vector WHERE place = ?", (table.place(change),))
    return np.frombuffer(found[0][0], "<f4") if found else None


def with_term(connection: Connection, table: Table, least: bytes, last: bytes, after: int) -> Places:
    """The changes behind `after` that put vectors with a term between two, both among them; in order."""
    found: list[Any] = connection.execute(
        "SELECT place FROM _oc_vector_term WHERE number = ? AND term BETWEEN ? AND ? AND place > ?",
        (table.number, least, last, table.place(after)),
    )
    return np.unique(_changes(table, [place for (place,) in found]))


def told(connection: Connection, table: Table, changes: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """The id and the metadata of vectors, by the changes that put them."""
    rows: list[Any] = []
    for marks, some in in_lists(map(table.place, changes)):
        rows += connection.execute(f"SELECT place, id, metadata FROM _oc_vector WHERE place IN ({marks})", some)
    return {table.change(place): (name, metadata) for place, name, metadata in rows}


def _changes(table: Table, places: Sequence[int]) -> Places:
    found: Places = np.array(places, np.int64)
    return found - table.place(0)
