"""What a namespace holds: rows of each table, and bytes."""

from typing import Any

from substrate.columns import Json
from substrate.fulltext import fields
from substrate.reading import ReadingHere


def of(reading: ReadingHere, size: int) -> Json:
    """See `substrate.interface.Namespace.usage`; the bytes of tables share those of the namespace by their rows."""
    tables = [reading.catalog.tables[name] for name in reading.table_ids()]
    counts: list[int] = []
    for table in tables:
        found: list[Any] = reading.connection.execute(f"SELECT count(*) FROM {table.physical}")
        counts.append(found[0][0])
    rows = sum(counts)
    schemas = [
        {"schema": str(table.id), "rows": count, "bytes": size * count // rows if rows else 0}
        for table, count in zip(tables, counts, strict=True)
    ]
    vectors = sum(each.vectors for each in reading.vector_tables())
    used = {"rows": rows, "bytes": size, "vectors": vectors, "documents": fields.documents(reading)}
    return {"used": used, "schemas": schemas}
