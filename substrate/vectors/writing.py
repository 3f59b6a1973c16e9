"""Vectors as changes of a frame: put, deleted, dropped with their table."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from substrate import json, names
from substrate.engine import Connection
from substrate.errors import Invalid, StoreError, described
from substrate.interface.vectors import METRICS, MOST_DELETED, Vector
from substrate.log import Op
from substrate.vectors.layout import LAST_CHANGE, Kept, Table, find, kept
from substrate.vectors.values import metadata_text, packed, terms

_KEPT_GONE = 10_000
"""Of a small table, how many vectors that are gone are known at least."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A vector as it is kept."""

    id: str
    embedding: bytes
    metadata: bytes | None
    dim: int
    metric: str | None

    @classmethod
    def of(cls, vector: Vector) -> "Packed":
        """Raises Invalid."""
        if not isinstance(vector.id, str):
            raise Invalid(f"`id`: expected text, found {described(vector.id)}", field="id")
        name = names.document_id(vector.id)
        embedding = packed(vector.embedding, "embedding")
        dim = len(embedding) // 4
        if vector.dim is not None and (vector.dim != dim or isinstance(vector.dim, bool)):
            message = f"`embedding`: expected {described(vector.dim)} numbers, as `dim` says, found {dim}"
            raise Invalid(message, field="embedding")
        if vector.metric is not None and vector.metric not in METRICS:
            message = f"`metric`: expected {', '.join(METRICS)}, found {described(vector.metric)}"
            raise Invalid(message, field="metric")
        return cls(name, embedding, metadata_text(vector.metadata), dim, vector.metric)


def read(vectors: Sequence[Vector]) -> list[Packed]:
    """Vectors as they are kept. Raises Invalid, with the index of the bad one in `detail["row"]`."""
    found = []
    for index, vector in enumerate(vectors):
        try:
            found.append(Packed.of(vector))
        except StoreError as error:
            error.detail.setdefault("row", index)
            raise
    return found


def put(connection: Connection, name: str, vectors: Sequence[Packed]) -> list[Op]:
    """Puts vectors; of equal ids the last stays. The operations for the log."""
    if not vectors:
        return []
    table = find(connection, name) or _made(connection, name, vectors[0])
    for index, vector in enumerate(vectors):
        if vector.dim != table.dim:
            message = f"`embedding`: expected {table.dim} numbers as the table has, found {vector.dim}"
            raise Invalid(message, field="embedding", dim=table.dim, row=index)
        if vector.metric not in (None, table.metric):
            message = f"`metric`: expected {table.metric} as the table has, found {vector.metric}"
            raise Invalid(message, field="metric", metric=table.metric, row=index)
    last = {vector.id: vector for vector in vectors}
    replaced = list(kept(connection, table, last))
    _take_away(connection, table, replaced)
    _insert(connection, table, last.values())
    _count(connection, table, len(last), len(last) - len(replaced), len(replaced))
    return [_put_op(table, vector) for vector in last.values()]


def delete(connection: Connection, name: str, ids: Sequence[str]) -> list[Op]:
    """Deletes the vectors of these ids that are there. The operations for the log: one for each of them."""
    wanted = dict.fromkeys(ids)
    if len(wanted) > MOST_DELETED:
        raise Invalid(f"`ids`: expected at most {MOST_DELETED:,}, found {len(wanted):,}", field="ids")
    table = find(connection, name)
    found = [] if table is None else list(kept(connection, table, wanted))
    if table is None or not found:
        return []
    _take_away(connection, table, found)
    _count(connection, table, len(found), -len(found), len(found))
    return [{"op": "vdel", "table": name, "id": gone.id} for gone in found]


def drop(connection: Connection, name: str) -> list[Op]:
    """Deletes a table with its vectors. The operation for the log; none where there is no such table."""
    table = find(connection, name)
    if table is None:
        return []
    inside = (table.place(0), table.place(LAST_CHANGE))
    connection.execute("DELETE FROM _oc_vector WHERE place BETWEEN ? AND ?", inside)
    connection.execute("DELETE FROM _oc_vector_gone WHERE at BETWEEN ? AND ?", inside)
    connection.execute("DELETE FROM _oc_vector_term WHERE number = ?", (table.number,))
    connection.execute("DELETE FROM _oc_vector_table WHERE number = ?", (table.number,))
    return [{"op": "vdrop", "table": name}]


def _made(connection: Connection, name: str, first: Packed) -> Table:
    """A new table, as its first vector wants it."""
    [(number,)] = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM _oc_vector_table")
    row: tuple[Any, ...] = (number, name, secrets.randbits(62), first.dim, first.metric or "cosine", 0, 0, 0, 0, 0)
    connection.execute(f"INSERT INTO _oc_vector_table VALUES ({', '.join('?' * len(row))})", row)
    return Table(*row)


def _take_away(connection: Connection, table: Table, gone: Sequence[Kept]) -> None:
    """Deletes vectors, and says with which of the next changes they went."""
    if not gone:
        return
    connection.many("DELETE FROM _oc_vector WHERE place = ? RETURNING 1", [(each.place,) for each in gone])
    connection.many(
        "INSERT INTO _oc_vector_gone (at, place) VALUES (?, ?) RETURNING 1",
        [(table.place(table.changes + number), each.place) for number, each in enumerate(gone, 1)],
    )
    lost = [
        (table.number, term, each.place)
        for each in gone
        if each.metadata is not None
        for term in terms(json.loads(each.metadata))
    ]
    if lost:
        connection.many("DELETE FROM _oc_vector_term WHERE number = ? AND term = ? AND place = ? RETURNING 1", lost)


def _insert(connection: Connection, table: Table, vectors: Iterable[Packed]) -> None:
    rows: list[tuple[Any, ...]] = []
    found: list[tuple[Any, ...]] = []
    for place, vector in enumerate(vectors, table.place(table.changes + 1)):
        text = None if vector.metadata is None else vector.metadata.decode()
        rows.append((place, table.number, vector.id, text, vector.embedding))
        if text is not None:
            found += ((table.number, term, place) for term in terms(json.loads(text)))
    columns = "(place, number, id, metadata, embedding)"
    connection.many(f"INSERT INTO _oc_vector {columns} VALUES (?, ?, ?, ?, ?) RETURNING 1", rows)
    if found:
        connection.many("INSERT INTO _oc_vector_term (number, term, place) VALUES (?, ?, ?) RETURNING 1", found)


def _count(connection: Connection, table: Table, changes: int, more: int, gone: int) -> None:
    """Counts changes; forgets which vectors went away long ago."""
    last, known, since = table.changes + changes, table.gone + gone, table.gone_since
    if known > 2 * max(_KEPT_GONE, table.vectors + more):
        since = last - max(_KEPT_GONE, table.vectors + more)
        forgotten = connection.execute(
            "DELETE FROM _oc_vector_gone WHERE at BETWEEN ? AND ? RETURNING 1", (table.place(0), table.place(since))
        )
        known -= len(forgotten)
    connection.execute(
        "UPDATE _oc_vector_table SET changes = ?, stamp = ?, vectors = ?, gone = ?, gone_since = ? WHERE number = ?",
        (last, secrets.randbits(62), table.vectors + more, known, since, table.number),
    )


def _put_op(table: Table, vector: Packed) -> Op:
    operation: Op = {
        "op": "vput", "table": table.name, "id": vector.id, "dim": table.dim, "metric": table.metric,
        "embedding": b64encode(vector.embedding).decode(),
    }  # fmt: skip
    if vector.metadata is not None:
        operation["metadata"] = json.embedded(vector.metadata.decode())
    return operation
