"""JSON in and out of the language: compact, in key order, numbers in shortest form, depth bounded."""

import json as stdlib_json
import math
import re
from typing import Any

import orjson

MAX_DEPTH = 64
"""How deep JSON that comes in may nest: as the server's bodies, so that no value overflows a stack."""

WRITTEN_OUT = 1e21
"""Integral floats below this are exact integers, written with all their digits; as in JavaScript."""

_WRITABLE_BITS = 14_284
"""Integers of so many bits have up to 4,300 digits, the most that Python writes out; none that is read is longer."""

_LEAST, _MOST = -(2**63), 2**64 - 1
"""The integers that orjson writes."""

_TOO_DEEP = "nested more than {} levels deep"
_FLOATS = re.compile(r"\d[.eE]")


class JsonError(ValueError):
    """Text that is not JSON, or a value that JSON cannot carry; line and column count from 1, 0 when unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class TooDeepError(JsonError):
    """JSON, or a value to become JSON, that nests deeper than any stack should follow."""


def dumps(value: Any, default: Any = None, *, sort_keys: bool = False) -> bytes:
    """Compact JSON of a value. Integers may have any size; `default` turns other types into JSON values."""
    option = orjson.OPT_SORT_KEYS if sort_keys else 0
    try:
        return orjson.dumps(value, default, option)
    except TypeError as error:
        if "Recursion" in str(error):
            raise TooDeepError("the value is nested too deeply for JSON") from None
        return _dumps_slow(value, default, option)


def indented(value: Any) -> str:
    """JSON for people to read, indented by two blanks."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # nested deeply, or an integer beyond 64 bits
        return dumps(value).decode()


def _dumps_slow(value: Any, default: Any, option: int) -> bytes:
    """What orjson cannot write: integers beyond 64 bits, keys that are no texts. All else is as it writes it."""
    try:
        made = None if default is None else lambda other: _for_orjson(default(other))
        return orjson.dumps(_for_orjson(value), made, option | orjson.OPT_NON_STR_KEYS)
    except RecursionError:
        raise TooDeepError("the value is nested too deeply for JSON") from None
    except (TypeError, ValueError) as error:
        raise JsonError(f"the value does not fit JSON: {error}") from None


def _for_orjson(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _for_orjson(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_for_orjson(item) for item in value]
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return orjson.Fragment(str(value))
    return float(value) if isinstance(value, float) else value


def loads(text: str | bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text: integers exact, integral floats as integers, of a repeated key the last."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        kind = TooDeepError if "depth limit" in error.msg else JsonError
        raise kind(error.msg, error.lineno, error.colno) from None
    if raw.count(b"[") + raw.count(b"{") > max_depth and deeper_than(value, max_depth):
        raise TooDeepError(_TOO_DEEP.format(max_depth))
    decoded = raw.decode()
    if len(decoded) > 18 and re.search(r"\d{19}", decoded):
        value = _loads_exactly(decoded)
    return normalise(value) if _FLOATS.search(decoded) else value


def _loads_exactly(text: str) -> Any:
    """What orjson cannot read exactly: integers beyond 64 bits."""
    try:
        return stdlib_json.loads(text)
    except ValueError as error:
        raise JsonError(str(error)) from None


_BYTES_PER_VALUE = 60
_BYTES_PER_ARRAY = 64
_BYTES_PER_OBJECT = 184


def weight_when_read(text: str) -> int:
    """About how many bytes the value of a JSON text takes."""
    values = text.count(",") + text.count(":")
    containers = _BYTES_PER_ARRAY * text.count("[") + _BYTES_PER_OBJECT * text.count("{")
    return len(text) + _BYTES_PER_VALUE * values + containers


def deeper_than(value: Any, depth: int) -> bool:
    """Whether a value nests more than so many arrays and objects into each other."""
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            if isinstance(item, (list, dict))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (list, dict))
        ]
        if not level:
            return False
    return True


def normalise(value: Any) -> Any:
    """The same value with every integral float as an exact integer, as the language shows numbers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < WRITTEN_OUT else value
    if isinstance(value, list):
        return [normalise(item) for item in value]
    if isinstance(value, dict):
        return {key: normalise(item) for key, item in value.items()}
    return value


def number_text(number: int | float) -> str:
    """The shortest text that reads back as the same number, without a trailing `.0`."""
    if isinstance(number, int):
        return str(number) if number.bit_length() < _WRITABLE_BITS else hex(number)
    if number.is_integer() and abs(number) < WRITTEN_OUT:
        return str(int(number))
    if not math.isfinite(number):
        raise JsonError("not a finite number")
    return orjson.dumps(number).decode()
