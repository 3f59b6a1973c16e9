"""When the durable work of a namespace is due next: jobs, deliveries, crons, watches that are behind."""

from substrate.errors import NotFound
from substrate.interface import SystemTables

_TABLES = ("job", "delivery", "cron")
_EACH = " UNION ALL ".join(f"SELECT min(due) AS due FROM {table} WHERE due IS NOT NULL" for table in _TABLES)  # noqa: S608
_FIRST = f"SELECT min(due) FROM ({_EACH}) AS each_due"  # noqa: S608


def next_due(tables: SystemTables) -> float | None:
    """The first time, in Unix seconds, at which something of these tables is due; None for never."""
    try:
        [(due,)] = tables.system(_FIRST)
    except NotFound:
        return None
    return due if due is None else float(due)
