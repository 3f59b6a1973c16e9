"""What there is to tell of a run while it goes on: the entries of its trace that are complete, each once."""

from collections.abc import Iterable
from typing import Any

from oql.program import Program
from oql.trace import ERROR, RUNNING, SUSPENDED, Trace, sums_json

Told = dict[str, Any]
"""An entry of a trace as answers carry it."""


class Progress:
    """The trace of one run, told bit by bit. `before`: entries that earlier runs of the job have told."""

    def __init__(self, program: Program, trace: Trace, started: int, before: Iterable[Told] = ()) -> None:
        """`started`: when the job began, in the nanoseconds of this run's clock."""
        self._program = program
        self._trace = trace
        self._started = started
        self._known = {_identity(entry) for entry in before}
        self._open: list[int] = []
        self._seen = 0

    def new(self) -> list[Told]:
        """The entries that were completed since this was last called."""
        entries = self._trace.entries
        end = len(entries)
        fresh = [*self._open, *range(self._seen, end)]
        self._seen = end
        self._open = [place for place in fresh if entries[place][3] == RUNNING]
        ended = (place for place in fresh if entries[place][3] != RUNNING)
        told = [self._trace.shown(place, self._program, self._started) for place in ended]
        return [entry for entry in told if self._is_new(entry)]

    def sums(self) -> list[Told]:
        """What had no room among the entries, summed per place; for the end of the run."""
        return sums_json(self._trace, self._program)

    def _is_new(self, entry: Told) -> bool:
        identity = _identity(entry)
        if identity in self._known:
            return False
        self._known.add(identity)
        return True


def _identity(entry: Told) -> tuple[Any, ...]:
    return entry["path"], entry["status"], entry["step"]


def _waited(began: Told, ended: Told) -> Told:
    """A step that was suspended, from when it began to wait until it ended."""
    ends = ended.get("started_ms", 0) + ended["duration_ms"]
    start = began.get("started_ms", 0)
    return {**ended, "started_ms": start, "duration_ms": round(ends - start, 3)}


def whole(told: Iterable[Told]) -> list[Told]:
    """The trace of a job from all that its runs have told: in the order of the steps, each as it ended."""
    last: dict[tuple[Any, ...], Told] = {}
    for entry in told:
        place = entry["path"], entry["step"]
        before = last.get(place)
        if before is None or before["status"] == ERROR:
            last[place] = entry
        elif before["status"] == SUSPENDED:
            last[place] = _waited(before, entry)
    return sorted(last.values(), key=lambda entry: ("started_ms" not in entry, entry.get("started_ms", 0)))
