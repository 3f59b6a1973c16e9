"""What standard output and standard error can show."""

import os
from typing import IO, Any


def colored(stream: IO[Any]) -> bool:
    """Whether a stream is a terminal that is to show colours (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def is_terminal(stream: IO[Any]) -> bool:
    """Whether somebody is watching."""
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
