"""What those who follow jobs from outside read: how far each has come, and what it has told since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oql import json
from oql.jobs.states import FINAL, State
from oql.progress import Told
from substrate.interface import SystemTables

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a job has come: its state, and the number of the last row of its journal, 0 for none."""

    state: State
    row: int

    @property
    def over(self) -> bool:
        """Whether nothing is told any more."""
        return self.state in FINAL


def stands(tables: SystemTables, jobs: Sequence[str]) -> dict[str, Stand]:
    """How far these jobs have come; those that are not there are left out."""
    found: dict[str, Stand] = {}
    for first in range(0, len(jobs), _AT_ONCE):
        some = jobs[first : first + _AT_ONCE]
        rows: list[Any] = tables.system(
            "SELECT job.id, job.state, (SELECT max(number) FROM journal WHERE journal.job = job.id) FROM job "
            f"WHERE job.id IN ({', '.join('?' * len(some))})",
            *some,
        )
        found.update({job: Stand(state, row or 0) for job, state, row in rows})
    return found


def told_from(tables: SystemTables, job: str, row: int, most: int) -> list[tuple[int, list[Told]]]:
    """What a job has told from a row of its journal on: at most so many rows that tell anything, each with its number.

    Rows never change, so a row's number and the index in its list name an entry for good.
    """
    rows: list[Any] = tables.system(
        "SELECT number, trace FROM journal WHERE job = ? AND number >= ? AND trace <> '[]' ORDER BY number LIMIT ?",
        job, row, most,
    )  # fmt: skip
    return [(int(number), json.loads(trace)) for number, trace in rows]
