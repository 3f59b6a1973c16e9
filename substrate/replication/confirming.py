"""Answers that wait until every configured follower has a write, or until that has taken too long.

One thread of a process looks at what was acknowledged, as long as somebody waits. A namespace whose followers were too
late is `degraded`: its writes are answered at once, and so marked, until they have caught up with the write that was
the first without them.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from substrate import log
from substrate.interface import DatabaseError, Lsn
from substrate.replication.leases import Followers

LOOK_SECONDS = 0.001
"""How often what was acknowledged is looked at. On PostgreSQL a look is a round trip."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    name: str
    place: int
    ends: float
    told: Callable[[bool], None]


class Confirming:
    """Waits for followers. `names`: those that have to acknowledge; `seconds`: how long one write waits for them."""

    def __init__(self, followers: Followers, names: Sequence[str], seconds: float) -> None:
        self._followers = followers
        self._names = tuple(names)
        self._seconds = seconds
        self._guard = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._late: dict[str, int] = {}
        self._thread: threading.Thread | None = None

    def when_confirmed(self, name: str, end: Lsn, told: Callable[[bool], None]) -> None:
        """Calls `told` once: with False when all followers have the frames before `end`, True when that is too late."""
        place = log.place(end)
        late = self._late.get(name)
        if late is not None:
            if self._is_late(name, late):
                told(True)
                return
            self._late.pop(name, None)
        with self._guard:
            self._waiting.append(_Waiting(name, place, time.monotonic() + self._seconds, told))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="confirming", daemon=True)
                self._thread.start()
            self._guard.notify()

    def confirmed(self, name: str, end: Lsn) -> bool:
        """As `when_confirmed`, for whoever can wait: False where the followers were too late."""
        done, late = threading.Event(), [False]

        def told(degraded: bool) -> None:
            late[0] = degraded
            done.set()

        self.when_confirmed(name, end, told)
        done.wait(self._seconds + 5)
        return not late[0]

    def needed(self, name: str) -> int | None:
        """The first place of a namespace's log that a configured follower still needs; None where it has none yet."""
        found = self._followers.places(name)
        return min((found[each] for each in self._names if each in found), default=None)

    def _is_late(self, name: str, late: int) -> bool:
        try:
            return self._least(name) < late
        except DatabaseError:
            return True

    def _least(self, name: str) -> int:
        """How far the slowest of the followers has come; -1 before one of them has said anything."""
        found = self._followers.places(name)
        return min((found.get(each, -1) for each in self._names), default=-1)

    def _look(self) -> None:
        state: Any = None
        while True:
            with self._guard:
                while not self._waiting:
                    self._guard.wait()
                waiting = list(self._waiting)
            now = time.monotonic()
            least: dict[str, int] = {}
            try:
                state, moved = self._moved(state)
                least = {name: self._least(name) for name in {each.name for each in waiting}} if moved else {}
            except DatabaseError:
                state = None  # nobody is known to have anything
            self._tell([each for each in waiting if least.get(each.name, -1) >= each.place], False)
            self._tell([each for each in waiting if now >= each.ends], True)
            time.sleep(LOOK_SECONDS)

    def _moved(self, before: Any) -> tuple[Any, bool]:
        """The state of the table, and whether it is worth reading. A new waiter may have been confirmed already."""
        state = self._followers.database.state(), tuple(map(id, self._waiting))
        return state, state != before

    def _tell(self, over: Sequence[_Waiting], late: bool) -> None:
        with self._guard:
            over = [each for each in over if each in self._waiting]
            self._waiting = [each for each in self._waiting if each not in over]
        for each in over:
            if late:
                self._late.setdefault(each.name, each.place)
            each.told(late)
