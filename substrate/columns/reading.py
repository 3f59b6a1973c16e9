"""From JSON into the one form in which a column holds a value: checked, never coerced.

Each function takes a JSON value that is not null and gives the canonical value, or raises Unfit. Two
values of a column are the same exactly when their canonical values are equal.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from math import isfinite
from typing import TypeAlias

from substrate.names import flaw_of

Canonical: TypeAlias = bool | int | float | str | bytes

EXACT = 2**53
"""Up to here a float holds every whole number."""

MAX_DEPTH = 64
"""How deep a `json` value may nest, as JSON that comes in."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Unfit(Exception):
    """The type does not hold this value; the reason says more than what the type expects, or is empty."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


def text(value: object) -> str:
    """Text as it is."""
    if not isinstance(value, str):
        raise Unfit
    if flaw := flaw_of(value):
        raise Unfit(f"text cannot hold {flaw}")
    return value


def whole(low: int, high: int) -> Callable[[object], int]:
    """A reader of integers of a range. `1.0` is none: JSON tells it from `1`."""

    def read(value: object) -> int:
        if type(value) is int and low <= value <= high:
            return value
        raise Unfit

    return read


def floating(value: object) -> float:
    """A finite number as the nearest 64-bit float; -0.0 is 0.0, because not every store tells them apart."""
    if type(value) is float and isfinite(value):
        return value + 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unfit
    try:
        read = float(value)
    except OverflowError:
        raise Unfit from None
    if not isfinite(read):
        raise Unfit
    return read + 0.0


def number(value: object) -> float:
    """As `floating`, but a whole number must be one that a float holds exactly."""
    read = floating(value)
    if abs(read) >= EXACT and value not in (EXACT, -EXACT):
        raise Unfit("a whole number beyond 2^53 would lose digits")
    return read


def boolean(value: object) -> bool:
    """True or false; 0 and 1 are numbers."""
    if isinstance(value, bool):
        return value
    raise Unfit


def binary(value: object) -> bytes:
    """Bytes from base64 text (RFC 4648, padded, the one way to write them); bytes as they are."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise Unfit
    try:
        decoded = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Unfit from None
    if base64.b64encode(decoded).decode() != value:
        raise Unfit
    return decoded


def uuid(value: object) -> str:
    """A UUID in lower case, whatever the case in which it comes."""
    if isinstance(value, str) and _UUID.fullmatch(folded := value.lower()):
        return folded
    raise Unfit


def document(value: object) -> str:
    """Any JSON value as compact text: keys keep their order, numbers their value."""
    try:
        written = _write_json(value)
    except (TypeError, ValueError, RecursionError):
        raise Unfit from None
    if written.count("[") + written.count("{") > MAX_DEPTH and _deeper_than(value, MAX_DEPTH):
        raise Unfit(f"JSON nests at most {MAX_DEPTH} deep")
    if ("\\u0000" in written or not written.isascii()) and (flaw := _flaw_inside(value)):
        raise Unfit(f"text cannot hold {flaw}")
    return written


def _deeper_than(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth == 0 or any(_deeper_than(item, depth - 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return depth == 0 or any(_deeper_than(item, depth - 1) for item in value)
    return False


def _flaw_inside(value: object) -> str | None:
    """What keeps a text somewhere inside a value from being stored."""
    if isinstance(value, str):
        return flaw_of(value)
    if isinstance(value, dict):
        return next(filter(None, map(_flaw_inside, (*value, *value.values()))), None)
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_flaw_inside, value)), None)
    return None
