"""When the durable work of a namespace is due next: jobs, deliveries, crons, schedules, and watches that are behind."""

from typing import Any

from oql.wake import is_behind
from substrate.errors import NotFound
from substrate.interface import Namespace, SystemTables

_EACH = " UNION ALL ".join(
    f"SELECT min(due) AS due FROM {table} WHERE due IS NOT NULL" for table in ("delivery", "cron", "chain_schedule")
)
_FIRST = f"SELECT min(due) FROM ({_EACH}) AS each_due"


def next_due(namespace: Namespace, now: float, at_once: int | None = None) -> float | None:
    """The first time, in Unix seconds, at which something is due, `now` where a watch is behind; None for never.

    `at_once`: how many jobs may run; see `next_job`.
    """
    try:
        if is_behind(namespace):
            return now
        [(other,)] = namespace.system(_FIRST)
        dues: list[Any] = [other, next_job(namespace, now, at_once), namespace.upkeep_due()]
    except NotFound:
        return None
    return min((due for due in dues if due is not None), default=None)


def next_job(tables: SystemTables, now: float, at_once: int | None = None) -> float | None:
    """When a job of the namespace is due next, of which so many may run at once; None for never.

    While as many are running, that is when the first of them is left to others: whoever ends one looks again by itself.
    """
    which = "due IS NOT NULL"
    if at_once is not None and running(tables, now) >= at_once:
        which = "holder IS NOT NULL AND state = 'running'"
    [(due,)] = tables.system(f"SELECT min(due) FROM job WHERE {which}")
    return due  # type: ignore[return-value] # a number or null


def running(tables: SystemTables, now: float) -> int:
    """How many jobs are running now, in whatever process; those whose holder has died are not."""
    [(count,)] = tables.system(
        "SELECT count(*) FROM job WHERE holder IS NOT NULL AND state = 'running' AND due > ?", now
    )
    assert isinstance(count, int)
    return count
