"""Forks: a connection carried into a child can damage what it leads to, so none is open while a process forks."""

import os
import threading
from typing import Protocol
from weakref import WeakSet


class ClosesBeforeFork(Protocol):
    """Something that opens what a child must not inherit."""

    def before_fork(self) -> None:
        """Closes everything idle, and lets nothing be opened until `after_fork`."""

    def after_fork(self) -> None:
        """Lets things be opened again, in the parent and in the child."""


_all: WeakSet[ClosesBeforeFork] = WeakSet()
_forking: list[ClosesBeforeFork] = []
_one_at_a_time = threading.Lock()
"""Held from before a fork until after it: two threads that fork at once would each wait for what the other holds."""


def watch(closes: ClosesBeforeFork) -> None:
    """From now on, `closes` is told of forks, as long as somebody uses it."""
    _all.add(closes)


def _before_fork() -> None:
    _one_at_a_time.acquire()
    _forking.extend(_all)
    for each in _forking:
        each.before_fork()


def _after_fork() -> None:
    while _forking:
        _forking.pop().after_fork()
    _one_at_a_time.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
