"""Keys as text: in paths of requests, in the log, in answers of searches. One text for each key."""

import json
import re
from collections.abc import Callable

from substrate.columns.reading import Canonical, Unfit

_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,308})(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)


def number_key(read: Callable[[object], Canonical]) -> Callable[[str], Canonical]:
    """A reader of key text from a reader of JSON numbers."""
    return lambda text: read(_number(text))


def boolean_key(text: str) -> bool:
    """`true` or `false`."""
    if text in ("true", "false"):
        return text == "true"
    raise Unfit


def moment_key(read: Callable[[object], int]) -> Callable[[str], int]:
    """A reader of key text from a reader of timestamps: a written time, or epoch seconds in digits."""
    return lambda text: read(_number(text) if _NUMBER.fullmatch(text) else text)


def key_text(shown: object) -> str:
    """The text of a key from its JSON form."""
    if type(shown) is int:
        return str(shown)
    return shown if isinstance(shown, str) else json.dumps(shown)


def _number(text: str) -> int | float:
    matched = _NUMBER.fullmatch(text)
    if not matched:
        raise Unfit
    return float(text) if matched[1] or matched[2] else int(text)
