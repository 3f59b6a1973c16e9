"""Values: those that stand in a statement, and the parameters, which are given with it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import BOOL, F64, I64, STR, ColumnType
from substrate.sql.fitting import I64_LIMIT
from substrate.sql.refused import only
from substrate.sql.scope import Statement
from substrate.sql.tree import Constant, Expr, Parameter

if TYPE_CHECKING:
    from substrate.sql.expressions import Expressions


def _literal(self: "Expressions", node: exp.Literal) -> Expr:
    if node.is_string:
        return Constant(STR, node.this)
    return number(self.statement, node, node.this)


def number(statement: Statement, node: exp.Expr, written: str) -> Constant:
    """A number as written: an integer of 64 bits, or a float."""
    digits = written.replace("_", "")
    if digits.isascii() and digits.lstrip("-").isdigit() and len(digits) < 25 and -I64_LIMIT <= int(digits) < I64_LIMIT:
        return Constant(I64, int(digits))
    try:
        value = float(digits)
    except ValueError:
        raise statement.refused(node, "expected a number") from None
    if abs(value) == float("inf"):
        raise statement.refused(node, "the number is too large")
    return Constant(F64, value + 0.0)


def _null(self: "Expressions", node: exp.Null) -> Expr:
    return Constant(None, None)


def _boolean(self: "Expressions", node: exp.Boolean) -> Expr:
    return Constant(BOOL, bool(node.this))


def _parameter(self: "Expressions", node: exp.Parameter) -> Parameter:
    """`$1`, of the type that its value has."""
    number = node.this
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit() or len(number.this) > 5:
        raise self.statement.refused(node, "expected a parameter such as `$1`")
    only(self.statement, node, "this")
    place = int(number.this)
    kinds = self.statement.kinds
    if place < 1:
        raise self.statement.refused(node, "parameters are numbered from 1")
    self.statement.parameters = max(self.statement.parameters, place)
    if kinds is None:
        return Parameter(None, place)
    if place > len(kinds):
        raise self.statement.refused(node, f"`${place}` has no value: there are {len(kinds)} params")
    return Parameter(_type_of(self, node, kinds[place - 1]), place)


def _type_of(self: "Expressions", node: exp.Expr, kind: type | None) -> ColumnType | None:
    if kind in (dict, list):
        raise self.statement.refused(node, "expected a param of text, a number, true, false or null")
    return None if kind is None else _KINDS[kind]


_KINDS: Mapping[type, ColumnType] = {bool: BOOL, int: I64, float: F64, str: STR}

READERS: Mapping[type[exp.Expr], Callable[["Expressions", Any], Expr]] = {
    exp.Literal: _literal,
    exp.Null: _null,
    exp.Boolean: _boolean,
    exp.Parameter: _parameter,
}
