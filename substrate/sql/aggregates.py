"""Aggregates: what they take, what they give, and where they may stand."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import F64, I64, ColumnType
from substrate.errors import shown
from substrate.sql.fitting import FLOATS, fitted, is_number, named
from substrate.sql.refused import not_of, only, refusal
from substrate.sql.tree import Aggregate, Expr

if TYPE_CHECKING:
    from substrate.sql.expressions import Expressions


def _count(self: "Expressions", node: exp.Count) -> Expr:
    only(self.statement, node, "this", "big_int")
    if isinstance(node.this, exp.Star):
        only(self.statement, node.this)
        return _aggregated(self, node, lambda: Aggregate(I64, "count", None))
    return _aggregated(self, node, lambda: _of_values(self, node, "count", I64))


def _sum(self: "Expressions", node: exp.Expr) -> Expr:
    def reader() -> Aggregate:
        found = _of_values(self, node, "sum", None)
        kind = found.type or I64
        if not is_number(kind):
            raise not_of(self.statement, node, "a number", named(kind))
        assert found.arg is not None
        return Aggregate(kind if kind in FLOATS else I64, "sum", fitted(found.arg, kind), found.distinct)

    return _aggregated(self, node, reader)


def _avg(self: "Expressions", node: exp.Expr) -> Expr:
    found = _sum(self, node)
    assert isinstance(found, Aggregate)
    return Aggregate(F64, "avg", found.arg, found.distinct)


def _extreme(self: "Expressions", node: exp.Expr) -> Expr:
    return _aggregated(self, node, lambda: _of_values(self, node, node.key, None))


def _of_values(self: "Expressions", node: exp.Expr, op: str, kind: ColumnType | None) -> Aggregate:
    only(self.statement, node, "this", "big_int")
    some(self, node)
    inner, distinct = node.this, False
    if isinstance(inner, exp.Distinct):
        only(self.statement, inner, "expressions")
        if len(inner.expressions) != 1:
            raise refusal(self.statement, inner, "DISTINCT over several values", "count the rows of a subquery")
        inner, distinct = inner.expressions[0], True
    arg = self.read(inner) if op == "count" and not distinct else self.comparable(inner)
    return Aggregate(kind or arg.type, op, arg, distinct)


def _aggregated(self: "Expressions", node: exp.Expr, reader: Callable[[], Aggregate]) -> Aggregate:
    scope = self.scope
    if is_over(node):
        return reader()
    if scope.in_aggregate:
        raise self.statement.refused(node, "an aggregate cannot stand inside of another: compute it in a subquery")
    if scope.clause:
        hint = ": use HAVING" if scope.clause == "WHERE" else ""
        raise self.statement.refused(node, f"an aggregate cannot stand in {scope.clause}{hint}")
    scope.aggregated = scope.in_aggregate = True
    try:
        return reader()
    finally:
        scope.in_aggregate = False


def some(self: "Expressions", node: exp.Expr) -> None:
    """Raises Invalid for a call without an argument."""
    if node.args.get("this") is None:
        raise self.statement.refused(node, f"{shown(node.key)} needs an argument")


def is_over(node: exp.Expr) -> bool:
    """Whether this is what stands before OVER."""
    return isinstance(node.parent, exp.Window) and node.arg_key == "this"


READERS: Mapping[type[exp.Expr], Callable[["Expressions", Any], Expr]] = {
    exp.Count: _count,
    exp.Sum: _sum,
    exp.Avg: _avg,
    exp.Min: _extreme,
    exp.Max: _extreme,
}
