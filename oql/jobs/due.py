"""When the durable work of a namespace is due next: jobs, deliveries, crons, and watches that are behind."""

from oql.wake import is_behind
from substrate.errors import NotFound
from substrate.interface import Namespace

_EACH = " UNION ALL ".join(
    f"SELECT min(due) AS due FROM {table} WHERE due IS NOT NULL" for table in ("job", "delivery", "cron")
)
_FIRST = f"SELECT min(due) FROM ({_EACH}) AS each_due"


def next_due(namespace: Namespace, now: float) -> float | None:
    """The first time, in Unix seconds, at which something is due, `now` where a watch is behind; None for never."""
    try:
        if is_behind(namespace):
            return now
        [(due,)] = namespace.system(_FIRST)
    except NotFound:
        return None
    return due  # type: ignore[return-value] # a number or null
