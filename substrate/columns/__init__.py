"""The types of columns: `named` finds one, the type itself does the rest."""

from substrate.columns.column_type import UNLIKE, Bound, ColumnType, Json, Order, Storage, unchanged
from substrate.columns.declared import (
    BOOL,
    BY_NAME,
    BY_OQL_WORD,
    BYTES,
    DATE,
    ENCRYPTED,
    F64,
    I64,
    JSON,
    NUMBER,
    STR,
    TIMESTAMP,
    TYPES,
    U64,
    UUID,
    named,
)
from substrate.columns.keys import key_text
from substrate.columns.reading import Canonical, Unfit

__all__ = [
    "BOOL",
    "BYTES",
    "BY_NAME",
    "BY_OQL_WORD",
    "DATE",
    "ENCRYPTED",
    "F64",
    "I64",
    "JSON",
    "NUMBER",
    "STR",
    "TIMESTAMP",
    "TYPES",
    "U64",
    "UNLIKE",
    "UUID",
    "Bound",
    "Canonical",
    "ColumnType",
    "Json",
    "Order",
    "Storage",
    "Unfit",
    "key_text",
    "named",
    "unchanged",
]
