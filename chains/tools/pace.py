"""How long one piece of a step's work may take."""

from typing import Protocol

from oql.context import Context
from oql.errors import Code, OqlError, failed


class Worker(Protocol):
    """What a piece of work needs of the work that it is part of: see `chains.work.Work`."""

    @property
    def context(self) -> Context:
        """The run's."""

    def seconds_left(self) -> float:
        """How long there is."""

    def call_out(self) -> None:
        """Counts a call that leaves the machine, before it is made."""

    def look(self) -> None:
        """Raises when the execution is cancelled or out of time."""


class Pace:
    """The time of one piece of work, which begins now. It can be asked as `substrate.interface.Asker`."""

    def __init__(self, work: Worker, seconds: float) -> None:
        self.seconds = seconds
        self._work = work
        self._clock = work.context.monotonic_ns
        self._until = self._clock() + int(seconds * 1e9)

    def left(self) -> float:
        """The seconds that are left, of these or of the whole step, where that has less."""
        return min((self._until - self._clock()) / 1e9, self._work.seconds_left())

    def look(self) -> None:
        """Raises when the execution is to end, or this piece of it is out of time."""
        self._work.look()
        if self.left() <= 0:
            raise self.over()

    def claim(self, size: int) -> None:
        """All that is read here is bounded by itself."""

    def over(self) -> OqlError:
        """The error of a piece of work that is out of time."""
        return failed(Code.NET_TIMEOUT, f"no result within {self.seconds:g} s")
