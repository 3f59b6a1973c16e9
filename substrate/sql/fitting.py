"""Which types go together, and how expressions are brought to one type.

A text constant stands for a timestamp, a date or a uuid beside one; a null is of any type; integers become floats
beside floats. Everything else is unlike, and refused.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from substrate.columns import BOOL, DATE, F64, I64, NUMBER, STR, TIMESTAMP, U64, UNLIKE, UUID, ColumnType
from substrate.errors import Invalid, described
from substrate.sql.tree import Call, Compound, Constant, Expr, Parameter, Query, Type

WHOLE = (I64, U64)
FLOATS = (F64, NUMBER)
I64_LIMIT = 2**63
FROM_TEXT = (TIMESTAMP, DATE, UUID)
"""The types that a text constant can stand for."""


class Unlike(Exception):
    """Two types do not go together."""

    def __init__(self, left: ColumnType, right: ColumnType) -> None:
        super().__init__(left, right)
        self.left, self.right = left, right


def is_text_constant(expr: Expr) -> bool:
    """Whether this is a text in the statement or a parameter, which takes the type of what stands beside it."""
    return isinstance(expr, (Constant, Parameter)) and expr.type is STR


def is_number(column_type: Type) -> bool:
    """Whether values of the type are numbers."""
    return column_type is not None and column_type.is_number


def common(exprs: Iterable[Expr]) -> Type:
    """The one type of several expressions; None where all are null. Raises Unlike."""
    exprs = list(exprs)
    found: Type = None
    for expr in exprs:
        if expr.type is not None and not is_text_constant(expr):
            found = _joined(found, expr.type)
    if any(map(is_text_constant, exprs)) and found not in FROM_TEXT:
        found = _joined(found, STR)
    return found


def _joined(left: Type, right: ColumnType) -> ColumnType:
    if left is None or left is right:
        return right
    if left.is_number and right.is_number:
        return _number(left, right)
    raise Unlike(left, right)


def _number(left: ColumnType, right: ColumnType) -> ColumnType:
    if F64 in (left, right):
        return F64
    return NUMBER if NUMBER in (left, right) else I64


def fitted(expr: Expr, target: Type) -> Expr:
    """An expression as one of the common type."""
    if target is None or expr.type is target:
        return expr
    if isinstance(expr, Constant):
        return _constant(expr, target)
    if isinstance(expr, Parameter):
        return replace(expr, type=target)
    if target in FLOATS and expr.type in WHOLE:
        return Call(target, "float", (expr,))
    if expr.type is None:
        return Call(target, "null", (expr,))
    # Between integers, and between floats, only the name of the type is another.
    return expr


def _constant(expr: Constant, target: ColumnType) -> Constant:
    if expr.value is None:
        return Constant(target, None)
    if expr.type is STR and target in FROM_TEXT:
        return Constant(target, canonical(expr.value, target))
    if target in FLOATS and expr.type in WHOLE:
        return Constant(target, float(expr.value))
    return Constant(target, expr.value)


def canonical(value: object, target: ColumnType) -> str | int:
    """A text as a timestamp, date or uuid. Raises Invalid."""
    read = target.coerced(value, "")
    if read is UNLIKE or isinstance(read, (bool, float, bytes)):
        raise Invalid(f"expected {target.expects}, found {described(value)}")
    return read


def named(column_type: Type) -> str:
    """A type in words."""
    return "null" if column_type is None else f"a value of type {column_type.name}"


def beside(expr: Expr, other: Type) -> Expr:
    """An operand beside a number: a constant takes the other's type where that loses nothing."""
    if not isinstance(expr, Constant) or not isinstance(expr.value, (int, float)):
        return expr
    value = expr.value
    if expr.type in FLOATS and other in WHOLE and float(value).is_integer():
        # Beyond 64 bits it equals no integer, and orders as an infinity does.
        return Constant(I64, int(value)) if abs(value) < I64_LIMIT else Constant(F64, math.copysign(math.inf, value))
    if expr.type in WHOLE and other in FLOATS and int(float(value)) == value:
        return Constant(F64, float(value))
    return expr


def truth(expr: Expr) -> Expr | None:
    """A condition, or None for an expression that is none."""
    if expr.type is BOOL:
        return expr
    return fitted(expr, BOOL) if expr.type is None else None


def retyped(query: Query, types: Sequence[Type]) -> Query:
    """A query whose outputs are of these types, which they fit."""
    if isinstance(query, Compound):
        return replace(query, left=retyped(query.left, types), right=retyped(query.right, types))
    return replace(query, items=tuple(fitted(item, kind) for item, kind in zip(query.items, types, strict=True)))
