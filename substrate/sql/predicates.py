"""Conditions: comparisons, tests, and what joins them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import BOOL, STR
from substrate.sql.fitting import WHOLE, Unlike, beside, common, is_number, named
from substrate.sql.refused import only, refusal, unlike, unsupported
from substrate.sql.tree import Among, Call, Column, Constant, Exists, Expr, Query, Scalar, Type, types_of

if TYPE_CHECKING:
    from substrate.sql.expressions import Expressions


def _junction(self: "Expressions", node: exp.Connector) -> Expr:
    """AND or OR over any number of conditions, which may be thousands: no recursion along them."""
    kind = type(node)
    parts: list[exp.Expr] = []
    left: exp.Expr = node
    while type(left) is kind:
        only(self.statement, left, "this", "expression")
        parts.append(left.args["expression"])
        left = left.args["this"]
    parts.append(left)
    return Call(BOOL, kind.key, tuple(self.condition(part) for part in reversed(parts)))


def _not(self: "Expressions", node: exp.Not) -> Expr:
    return Call(BOOL, "not", (self.condition(node.this),))


def _comparison(self: "Expressions", node: exp.Binary) -> Expr:
    only(self.statement, node, "this", "expression")
    for side in (node.this, node.expression):
        if isinstance(side, (exp.Any, exp.All)):
            raise unsupported(self.statement, side)
    return self.compared(_COMPARISONS[type(node)], node, self.comparable(node.this), self.comparable(node.expression))


_COMPARISONS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge",
    exp.NullSafeEQ: "same", exp.NullSafeNEQ: "differs",
}  # fmt: skip


def _is(self: "Expressions", node: exp.Is) -> Expr:
    only(self.statement, node, "this", "expression", "negate")
    negate = bool(node.args.get("negate"))
    if isinstance(node.expression, exp.Null):
        return Call(BOOL, "notnull" if negate else "isnull", (self.read(node.this),))
    if isinstance(node.expression, exp.Boolean):
        op = "true" if node.expression.this else "false"
        return Call(BOOL, f"isnot{op}" if negate else f"is{op}", (self.condition(node.this),))
    raise refusal(self.statement, node, "IS with this operand", "expected NULL, TRUE or FALSE")


def _between(self: "Expressions", node: exp.Between) -> Expr:
    only(self.statement, node, "this", "low", "high")
    places = (node.this, node.args["low"], node.args["high"])
    value, low, high = (self.comparable(place) for place in places)
    if isinstance(value, Column) and all(is_number(each.type) for each in (value, low, high)):
        return Call(BOOL, "and", (self.compared("ge", node, value, low), self.compared("le", node, value, high)))
    return Call(BOOL, "between", tuple(self.alike(node, (value, low, high), places)))


def _in(self: "Expressions", node: exp.In) -> Expr:
    only(self.statement, node, "this", "expressions", "query")
    value = self.comparable(node.this)
    inner = node.args.get("query")
    if inner is not None:
        return _among(self, node, value, inner)
    items = [self.comparable(item) for item in node.expressions]
    if not items:
        raise self.statement.refused(node, "IN needs at least one value")
    if is_number(value.type) and all(is_number(item.type) for item in items):
        return _in_numbers(value, items)
    return Call(BOOL, "in", tuple(self.alike(node, (value, *items), (node.this, *node.expressions))))


def _in_numbers(value: Expr, items: list[Expr]) -> Expr:
    """Whether a number is among others, compared by value: integers with integers, floats with floats."""
    items = [beside(item, value.type) for item in items]
    same: list[Expr] = []
    other: list[Expr] = []
    for item in items:
        (same if (item.type in WHOLE) is (value.type in WHOLE) else other).append(item)
    parts = [Call(BOOL, "in", (value, *each)) for each in (same, other) if each]
    return parts[0] if len(parts) == 1 else Call(BOOL, "or", tuple(parts))


def _among(self: "Expressions", node: exp.In, value: Expr, inner: exp.Expr) -> Expr:
    query = self.queries.inner(inner, self.scope)
    (kind,) = _one_column(self, inner, query)
    if kind is not None and kind.order is None:
        raise self.statement.refused(inner, f"values of type {kind.name} are never compared")
    stand_in = Call(kind, "value", ())
    try:
        target = common((value, stand_in))
        return Among(BOOL, self.as_type(node.this, value, target), self.queries.retyped(query, [target]))
    except Unlike as two:
        raise unlike(self.statement, node, named(two.left), named(two.right)) from None


def _one_column(self: "Expressions", node: exp.Expr, query: Query) -> Sequence[Type]:
    types = types_of(query)
    if len(types) != 1:
        raise self.statement.refused(node, f"expected a subquery of one column, found {len(types)}")
    return types


def _subquery(self: "Expressions", node: exp.Subquery) -> Expr:
    query = self.queries.inner(node, self.scope)
    (kind,) = _one_column(self, node, query)
    return Scalar(kind, query)


def _exists(self: "Expressions", node: exp.Exists) -> Expr:
    only(self.statement, node, "this")
    return Exists(BOOL, self.queries.inner(node.this, self.scope))


def _like(self: "Expressions", node: exp.Like) -> Expr:
    return _matched(self, node, None)


def _escape(self: "Expressions", node: exp.Escape) -> Expr:
    like, mark = node.this, node.expression
    if not isinstance(like, exp.Like):
        raise unsupported(self.statement, node)
    if not isinstance(mark, exp.Literal) or not mark.is_string or len(mark.this) != 1:
        raise self.statement.refused(mark, "expected one character in quotes after ESCAPE")
    return _matched(self, like, Constant(STR, mark.this))


def _matched(self: "Expressions", node: exp.Like, mark: Constant | None) -> Expr:
    only(self.statement, node, "this", "expression", "negate")
    if isinstance(node.expression, (exp.Any, exp.All)):
        raise unsupported(self.statement, node.expression)
    args: tuple[Expr, ...] = (self.text(node.this), self.text(node.expression))
    matched = Call(BOOL, "like", args if mark is None else (*args, mark))
    return Call(BOOL, "not", (matched,)) if node.args.get("negate") else matched


READERS: Mapping[type[exp.Expr], Callable[["Expressions", Any], Expr]] = {
    exp.And: _junction,
    exp.Or: _junction,
    exp.Not: _not,
    exp.Is: _is,
    exp.Between: _between,
    exp.In: _in,
    exp.Subquery: _subquery,
    exp.Exists: _exists,
    exp.Like: _like,
    exp.Escape: _escape,
    **dict.fromkeys(_COMPARISONS, _comparison),
}
