"""Marks: for each namespace, when somebody should look for due work in it. Kept in the control database "work".

    mark     work has become due, or will be at some time        at = the earlier of both, count moves
    begin    a drain starts: nobody else need look for a while   at = now + LEASE_SECONDS, unless count has moved
    hold     jobs are held: look no later than ...               at = the earlier of both
    settle   a drain has ended, and knows when work is due next  at = that time or no row, unless count has moved

Whoever settles has looked at the namespace after it read `count`. A mark made since then, and another drain that has
settled on a time, have moved the count, so no order of these calls loses a mark. A row that is deleted and made again
has another count: the first one is a clock's.

All but `begin`'s read is written by one thread for all callers together, marks first. What is lost when the process
dies before that costs a look too many, or is found by the scheduler's walk.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from substrate.errors import StoreError
from substrate.interface import ControlDatabase, DatabaseError, Transaction

DATABASE = "work"
MIGRATIONS = (
    """
    CREATE TABLE marks (namespace TEXT PRIMARY KEY, at DOUBLE PRECISION NOT NULL, count BIGINT NOT NULL);
    CREATE INDEX marks_at ON marks (at);
    """,
)
LEASE_SECONDS = 4.0
"""How long a namespace that is being drained is left alone by others; a death is noticed after that."""
TOGETHER_SECONDS = 0.01
"""The least time between two writes; what comes meanwhile is written together."""
RETRY_SECONDS = 1.0
MOST_DUE = 1_000
NO_COUNT = -1

_MARK = (
    "INSERT INTO marks (namespace, at, count) VALUES (?, ?, ?) ON CONFLICT (namespace) DO UPDATE SET"
    " at = CASE WHEN marks.at < excluded.at THEN marks.at ELSE excluded.at END, count = marks.count + ?"
)
_BEGIN = "UPDATE marks SET at = ? WHERE namespace = ? AND count = ? AND at < ?"
_SETTLE = (
    "INSERT INTO marks (namespace, at, count) VALUES (?, ?, ?) ON CONFLICT (namespace) DO UPDATE SET"
    " at = CASE WHEN marks.count = ? OR marks.at > excluded.at THEN excluded.at ELSE marks.at END,"
    " count = marks.count + 1"
)
_FORGET = "DELETE FROM marks WHERE namespace = ? AND count = ?"
_CLAIM = "UPDATE marks SET at = ? WHERE namespace = ? AND at <= ? RETURNING count"

_log = logging.getLogger("oql.worker")


@dataclass
class _Changes:
    """What is to be written for one namespace, in this order. `moves`: by how much its count moves."""

    at: float = math.inf
    moves: int = 0
    begun: dict[int, float] = field(default_factory=dict)
    settled: dict[int, float | None] = field(default_factory=dict)

    def add(self, later: "_Changes") -> None:
        """Takes up what came later."""
        self.at = min(self.at, later.at)
        self.moves |= later.moves
        self.begun |= later.begun
        for count, next_due in later.settled.items():
            known = self.settled.get(count)
            self.settled[count] = next_due if known is None else known if next_due is None else min(known, next_due)


class Marks:
    """The marks as one process sees them. Nothing but `due`, `begin` and `claim` waits or raises.

    `when_due` is called by the writing thread with namespaces whose marks are due, once they are written.
    """

    def __init__(
        self, control: ControlDatabase, when_due: Callable[[Sequence[str]], None] = lambda names: None
    ) -> None:
        self._control = control
        self._when_due = when_due
        self._pending: dict[str, _Changes] = {}
        self._guard = threading.Condition()
        self._writer: threading.Thread | None = None
        self._writing = False
        self._closing = False
        self._stamp = 0
        self._seen: Hashable = None
        self._quiet_until = 0.0

    def mark(self, namespace: str, at: float) -> None:
        """Work of the namespace is due at a time."""
        self._put(namespace, _Changes(at=at, moves=1))

    def hold(self, namespace: str, until: float) -> None:
        """Somebody has to look at the namespace at that time at the latest."""
        self._put(namespace, _Changes(at=until))

    def begin(self, namespace: str, now: float) -> int:
        """A drain begins: the count to settle with. Others leave the namespace alone for LEASE_SECONDS.

        Raises DatabaseError, StoreError.
        """
        rows = self._control.read("SELECT count FROM marks WHERE namespace = ?", namespace)
        count = int(str(rows[0][0])) if rows else NO_COUNT
        if rows:
            self._put(namespace, _Changes(begun={count: now + LEASE_SECONDS}))
        return count

    def claim(self, namespace: str, now: float) -> bool:
        """Takes a mark that is due away from all others for LEASE_SECONDS; False: somebody else was faster.

        Raises DatabaseError, StoreError.
        """
        with self._control.write() as transaction:
            return bool(transaction.execute(_CLAIM, now + LEASE_SECONDS, namespace, now))

    def settle(self, namespace: str, count: int, next_due: float | None) -> None:
        """A drain that began with `count` has ended; work is due next at `next_due`, None for never."""
        self._put(namespace, _Changes(settled={count: next_due}))

    def due(self, now: float) -> list[tuple[str, int]]:
        """Up to MOST_DUE namespaces to look at, with their counts, longest due first. Cheap while nothing changes.

        Raises DatabaseError, StoreError.
        """
        state = self._control.state()
        if state == self._seen and now < self._quiet_until:
            return []
        rows = self._control.read("SELECT namespace, count FROM marks WHERE at <= ? ORDER BY at LIMIT ?", now, MOST_DUE)
        if not rows:
            first = self._control.read("SELECT MIN(at) FROM marks")[0][0]
            self._seen, self._quiet_until = state, math.inf if first is None else float(str(first))
        return [(str(namespace), int(str(count))) for namespace, count in rows]

    def busy(self, until: float) -> list[str]:
        """Namespaces that are to be looked at until a time, up to MOST_DUE: all where a job is held are among them.

        Raises DatabaseError, StoreError.
        """
        rows = self._control.read("SELECT namespace FROM marks WHERE at <= ? ORDER BY at LIMIT ?", until, MOST_DUE)
        return [str(namespace) for (namespace,) in rows]

    def flush(self, seconds: float = 5.0) -> bool:
        """Waits until all is written; False where that took too long."""
        with self._guard:
            return self._guard.wait_for(lambda: not self._pending and not self._writing, seconds)

    def close(self) -> None:
        """Writes what there is and ends the thread. What comes later is lost."""
        with self._guard:
            self._closing = True
            self._guard.notify_all()
        if self._writer:
            self._writer.join(5.0)

    def _put(self, namespace: str, changes: _Changes) -> None:
        with self._guard:
            self._pending.setdefault(namespace, _Changes()).add(changes)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_on, name="marks", daemon=True)
                self._writer.start()
            self._guard.notify_all()

    def _write_on(self) -> None:
        while batch := self._take():
            began = time.monotonic()
            try:
                self._write(batch)
            except Exception as error:  # noqa: BLE001 - no other thread writes the marks
                if not self._put_back(batch, error):
                    return
            else:
                self._tell(batch)
                # A namespace that is marked again and again costs one write each time this passes.
                time.sleep(max(0.0, began + TOGETHER_SECONDS - time.monotonic()))

    def _take(self) -> dict[str, _Changes]:
        """All that is to be written; waits for it. Empty at the end."""
        with self._guard:
            self._writing = False
            self._guard.notify_all()
            self._guard.wait_for(lambda: self._pending or self._closing)
            batch, self._pending = self._pending, {}
            self._writing = bool(batch)
            return batch

    def _put_back(self, batch: dict[str, _Changes], error: Exception) -> bool:
        """Keeps a batch for the next try; False when this is the end."""
        _log.warning("marks of due work cannot be written, and are kept: %s", error, exc_info=unforeseen(error))
        with self._guard:
            for namespace, later in self._pending.items():
                batch.setdefault(namespace, _Changes()).add(later)
            self._pending = batch
            return not self._guard.wait_for(lambda: self._closing, RETRY_SECONDS)

    def _write(self, batch: dict[str, _Changes]) -> None:
        self._stamp = max(self._stamp + 1, time.time_ns() // 1_000)
        with self._control.write() as transaction:
            for namespace, changes in sorted(batch.items()):
                _apply(transaction, namespace, changes, self._stamp)

    def _tell(self, batch: dict[str, _Changes]) -> None:
        now = time.time()
        due = [namespace for namespace, changes in batch.items() if changes.moves and changes.at <= now]
        if not due:
            return
        try:
            self._when_due(due)
        except Exception as error:  # noqa: BLE001 - the marks are written, and found without that
            _log.warning("nobody could be told of marks that are due: %s", error, exc_info=unforeseen(error))


def unforeseen(error: Exception) -> Exception | None:
    """For `exc_info` of a log line: an error that needs its traceback, unlike a database that cannot be used."""
    return None if isinstance(error, (DatabaseError, StoreError)) else error


def _apply(transaction: Transaction, namespace: str, changes: _Changes, stamp: int) -> None:
    if changes.at < math.inf:
        transaction.execute(_MARK, namespace, changes.at, stamp, changes.moves)
    for count, until in changes.begun.items():
        if count not in changes.settled:
            transaction.execute(_BEGIN, until, namespace, count, until)
    for count, next_due in changes.settled.items():
        if next_due is None:
            transaction.execute(_FORGET, namespace, count)
        else:
            transaction.execute(_SETTLE, namespace, next_due, stamp, count)
