"""The types of columns, each declared once: names, JSON form, engines, comparisons, text of keys."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from substrate.columns import comparing, keys, moments, reading
from substrate.columns.column_type import ColumnType, Json, Order, Storage
from substrate.errors import unknown

_I64 = reading.whole(-(2**63), 2**63 - 1)
_U64 = reading.whole(0, 2**63 - 1)


def _number_shown(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _json(text: str) -> Json:
    return json.loads(text)


def _ciphertext(value: object) -> bytes:
    """Only the cipher may stand between a clear value and an engine."""
    if isinstance(value, bytes):
        return value
    raise TypeError("an encrypted value reaches the engine as ciphertext only")


# Text orders by code point: SQLite does so by itself, PostgreSQL by the collation "C".
_TEXT_IN_ORDER = 'text COLLATE "C"'

STR = ColumnType(
    "str", "text", reading.text, Order.TEXT, Storage("TEXT"), Storage(_TEXT_IN_ORDER),
    synonyms=("string", "ulid"), oql="TEXT", coerces=comparing.text_from,
)  # fmt: skip

I64 = ColumnType(
    "i64", "an integer of 64 bits", _I64, Order.NUMBER, Storage("INTEGER"), Storage("bigint"),
    compares=comparing.with_whole, coerces=comparing.whole_from, keys=keys.number_key(_I64),
)  # fmt: skip

U64 = ColumnType(
    "u64", "an integer from 0 to 2^63-1", _U64, Order.NUMBER, Storage("INTEGER"), Storage("bigint"),
    compares=comparing.with_whole, coerces=comparing.whole_from, keys=keys.number_key(_U64),
)  # fmt: skip

F64 = ColumnType(
    "f64", "a finite number", reading.floating, Order.NUMBER, Storage("REAL"), Storage("double precision"),
    compares=comparing.with_float, coerces=comparing.float_from, keys=keys.number_key(reading.floating),
)  # fmt: skip

NUMBER = ColumnType(
    "number", "a finite number", reading.number, Order.NUMBER, Storage("REAL"), Storage("double precision"),
    oql="NUMBER", shows=_number_shown,
    compares=comparing.with_float, coerces=comparing.float_from, keys=keys.number_key(reading.number),
)  # fmt: skip

BOOL = ColumnType(
    "bool", "true or false", reading.boolean, Order.BOOLEAN, Storage("INTEGER", int, bool), Storage("boolean"),
    oql="BOOLEAN", coerces=comparing.boolean_from, keys=keys.boolean_key,
)  # fmt: skip

BYTES = ColumnType(
    "bytes", "base64 text", reading.binary, Order.BYTES, Storage("BLOB"), Storage("bytea", read=bytes),
    oql="BLOB", shows=_base64,
)  # fmt: skip

TIMESTAMP = ColumnType(
    "timestamp", "an RFC 3339 time or epoch seconds", moments.timestamp, Order.TIME,
    Storage("INTEGER"), Storage("timestamptz", moments.datetime_of, moments.micros_of),
    oql="TIMESTAMP", shows=moments.timestamp_text,
    coerces=moments.comparable_timestamp, keys=keys.moment_key(moments.timestamp),
)  # fmt: skip

DATE = ColumnType(
    "date", "a date as YYYY-MM-DD", moments.day, Order.DAY,
    Storage("TEXT"), Storage("date", date.fromisoformat, date.isoformat),
    oql="DATE", coerces=moments.comparable_day,
)  # fmt: skip

UUID = ColumnType(
    "uuid", "a UUID in hexadecimal groups of 8-4-4-4-12", reading.uuid, Order.UUID,
    Storage("TEXT"), Storage("uuid", uuid.UUID, str), oql="UUID",
)  # fmt: skip

JSON = ColumnType(
    "json", "a JSON value", reading.document, None, Storage("TEXT"), Storage("text"), oql="JSON", shows=_json,
)  # fmt: skip

ENCRYPTED = ColumnType(
    "encrypted", "text", reading.text, None,
    Storage("BLOB", _ciphertext), Storage("bytea", _ciphertext, bytes), oql="ENCRYPTED", secret=True,
)  # fmt: skip

TYPES = (STR, I64, U64, F64, NUMBER, BOOL, BYTES, TIMESTAMP, DATE, UUID, JSON, ENCRYPTED)
"""Every type there is."""

BY_NAME: Mapping[str, ColumnType] = MappingProxyType(
    {name: declared for declared in TYPES for name in (declared.name, *declared.synonyms)}
)
"""The types by their names in manifests, synonyms included."""

BY_OQL_WORD: Mapping[str, ColumnType] = MappingProxyType({declared.oql: declared for declared in TYPES if declared.oql})
"""The types by their words in CREATE TABLE."""


def named(name: str, column: str) -> ColumnType:
    """The type that a manifest names, or Invalid naming the column."""
    if name not in BY_NAME:
        raise unknown(name, f"a type of column (`{column}`)", BY_NAME, column=column)
    return BY_NAME[name]
