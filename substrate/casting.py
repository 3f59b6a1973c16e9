"""The forms that a text must have to be CAST on every engine: regular expressions of both Python and PostgreSQL."""

from collections.abc import Mapping

from substrate.columns import BOOL, DATE, F64, I64, TIMESTAMP, UUID, ColumnType

_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"

FORMS: Mapping[ColumnType, str] = {
    I64: r"\s*[+-]?[0-9]{1,19}\s*",
    F64: r"\s*[+-]?(?:[0-9]{1,255}\.?[0-9]{0,255}|\.[0-9]{1,255})(?:[eE][+-]?[0-9]{1,4})?\s*",
    BOOL: r"[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]",
    DATE: _DAY,
    TIMESTAMP: rf"{_DAY}(?:[Tt ]{_CLOCK}(?:\.\d{{1,12}})?(?:[Zz]|[+-](?:0\d|1[0-5]):[0-5]\d)?)?",
    UUID: r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
}

ZONELESS = rf"^({_DAY}(?:[Tt ]{_CLOCK}(?:\.\d{{1,12}})?)?)$"
"""A time that is in UTC because it says nothing else."""
