"""Jobs that have ended long ago are forgotten, with all that belongs to them.

Of runs that were over at once a namespace remembers the newest alone, so what they have sent may outlive them.
"""

from oql.jobs.executions import KINDS
from substrate.interface import Cell, Frame

_OF_A_JOB = ("journal", "wait", "delivery", "execution", "execution_step", "execution_event")
_EXECUTIONS = f"kind IN ({', '.join(map(repr, KINDS))})"


def prune(frame: Frame, now: float, keep_s: float, keep_executions_s: float | None = None, most: int = 500) -> int:
    """Deletes jobs that ended longer ago, at most so many, with all that belongs to them; how many.

    keep_executions_s: the same of executions of chains, None for ever; those inside another one go with it.
    """
    gone = _deleted(frame, f"kind <> 'nested' AND NOT {_EXECUTIONS}", now - keep_s, most)
    if keep_executions_s is not None:
        for job in _deleted(frame, _EXECUTIONS, now - keep_executions_s, most):
            inside = [inner for (inner,) in frame.system("SELECT job FROM execution WHERE root = ?", job)]
            gone += [job, *(inner for inner in inside if inner != job)]
    for job in gone:
        frame.system("DELETE FROM job WHERE id = ?", job)
        for table in _OF_A_JOB:
            frame.system(f"DELETE FROM {table} WHERE job = ?", job)
    frame.system(
        "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE created < ? AND due IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = delivery.job) ORDER BY created LIMIT ?)",
        now - keep_s, most,
    )  # fmt: skip
    return len(gone)


def _deleted(frame: Frame, which: str, before: float, most: int) -> list[Cell]:
    rows = frame.system(
        f"DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished < ? AND {which} LIMIT ?) RETURNING id",
        before, most,
    )  # fmt: skip
    return [job for (job,) in rows]
