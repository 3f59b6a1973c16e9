"""Events of executions as they were committed: numbered from 1, in an order that is the same for everybody."""

from typing import Any

from oql import json
from oql.jobs.executions import last_event
from substrate.interface import SystemTables

Event = dict[str, Any]
"""{"type", "executionId", ...} as it is published."""

FINAL = ("execution_done", "execution_error")
"""Types of events behind which nothing is told, unless the execution is resumed."""

__all__ = ["FINAL", "Event", "after", "last", "started_at"]
last = last_event


def after(tables: SystemTables, execution: str, number: int, most: int) -> list[tuple[int, Event]]:
    """The events behind a number, about so many at most, each with its own number."""
    rows: list[Any] = tables.system(
        "SELECT number, events FROM execution_event WHERE job = ? AND number >= "
        "(SELECT COALESCE(max(number), 0) FROM execution_event WHERE job = ? AND number <= ?) ORDER BY number LIMIT ?",
        execution, execution, number + 1, most,
    )  # fmt: skip
    found = [(first + place, event) for first, events in rows for place, event in enumerate(json.loads(events))]
    return [(each, event) for each, event in found if each > number]


def started_at(tables: SystemTables, execution: str) -> int:
    """The number of the last execution_started: from there on events tell of the present run."""
    rows: list[Any] = tables.system(
        'SELECT number, events FROM execution_event WHERE job = ? AND events LIKE \'%"type":"execution_started"%\' '
        "ORDER BY number DESC LIMIT 1",
        execution,
    )
    for first, events in rows:
        numbers = [first + place for place, event in enumerate(json.loads(events)) if event["type"] == _STARTED]
        if numbers:
            return int(numbers[-1])
    return 1


_STARTED = "execution_started"
