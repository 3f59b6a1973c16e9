"""The rows of jobs' journals: what their steps have recorded, and what they have told, a row for each commit."""

from collections.abc import Sequence

from oql import exact, json
from oql.journal import Entry
from oql.progress import Told
from substrate.interface import Frame, SystemTables


def append(frame: Frame, job: str, entries: Sequence[Entry], told: Sequence[Told]) -> tuple[int, int]:
    """Adds a row to a job's journal, whoever holds it; the number of the row, and its bytes."""
    kept, shown = exact.written(list(entries)), json.dumps(list(told)).decode()
    [(number,)] = frame.system(
        "INSERT INTO journal (job, number, entries, trace) "
        "SELECT ?, COALESCE(MAX(number), 0) + 1, ?, ? FROM journal WHERE job = ? RETURNING number",
        job, kept, shown, job,
    )  # fmt: skip
    assert isinstance(number, int)
    return number, len(kept) + len(shown)


def read(tables: SystemTables, job: str) -> tuple[list[Entry], list[Told], int]:
    """All that the runs of a job have recorded, and told, in its order; and how many bytes that takes."""
    entries: list[Entry] = []
    told: list[Told] = []
    size = 0
    for kept, trace in tables.system("SELECT entries, trace FROM journal WHERE job = ? ORDER BY number", job):
        assert isinstance(kept, str)
        assert isinstance(trace, str)
        entries += exact.read(kept)
        told += json.loads(trace)
        size += len(kept) + len(trace)
    return entries, told, size
