"""The other side of a comparison with a column.

A plan takes it as a row would, numbers by value (`with_...`). A program of the language also compares with
what stands for a value of the column's type and loses nothing on the way (`..._from`). Unfit: they are unlike.
"""

import math
import re

from substrate.columns.reading import Unfit, text

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LONGEST_NUMBER = 4_000
_LONGEST_INTEGER = 10**_LONGEST_NUMBER
_I64 = 2**63


def with_whole(value: object) -> int | float:
    """A number to compare an integer column with: by value, so `2.0` is 2 and `1.5` lies between 1 and 2.

    Beyond 64 bits it becomes an infinity, which orders as the number does and equals nothing.
    """
    read = _number(value)
    if isinstance(read, float) and read.is_integer():
        read = int(read)
    if isinstance(read, int) and not -_I64 <= read < _I64:
        return math.inf if read > 0 else -math.inf
    return read


def with_float(value: object) -> int | float:
    """A number to compare a column of floats with: a float, or the integer itself where no float equals it."""
    read = _number(value)
    try:
        nearest = float(read)
    except OverflowError:
        return math.inf if read > 0 else -math.inf
    return read if nearest != read and -_I64 <= read < _I64 else nearest + 0.0


def whole_from(value: object) -> int | float:
    """As `with_whole`, also from numeric text."""
    return with_whole(_of_text(value))


def float_from(value: object) -> int | float:
    """As `with_float`, also from numeric text."""
    return with_float(_of_text(value))


def text_from(value: object) -> str:
    """Text, or the one text form of a boolean or a number; a number written with an exponent has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        value = int(value)
    if isinstance(value, float) and math.isfinite(value) and "e" not in repr(value):
        return repr(value)
    if isinstance(value, int) and abs(value) < _LONGEST_INTEGER:
        return str(value)
    return text(value)


def boolean_from(value: object) -> bool:
    """A boolean, or the text `true` or `false`."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Unfit


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_number(value):
        raise Unfit
    return value


def _is_number(value: int | float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _of_text(value: object) -> object:
    """The number that a text stands for, as the language reads it; anything else as it is."""
    if not isinstance(value, str):
        return value
    stripped = value.strip()
    if len(stripped) > _LONGEST_NUMBER or not _NUMBER.fullmatch(stripped):
        raise Unfit
    return int(stripped) if _INTEGER.fullmatch(stripped) else float(stripped)
