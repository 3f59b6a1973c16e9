"""The formats of CONVERT besides JSON, one module each: `read` and `write`, or `html`.

Each asks for the memory it is about to take through `claim`, which raises when there is too little.
"""

from collections.abc import Callable
from typing import TypeAlias

Claim: TypeAlias = Callable[[int], None]


class FormatError(ValueError):
    """Text that is not of the format, or a value it cannot carry; line and column from 1, 0 if unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
