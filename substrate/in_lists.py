"""Lists for `IN (...)`: many values are asked for in lists of a few lengths, so that engines see few statements."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
_SIZES = (1, 8, 64, 512)


def in_lists(values: Iterable[T], most: int = _SIZES[-1]) -> Iterator[tuple[str, list[T]]]:
    """The marks and the values of each list; the last value stands for those that are missing.

    most: how many values a list has at most: 1, 8, 64 or 512.
    """
    given = iter(values)
    while some := list(islice(given, most)):
        size = next(size for size in _SIZES if size >= len(some))
        yield ", ".join("?" * size), some + some[-1:] * (size - len(some))
