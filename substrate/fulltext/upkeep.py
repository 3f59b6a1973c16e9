"""Segments put together beside the writers, one group after the other."""

import time
from typing import Any

from substrate.fulltext.layout import TABLES
from substrate.reading import ReadingHere
from substrate.upkeeping import Place


def due(reading: ReadingHere) -> bool:
    """Whether there are segments that should be one."""
    return _first(reading) is not None


def work(at: Place, seconds: float) -> None:
    """Puts segments together, for about so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and _step(at):
        at.settle()


def _step(at: Place) -> bool:
    """Makes one segment of several; False where none should be."""
    with at.snapshot() as reading:
        found = _first(reading)
        if found is None:
            return False
        from substrate.fulltext import merging

        field, group = found
        memory = reading.around.shared.memory
        parts = merging.Parts.read(reading.connection, memory, group)
    new = merging.merged(parts)
    with at.frame(False) as frame:
        merging.put_in_place(frame.connection, memory, field, new)
    return True


def _first(reading: ReadingHere) -> tuple[int, Any] | None:
    """A field, and the segments in it that should be one first. Loads numpy only where there are any."""
    if not TABLES.there(reading):
        return None
    crowded: list[Any] = reading.connection.execute(
        "SELECT field FROM _oc_text_segment GROUP BY field HAVING count(*) > 1 OR max(gone * 2 - documents) > 0"
    )
    for (field,) in crowded:
        from substrate.fulltext import merging, segments

        for group in merging.due(segments.listed(reading.connection, field)):
            return field, group
    return None
