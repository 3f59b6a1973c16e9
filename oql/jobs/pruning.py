"""Jobs that have ended long ago are forgotten, with all that belongs to them."""

from substrate.interface import Frame


def prune(frame: Frame, now: float, keep_s: float, most: int = 500) -> int:
    """Deletes jobs that ended longer ago, at most so many, with all that belongs to them; how many."""
    gone = frame.system(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished < ? LIMIT ?) RETURNING id", now - keep_s, most
    )
    for (job,) in gone:
        for table in ("journal", "wait", "delivery"):
            frame.system(f"DELETE FROM {table} WHERE job = ?", job)
    return len(gone)
