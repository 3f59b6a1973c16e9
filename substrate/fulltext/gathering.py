"""Segments made of what was waiting, and documents that go away from one.

What should be put together then is left to whoever has a moment (`substrate.fulltext.upkeep`), so that no writer waits
for it. Only where that is late it is done here.
"""

import numpy as np

from substrate.engine import Connection
from substrate.fulltext import fields, merging, postings, segments, waiting
from substrate.fulltext.merging import Parts
from substrate.fulltext.segments import Members, Shelf
from substrate.memory import Memory


def gather(connection: Connection, memory: Memory, field: int) -> None:
    """Makes a segment of what is waiting."""
    documents = sorted(waiting.listed(connection, field), key=lambda each: each.id)
    members = Members(
        [each.id for each in documents],
        np.array([each.number for each in documents], np.int64),
        np.array([each.length for each in documents], np.int64),
    )
    made = postings.build([each.words for each in documents])
    segments.write(connection, field, members, list(postings.blocks(made)))
    waiting.clear(connection, field)
    fields.nothing_waits(connection, field)
    while len(groups := merging.due(segments.listed(connection, field))) > 1:
        merging.put_in_place(connection, memory, field, merging.merged(Parts.read(connection, memory, groups[0])))


def lose(connection: Connection, memory: Memory, field: int, number: int) -> None:
    """Marks a document as gone; a segment that has lost more than three of four is made anew."""
    Shelf(connection, memory).lose(segments.holding(connection, field, number), number)
    segment = segments.holding(connection, field, number)
    if segment.gone * 4 > segment.documents * 3:
        merging.put_in_place(connection, memory, field, merging.merged(Parts.read(connection, memory, [segment])))
