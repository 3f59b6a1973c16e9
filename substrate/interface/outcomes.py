"""What comes of works that others do."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
Outcome: TypeAlias = tuple[Any, BaseException | None]
"""What a work gave, or what it raised."""
Told: TypeAlias = Callable[[Sequence[Outcome], bool], None]
"""Hears what came of some works, in their order, and whether a follower that has to have it all may lack it."""


class Pending(Future[T]):
    """What a work gives once it is on disk. `degraded`: a follower that has to have it may lack it."""

    degraded = False

    def tell(self, outcomes: Sequence[Outcome], late: bool) -> None:
        """For `Namespace.submit_all` with one work. Whoever waited may have given up."""
        [(given, failure)] = outcomes
        self.degraded = late
        if not self.set_running_or_notify_cancel():
            return
        if failure is not None:
            self.set_exception(failure)
        else:
            self.set_result(given)
