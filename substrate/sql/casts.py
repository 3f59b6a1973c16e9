"""The types that CAST can name, and which casts there are."""

from collections.abc import Mapping

from sqlglot import exp

from substrate.columns import BOOL, BY_NAME, DATE, F64, I64, STR, TIMESTAMP, UUID, ColumnType
from substrate.errors import shown
from substrate.sql.scope import Statement

_TYPES: Mapping[exp.DType, ColumnType] = {
    exp.DType.SMALLINT: I64,
    exp.DType.INT: I64,
    exp.DType.BIGINT: I64,
    exp.DType.FLOAT: F64,
    exp.DType.DOUBLE: F64,
    exp.DType.DECIMAL: F64,
    exp.DType.TEXT: STR,
    exp.DType.VARCHAR: STR,
    exp.DType.BOOLEAN: BOOL,
    exp.DType.TIMESTAMP: TIMESTAMP,
    exp.DType.TIMESTAMPTZ: TIMESTAMP,
    exp.DType.DATE: DATE,
    exp.DType.UUID: UUID,
}

CASTS: Mapping[ColumnType, frozenset[ColumnType]] = {
    STR: frozenset({I64, F64, BOOL, TIMESTAMP, DATE, UUID}),
    I64: frozenset({STR, F64, BOOL}),
    F64: frozenset({STR, I64}),
    BOOL: frozenset({STR, I64}),
    TIMESTAMP: frozenset({STR, DATE}),
    DATE: frozenset({STR, TIMESTAMP}),
    UUID: frozenset({STR}),
}
"""What a value of each type can be cast to; u64 goes as i64, number as f64."""


def cast_of(statement: Statement, node: exp.Expr) -> ColumnType:
    """The type that a CAST names: PostgreSQL's name for it, or that of manifests."""
    if isinstance(node, exp.DataType):
        name = node.args.get("kind")
        if node.this is exp.DType.USERDEFINED and isinstance(name, exp.Identifier):
            found = BY_NAME.get(name.name.lower())
        else:
            found = None if node.expressions else _TYPES.get(node.this)
        if found is not None and found in CASTS:
            return found
    there_are = "there are text, bigint, double precision, boolean, timestamptz, date and uuid"
    message = f"there is no CAST to {shown(node.sql('postgres')[:40])}: {there_are}"
    raise statement.refused(node.parent or node, message)
