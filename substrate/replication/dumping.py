"""A namespace at one moment, as frames that make it anew.

They look like those of the log, with operations of their own. All stand at the place at which the log goes on.

    {"op": "begin", "whole": false, "meta": {...}, "tables": [...], "declared": [[number, id, version, manifest], ...]}
    {"op": "own", "table": "_oc_gone", "columns": [...], "rows": [[...], ...]}        bytes as {"base64": "..."}
    {"op": "rows", "schema": "shop.orders", "rows": [[values ..., version], ...]}     values as `put` has them
    {"op": "end", "frames": 17, "sha256": "..."}                                      of all frames before
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from substrate import log
from substrate.catalog import Table
from substrate.log import Op
from substrate.migrations.records import OPEN
from substrate.reading import ReadingHere
from substrate.replication import tables
from substrate.rows import VERSION

T = TypeVar("T")
ROWS = 200
"""Rows in one frame."""


def frames(reading: ReadingHere, *, whole: bool) -> Iterator[bytes]:
    """The frames of what a snapshot sees; see `substrate.interface.replication.Replicates.dump`."""
    lsn, epoch = log.position(reading.connection)
    [counts] = reading.connection.execute("SELECT tables, cached, system FROM _oc_meta")
    meta = (*lsn, epoch, *counts)
    now, name = reading.around.now(), reading.around.name
    digest, count = hashlib.sha256(), 0
    for op in _operations(reading, meta, whole):
        frame = log.encoded(lsn, epoch, name, now, [op])
        digest.update(frame)
        count += 1
        yield frame
    yield log.encoded(lsn, epoch, name, now, [{"op": "end", "frames": count, "sha256": digest.hexdigest()}])


def _operations(reading: ReadingHere, meta: Any, whole: bool) -> Iterator[Op]:
    wanted = _wanted(reading, whole)
    declared: list[Any] = reading.connection.execute("SELECT number, id, version, text FROM _oc_table ORDER BY number")
    names = ("segment", "offset", "epoch", "tables", "cached", "system")
    yield {
        "op": "begin", "whole": whole, "meta": dict(zip(names, meta, strict=True)), "tables": wanted,
        "declared": [list(row) for row in declared],
    }  # fmt: skip
    for table in wanted:
        if table not in ("_oc_meta", "_oc_table"):
            yield from _own(reading, table)
    for _, id_, _, _ in declared:
        yield from _rows(reading, reading.catalog.table(id_))


def _wanted(reading: ReadingHere, whole: bool) -> list[str]:
    there = tables.names(reading.connection, reading.dialect)
    if whole:
        return there
    on_use = [name for name in there if name.startswith(tables.ON_USE_PREFIXES)]
    return [*tables.BASE, *on_use]


def _own(reading: ReadingHere, table: str) -> Iterator[Op]:
    found = tables.columns(reading.connection, reading.dialect, table)
    where = " WHERE number IN (SELECT number FROM _oc_table)" if table == "_oc_gone" else ""
    for some in _batches(tables.rows(reading.connection, table, found, where)):
        if table == "_oc_migration":
            some = [_restarted(dict(zip(found, row, strict=True))) for row in some]
        yield {"op": "own", "table": table, "columns": found, "rows": some}


def _restarted(migration: dict[str, Any]) -> list[Any]:
    """A migration without its shadow, which is not in a dump: one that is open fills a new one from the beginning."""
    if migration["state"] in OPEN:
        migration |= {"shadow": 0, "phase": "followed", "place": None, "follows": 0}
    return list((migration | {"leftover": None, "sweep_at": None}).values())


def _rows(reading: ReadingHere, table: Table) -> Iterator[Op]:
    writer = reading.around.writer(table)
    found = reading.connection.stream(f"SELECT {writer.selected}, {VERSION} FROM {table.physical}")
    shown = ([*writer.logged_from_engine(tuple(row[:-1])).values(), row[-1]] for row in found)
    for some in _batches(shown):
        yield {"op": "rows", "schema": str(table.id), "rows": some}


def _batches(found: Iterable[T]) -> Iterator[list[T]]:
    each = iter(found)
    while some := list(islice(each, ROWS)):
        yield some
