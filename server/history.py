"""The record of runs that were over at once: written behind, the newest of each namespace, in nobody's way.

However many runs there are, writing takes a small part of the time: the longer it took, the longer the next one waits.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

from oql.jobs import records
from server.logs import log
from substrate.errors import StoreError
from substrate.interface import Cell, Namespace

KEPT = 1_000
"""Runs that a namespace keeps, and at most writes each time."""
BEHIND_S = 1.0
PAUSE = 50
"""Between writes, as a multiple of what the last one took."""
MOST_BYTES = 4 * 2**20

Run = tuple[Cell, ...]


@dataclass(slots=True)
class _Unwritten:
    runs: deque[Run] = field(default_factory=deque)
    size: int = 0

    def add(self, run: Run, size: int) -> None:
        self.runs.append(run)
        self.size += size
        while len(self.runs) > KEPT or (self.size > MOST_BYTES and len(self.runs) > 1):
            self.size -= _size(self.runs.popleft())


class History:
    """The runs of one process that are still to be written."""

    def __init__(self, namespaces: Callable[[str], Namespace]) -> None:
        self._namespaces = namespaces
        self._unwritten: dict[str, _Unwritten] = {}
        self._guard = threading.Lock()
        self._timer: threading.Timer | None = None
        self._behind_s = BEHIND_S

    def add(
        self, namespace: str, job: str, source: str, created: float, finished: float, answer: bytes, ok: bool
    ) -> None:
        """Keeps a run to be written; older ones make room where many come."""
        run = (job, "complete" if ok else "error", source, created, finished, answer)
        with self._guard:
            found = self._unwritten.get(namespace)
            if found is None:
                found = self._unwritten[namespace] = _Unwritten()
            found.add(run, len(source) + len(answer))
            if self._timer is None:
                self._timer = threading.Timer(self._behind_s, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Writes what there is."""
        began = perf_counter()
        with self._guard:
            unwritten, self._unwritten, self._timer = self._unwritten, {}, None
        for name, found in unwritten.items():
            rows = [_row(run) for run in found.runs]
            try:
                self._namespaces(name).write(partial(records.add_history, runs=rows, keep=KEPT))
            except StoreError as error:
                log().warning("history not written", namespace=name, reason=error.message)
        self._behind_s = max(BEHIND_S, PAUSE * (perf_counter() - began))

    def close(self) -> None:
        """Writes the last ones."""
        with self._guard:
            if self._timer:
                self._timer.cancel()
        self.write()


def _size(run: Run) -> int:
    return len(run[2]) + len(run[5])  # type: ignore[arg-type] # a text and bytes


def _row(run: Run) -> Run:
    """As `records.add_history` takes it; the request is not kept."""
    job, state, source, created, finished, answer = run
    assert isinstance(answer, bytes)
    return job, state, source, "{}", created, finished, answer.decode()
