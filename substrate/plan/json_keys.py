"""Keys in an array of JSON, as SQL: what a relation through a `json` column leads to.

An element of another kind than the key is none, as is a column that holds no array.
"""

from substrate.columns import BOOL, DATE, F64, I64, NUMBER, STR, U64, UUID, ColumnType
from substrate.engine import DialectName
from substrate.plan.select import Writing


def elements(column: str, writing: Writing) -> tuple[str, str]:
    """What FROM can have for the elements of the array in a column, and the alias of one there."""
    alias = writing.alias()
    if writing.dialect == "sqlite":
        return f"json_each(CASE WHEN json_type({column}) = 'array' THEN {column} END) AS {alias}", alias
    array = f"CASE WHEN json_typeof({column}::json) = 'array' THEN {column}::json END"
    return f"json_array_elements({array}) AS {alias}(value)", alias


def key_of(alias: str, key: ColumnType, dialect: DialectName) -> str | None:
    """An element as a key of this type, null where it is none; None where keys of the type are not in JSON."""
    written = _SQLITE if dialect == "sqlite" else _POSTGRES
    kinds, sql = written.get(key, ("", ""))
    kind = f"{alias}.type" if dialect == "sqlite" else f"json_typeof({alias}.value)"
    value = f"{alias}.atom" if dialect == "sqlite" else f"({alias}.value #>> '{{}}')"
    return f"CASE WHEN {kind} IN ({kinds}) THEN {sql.format(value)} END" if sql else None


_SQLITE = {
    STR: ("'text'", "{0}"),
    UUID: ("'text'", "lower({0})"),
    DATE: ("'text'", "{0}"),
    BOOL: ("'true', 'false'", "{0}"),
    **dict.fromkeys((I64, U64, F64, NUMBER), ("'integer', 'real'", "{0}")),
}

_WHOLE = (
    "CASE WHEN {0}::numeric = trunc({0}::numeric) AND"
    " {0}::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN {0}::numeric::bigint END"
)
_FLOAT = "CASE WHEN abs({0}::numeric) < 1.7976931348623158e308 THEN {0}::float8 END"
_HEX = "'^[0-9A-Fa-f]{{8}}(-[0-9A-Fa-f]{{4}}){{3}}-[0-9A-Fa-f]{{12}}$'"
# A month has the days that its first day has a month later; a day that there is not is no key.
_DAY = (
    "CASE WHEN {0} ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' AND {0} >= '0001' THEN"
    " CASE WHEN right({0}, 2)::int <= extract(day FROM (left({0}, 7) || '-01')::date + interval '1 month - 1 day')"
    " THEN {0}::date END END"
)

_POSTGRES = {
    STR: ("'string'", "{0}"),
    UUID: ("'string'", f"CASE WHEN {{0}} ~ {_HEX} THEN {{0}}::uuid END"),
    DATE: ("'string'", _DAY),
    BOOL: ("'boolean'", "{0}::boolean"),
    **dict.fromkeys((I64, U64), ("'number'", _WHOLE)),
    **dict.fromkeys((F64, NUMBER), ("'number'", _FLOAT)),
}
