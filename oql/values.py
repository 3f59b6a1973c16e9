"""What a program computes with: kinds, text forms, equality and order. Values are never changed in place."""

import base64
import math
import re
from collections.abc import Collection, Hashable, Sequence
from itertools import chain
from typing import Any, TypeAlias

from oql import json
from oql.errors import Code, OqlError, failed, limit_reached


class Multi:
    """A multivariable: what the branches of one AND group bound to the same name, in branch order.

    It never holds another: the branches of a group inside a branch take that branch's place.
    """

    __slots__ = ("branches",)

    def __init__(self, branches: Sequence[Any]) -> None:
        self.branches: tuple[Any, ...] = tuple(branches)
        if Multi in map(type, self.branches):
            parts = (branch.branches if type(branch) is Multi else (branch,) for branch in self.branches)
            self.branches = tuple(chain.from_iterable(parts))

    def __repr__(self) -> str:
        return f"Multi{self.branches!r}"


class Image:
    """An image. `form` tells what its data is: pixels row by row ("RGB", "RGBA"), a file as it was loaded ("file"), or
    a file that was made of pixels ("png", "jpg", "webp")."""

    __slots__ = ("data", "form", "height", "width")

    def __init__(self, width: int, height: int, form: str, data: bytes) -> None:
        self.width = width
        self.height = height
        self.form = form
        self.data = data

    def file(self) -> bytes:
        """The image as a file that holds nothing but pixels, PNG unless it was made as another one."""
        if self.form in _MEDIA_TYPES:
            return self.data
        from oql.images.writing import encoded  # it takes time to load

        return encoded(self, "png", lambda size: None).data

    @property
    def media_type(self) -> str:
        """What kind of file `file` gives."""
        return _MEDIA_TYPES.get(self.form, "image/png")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and (self is other or self.file() == other.file())

    def __hash__(self) -> int:
        return hash((self.width, self.height))

    def __sizeof__(self) -> int:
        return _WEIGHT_OF_CONTAINER + len(self.data)

    def __repr__(self) -> str:
        return f"Image({self.width}, {self.height}, {self.form!r})"


_MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


class _Skipped:
    """The mark of a variable whose OR alternative was not needed; no program ever sees it as a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SKIPPED"


SKIPPED = _Skipped()

Value: TypeAlias = Any
"""None, bool, int, float, str, bytes, list, dict, Image or Multi."""

_KINDS: dict[type, str] = {
    type(None): "null", bool: "boolean", int: "number", float: "number", str: "text",
    bytes: "binary", list: "array", dict: "object", Image: "image", Multi: "multivariable",
}  # fmt: skip

MAX_JSON_BYTES = 64 * 2**20
"""How long the JSON of one value may be. Arrays share their elements, so a small value can be long as text."""

_WEIGHT_OF_CONTAINER = 32
SCALARS = frozenset({bool, int, float, type(None)})

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_LONGEST_NUMBER = 4_000


def kind_of(value: Value) -> str:
    """The kind's name as messages show it."""
    return _KINDS.get(type(value), type(value).__name__.lower())


def text_form(value: Value) -> str:
    """The text that `&`, STRING and joined EMITs use; null is empty, arrays and objects are compact JSON."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, (int, float)):
        return json.number_text(value)
    if isinstance(value, (bytes, Image)):
        return base64.b64encode(octets_of(value)).decode()
    if isinstance(value, Multi):
        return text_form(value.branches[0])
    return to_json(value).decode()


def octets_of(value: bytes | Image) -> bytes:
    """Binary as it is, an image as a file."""
    return value.file() if isinstance(value, Image) else value


def to_json(value: Value) -> bytes:
    """Compact JSON of any value: binary and the files of images as base64 text, of a multivariable the branches.

    LimitExceeded when it would be longer than `MAX_JSON_BYTES` or nests too deeply.
    """
    return _json_bytes(value, sort_keys=False)


def _json_bytes(value: Value, *, sort_keys: bool) -> bytes:
    if isinstance(value, (list, dict, Multi)) and json_weight(value) > MAX_JSON_BYTES:
        raise limit_reached("bytes of JSON", f"{MAX_JSON_BYTES:,}")
    try:
        return json.dumps(value, _json_default, sort_keys=sort_keys)
    except json.TooDeepError as error:
        raise OqlError(Code.LIMIT_EXCEEDED, error.message, final=True) from None
    except json.JsonError as error:
        raise failed(Code.JSON_FAILED, error.message) from None


def json_weight(value: Value) -> int:
    """About how many bytes of JSON a value makes, a part that occurs n times counted n times; stops when too many."""
    total, waiting = 0, [value]
    while waiting and total <= MAX_JSON_BYTES:
        found = waiting.pop()
        if isinstance(found, (str, bytes, Image)):
            total += len(found.data) * 4 // 3 if isinstance(found, Image) else len(found)
            continue
        total += _WEIGHT_OF_CONTAINER
        parts: Collection[Any] = ()
        if isinstance(found, dict):
            total += sum(map(len, found)) + 4 * len(found)
            parts = found.values()
        elif isinstance(found, list):
            parts = found
        elif isinstance(found, Multi):
            parts = found.branches
        kinds = set(map(type, parts))
        if kinds <= SCALARS:
            total += 5 * len(parts)
        elif kinds == {str}:
            total += sum(map(len, parts))
        else:
            waiting.extend(parts)
    return total


def _json_default(value: Any) -> Any:
    if isinstance(value, (bytes, Image)):
        return base64.b64encode(octets_of(value)).decode()
    if isinstance(value, Multi):
        return list(value.branches)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def number(text: str) -> int | float | None:
    """The number a text stands for (blanks around it allowed), or None: no hex, no infinities."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_NUMBER or not _NUMBER.fullmatch(stripped):
        return None
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    read = float(stripped)
    return whole(read) if math.isfinite(read) else None


def whole(value: float) -> int | float:
    """An integral float as the exact integer it stands for; any other number unchanged."""
    return int(value) if value.is_integer() and abs(value) < json.WRITTEN_OUT else value


def as_number(value: Value) -> int | float | None:
    """The number that a value is or, as numeric text, stands for; None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    return number(value) if isinstance(value, str) else None


def equal(left: Value, right: Value) -> bool:
    """IS EQUAL TO: null only equals null; numbers read numeric text, booleans "true" and "false"; else text forms."""
    if type(left) is type(right) and isinstance(left, (str, int, float, bytes, type(None))):
        return bool(left == right)
    if left is None or right is None:
        return False
    if _is_number(left) or _is_number(right):
        first, second = as_number(left), as_number(right)
        if first is not None and second is not None:
            return first == second
    return text_form(left) == text_form(right)


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def identical(left: Value, right: Value) -> bool:
    """IS IDENTICAL TO: the same kind and the same value; the order of an object's keys does not count."""
    if kind_of(left) != kind_of(right):
        return False
    if isinstance(left, (list, dict)):
        return _json_bytes(left, sort_keys=True) == _json_bytes(right, sort_keys=True)
    return bool(left == right)


def identity(value: Value) -> Hashable:
    """A key that two values share exactly when they are identical."""
    return kind_of(value), _json_bytes(value, sort_keys=True) if isinstance(value, (list, dict)) else value


def less(left: Value, right: Value) -> bool:
    """IS LESS THAN: as numbers when both sides read as numbers, else by code point of the text forms."""
    first, second = as_number(left), as_number(right)
    if first is not None and second is not None:
        return first < second
    return text_form(left) < text_form(right)


def normalise(value: Value) -> Value:
    """The value with integral floats as integers, in arrays and objects too."""
    return json.normalise(value)
