"""What callers bring: embeddings as the bytes that are kept, and metadata with the terms that filters look up."""

import base64
import binascii
import contextlib
import struct
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from math import isfinite
from typing import Any

from substrate import json
from substrate.errors import Invalid, described, kind_of, shown
from substrate.interface.vectors import MOST_DIMENSIONS
from substrate.names import flaw_of

MOST_FIELDS = 256
MOST_METADATA_BYTES = 64 * 2**10
_NUMBERS = {int, float}
_FIELD_BYTES = 8
_FLOAT_BYTES = 4


def packed(numbers: object, what: str) -> bytes:
    """The numbers of a vector as 32-bit floats. Raises Invalid, which calls it `what`."""
    given = _decoded(numbers, what) if isinstance(numbers, str) else _listed(numbers, what)
    if not 1 <= len(given) <= MOST_DIMENSIONS:
        raise Invalid(f"`{what}`: expected 1 to {MOST_DIMENSIONS:,} numbers, found {len(given):,}", field=what)
    try:
        found = struct.pack(f"<{len(given)}f", *given)
        finite = isfinite(sum(given))
    except (OverflowError, struct.error):
        raise Invalid(f"`{what}`: a number is too large for 32 bits", field=what) from None
    if not finite and not all(map(isfinite, given)):
        raise Invalid(f"`{what}`: a number is not finite", field=what)
    return found


def _listed(numbers: object, what: str) -> Sequence[float]:
    if not isinstance(numbers, Sequence) or isinstance(numbers, (str, bytes)):
        raise Invalid(f"`{what}`: expected an array of numbers, found {kind_of(numbers)}", field=what)
    if not set(map(type, numbers)) <= _NUMBERS:
        wrong = next(number for number in numbers if type(number) not in _NUMBERS)
        raise Invalid(f"`{what}`: expected numbers, found {described(wrong)}", field=what)
    return numbers


def _decoded(text: str, what: str) -> Sequence[float]:
    with contextlib.suppress(binascii.Error, ValueError):
        raw = base64.b64decode(text, validate=True)
        if len(raw) % _FLOAT_BYTES == 0:
            return struct.unpack(f"<{len(raw) // _FLOAT_BYTES}f", raw)
    raise Invalid(f"`{what}`: expected an array of numbers, or the base64 of 32-bit floats", field=what)


def metadata_text(metadata: object) -> bytes | None:
    """The metadata of a vector as JSON, None for nothing. Raises Invalid: no flat object of scalars, or a large one."""
    if metadata is None:
        return None
    flat(metadata, "metadata")
    text = json.dumps(metadata)
    if len(text) > MOST_METADATA_BYTES:
        raise Invalid(f"`metadata`: expected at most {MOST_METADATA_BYTES:,} bytes", field="metadata")
    return text


def flat(found: object, what: str) -> Mapping[str, Any]:
    """A flat object of scalars. Raises Invalid."""
    if not isinstance(found, Mapping):
        raise Invalid(f"`{what}`: expected an object, found {kind_of(found)}", field=what)
    if len(found) > MOST_FIELDS:
        raise Invalid(f"`{what}`: expected at most {MOST_FIELDS} fields, found {len(found)}", field=what)
    for name, value in found.items():
        _look_at(name, value, what)
    return found


def _look_at(name: str, value: object, what: str) -> None:
    if value is not None and not isinstance(value, (bool, int, float, str)):
        message = f"`{what}`: {shown(name)} has {kind_of(value)}: expected text, a number, true, false or null"
        raise Invalid(message, field=what)
    if isinstance(value, float) and not isfinite(value):
        raise Invalid(f"`{what}`: {shown(name)} is not finite", field=what)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Invalid(f"`{what}`: {shown(name)} is too large for 64 bits", field=what)
    for text in (name, value):
        if isinstance(text, str) and (flaw := flaw_of(text)):
            raise Invalid(f"`{what}`: a text cannot hold {flaw}", field=what)


def terms(metadata: Mapping[str, Any]) -> list[bytes]:
    """What filters look up of metadata. A field that is null is as one that is not there."""
    return [term(name, value) for name, value in metadata.items() if value is not None]


def term(name: str, value: object) -> bytes:
    """A field with a value: 24 bytes, that begin with those of the field."""
    return field(name) + blake2b(_canonical(value), digest_size=16).digest()


def field(name: str) -> bytes:
    """A field: the first 8 bytes of its terms."""
    return blake2b(name.encode(), digest_size=_FIELD_BYTES).digest()


def behind(prefix: bytes) -> bytes:
    """The least bytes behind all that begin with these; one more byte than those of a term where they are the last."""
    number = int.from_bytes(prefix) + 1
    return number.to_bytes(_FIELD_BYTES) if number < 1 << 8 * _FIELD_BYTES else b"\xff" * 25


def _canonical(value: object) -> bytes:
    """The same for values that are equal: of numbers 1 and 1.0, which true is not."""
    if isinstance(value, bool):
        return b"b1" if value else b"b0"
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    return b"s" + value.encode() if isinstance(value, str) else b"n" + repr(value).encode()
