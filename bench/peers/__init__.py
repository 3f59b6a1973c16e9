"""What ours stands beside: other engines, frameworks and libraries that do the same work, each with a module here.

The extra `bench` installs them. They are imported when they are asked for, so one that is not there is shown as such.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import Any, TypeVar

from bench.figures import Absent
from bench.rounds import absence

T = TypeVar("T")
U = TypeVar("U")


def library(name: str) -> Any:
    """An outside library, which has no types here. Raises ModuleNotFoundError."""
    return import_module(name)


def opened(stack: ExitStack, peer: Callable[[], AbstractContextManager[T]]) -> T | Absent:
    """A peer that is closed with the stack; absent where it cannot be had."""
    try:
        return stack.enter_context(peer())
    except Exception as failure:  # noqa: BLE001 - whatever ails a peer, the run goes on
        return absence(failure)


def of(peer: T | Absent, made: Callable[[T], U]) -> U | Absent:
    """What is made of a peer that is there."""
    if isinstance(peer, Absent):
        return peer
    try:
        return made(peer)
    except Exception as failure:  # noqa: BLE001 - as above
        return absence(failure)
