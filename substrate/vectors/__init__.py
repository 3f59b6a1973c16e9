"""Vectors: rows of the namespace are the truth; the matrix that they are searched in is made of them.

    layout, values, writing     the rows: what a put keeps, and a delete takes away
    head, columns, matrix       the matrix in files that all processes of a machine share
    coding, scan                the search in it: every row by a code of one byte a number, the best in full
    filters                     which rows fit a filter, by an index of the values in metadata
    searching                   all of it for one question

Only a search loads numpy: whoever needs no more than the rows imports nothing of the second half.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from substrate import names
from substrate.errors import Invalid, NotFound, described, shown
from substrate.interface.vectors import MODES, MOST_HITS, Hit, Nearest, Vector, VectorTable
from substrate.log import Op
from substrate.vectors import writing
from substrate.vectors.layout import TABLES, all_of, find
from substrate.vectors.values import flat

if TYPE_CHECKING:
    from substrate.frame import Frame
    from substrate.reading import ReadingHere

FOLDER = "vectors"
"""Where the matrices of all namespaces are, in the data folder. What is in it can be deleted at any time."""


def put(frame: "Frame", name: str, vectors: Sequence[Vector]) -> list[Op]:
    """See `substrate.interface.Frame.vector_put_many`; the operations for the log."""
    names.search_name(name, "a vector table")
    packed = writing.read(vectors)
    TABLES.make(frame)
    return writing.put(frame.connection, name, packed)


def delete(frame: "Frame", name: str, ids: Sequence[str]) -> list[Op]:
    """Deletes vectors; the operations for the log, one for each that was there."""
    return writing.delete(frame.connection, name, ids) if TABLES.there(frame) else []


def drop(frame: "Frame", name: str) -> list[Op]:
    """Deletes a table of vectors; the operation for the log, if there was one."""
    return writing.drop(frame.connection, name) if TABLES.there(frame) else []


def tables(reading: "ReadingHere") -> list[VectorTable]:
    """All tables of vectors, by their names."""
    found = all_of(reading.connection) if TABLES.there(reading) else []
    return sorted(
        (VectorTable(each.name, each.dim, each.metric, each.vectors) for each in found), key=lambda each: each.name
    )


def topk(reading: "ReadingHere", asked: Nearest) -> list[Hit]:
    """See `substrate.interface.Reading.vector_topk`."""
    _look_at(asked)
    table = find(reading.connection, asked.table) if TABLES.there(reading) else None
    if table is None:
        raise NotFound(f"there is no vector table {shown(asked.table)}", table=asked.table[:200])
    for word, given, expected in (("dim", asked.dim, table.dim), ("metric", asked.metric, table.metric)):
        if given is not None and (given != expected or isinstance(given, bool)):
            message = f"`{word}`: expected {expected} as the table has, found {described(given)}"
            raise Invalid(message, field=word, expected=expected)
    from substrate.vectors.searching import Place, search

    around = reading.around
    folder = around.shared.folder / FOLDER / around.name
    return search(Place(reading.connection, folder, reading.committed), table, asked)


def forget(folder: Path, namespace: str) -> None:
    """Deletes the matrices of a namespace that was deleted."""
    shutil.rmtree(folder / FOLDER / namespace, ignore_errors=True)


def _look_at(asked: Nearest) -> None:
    if type(asked.k) is not int or not 1 <= asked.k <= MOST_HITS:
        message = f"`k`: expected a whole number from 1 to {MOST_HITS:,}, found {described(asked.k)}"
        raise Invalid(message, field="k")
    if asked.mode not in MODES:
        raise Invalid(f"`mode`: expected {', '.join(MODES)}, found {described(asked.mode)}", field="mode")
    if asked.filter is not None:
        flat(asked.filter, "filter")
