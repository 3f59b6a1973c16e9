"""Savepoints that cost no round trip: what opens, closes or undoes one waits for the next statement to go in front of.

One that closes before anything was sent in it is never sent either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Mark(NamedTuple):
    """Where a savepoint was opened: its name, what waited then, and how often had been sent."""

    name: str
    waiting: int
    taken: int


class Savepoints:
    """The savepoints of one transaction. `outermost`: one that is open from the beginning to the end."""

    def __init__(self, outermost: str | None = None) -> None:
        self.waiting: list[str] = []
        """Statements to send before anything else."""
        self._open = [outermost] if outermost else []
        self._taken = 0

    def take(self) -> list[str]:
        """The statements that wait; they count as sent."""
        taken, self.waiting = self.waiting, []
        self._taken += 1
        return taken

    @contextmanager
    def around(self) -> Iterator[None]:
        """A savepoint as long as the block, which is undone if that raises."""
        mark = self.open()
        try:
            yield
        except BaseException:
            self.close(mark, undo=True)
            raise
        self.close(mark)

    def open(self) -> Mark:
        """Opens one; gives the mark that closes it."""
        mark = Mark(f"oc{len(self._open)}", len(self.waiting), self._taken)
        self._open.append(mark.name)
        self.waiting.append(f"SAVEPOINT {mark.name}")
        return mark

    def close(self, mark: Mark, *, undo: bool = False) -> None:
        """Closes the innermost one; `undo`: as if nothing had happened in it."""
        self._open.pop()
        if mark.taken == self._taken:
            del self.waiting[mark.waiting :]
        elif undo:
            self.waiting = [f"ROLLBACK TO SAVEPOINT {mark.name}", f"RELEASE SAVEPOINT {mark.name}"]
        else:
            self.waiting.append(f"RELEASE SAVEPOINT {mark.name}")

    def go_back(self) -> None:
        """Back to where the innermost one was opened; it stays open."""
        self.waiting = [f"ROLLBACK TO SAVEPOINT {self._open[-1]}"]

    def before_commit(self) -> list[str]:
        """What has to be sent before a commit: something undone, else nothing."""
        waiting = self.take()
        return waiting if any(statement.startswith("ROLLBACK") for statement in waiting) else []
