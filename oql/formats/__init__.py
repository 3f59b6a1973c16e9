"""The formats of CONVERT besides JSON, one module each: `read` and `write`, or `html`."""


class FormatError(ValueError):
    """Text that is not of the format, or a value it cannot carry; line and column from 1, 0 if unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
