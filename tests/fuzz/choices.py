"""Choices out of bytes: drawn in one piece, which is quick, and shrunk to fewer and smaller ones."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Makes one choice after another of bytes; when they are used up, always the first."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = iter(drawn)

    def pick(self, *choices: T) -> T:
        """One of the choices; of more than 256 the first 256 take part."""
        return choices[self.count(len(choices) - 1)]

    def of(self, choices: Sequence[T]) -> T:
        """One of many choices."""
        return choices[(256 * next(self._drawn, 0) + next(self._drawn, 0)) % len(choices)]

    def count(self, most: int) -> int:
        """A number from 0 to `most`."""
        return next(self._drawn, 0) % (most + 1)
