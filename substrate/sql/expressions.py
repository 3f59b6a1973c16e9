"""Expressions: each node of sqlglot's tree that is allowed has a reader here or in `calls`; any other is refused."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import BOOL, I64, STR
from substrate.errors import Invalid
from substrate.sql import calls, literals, predicates
from substrate.sql.casts import cast_of
from substrate.sql.fitting import (
    FLOATS,
    FROM_TEXT,
    WHOLE,
    Unlike,
    beside,
    common,
    fitted,
    is_number,
    is_text_constant,
    named,
    truth,
)
from substrate.sql.refused import NODES, not_of, only, unlike, unsupported
from substrate.sql.scope import Scope
from substrate.sql.tree import Call, Constant, Expr, Type

if TYPE_CHECKING:
    from substrate.sql.statements import Queries

I64_LIMIT = 2**63

MAX_DEPTH = 100
"""How deep an expression may nest, chains of operators other than AND and OR included."""


class Expressions:
    """Reads the expressions of one SELECT: from nodes of the tree to typed ones."""

    def __init__(self, scope: Scope, queries: "Queries") -> None:
        self.scope = scope
        self.statement = scope.statement
        self.queries = queries

    def read(self, node: exp.Expr) -> Expr:
        """The expression of a node. Raises Invalid."""
        self.statement.depth += 1
        if self.statement.depth > MAX_DEPTH:
            raise self.statement.refused(node, f"the expression nests deeper than {MAX_DEPTH}")
        expr = self._read(node)
        self.statement.depth -= 1
        return expr

    def _read(self, node: exp.Expr) -> Expr:
        reader = READERS.get(type(node))
        calls.check_name(self.statement, node)
        if reader is None:
            raise unsupported(self.statement, node)
        loose = len(self.scope.loose)
        expr = reader(self, node)
        if self.scope.groups and expr in self.scope.groups:
            # What is grouped by may stand outside of aggregates, and so may the columns inside of it.
            del self.scope.loose[loose:]
        return expr

    def condition(self, node: exp.Expr) -> Expr:
        """An expression that is true, false or null."""
        expr = self.read(node)
        found = truth(expr)
        if found is None:
            raise not_of(self.statement, node, "a condition", f"{named(expr.type)}")
        return found

    def comparable(self, node: exp.Expr) -> Expr:
        """An expression whose values can be compared."""
        expr = self.read(node)
        if expr.type is not None and expr.type.order is None:
            message = f"values of type {expr.type.name} are never compared: test them for null only"
            raise self.statement.refused(node, message)
        return expr

    def number(self, node: exp.Expr) -> Expr:
        """An expression whose values are numbers."""
        expr = self.read(node)
        if expr.type is not None and not is_number(expr.type):
            raise not_of(self.statement, node, "a number", named(expr.type))
        return expr

    def whole(self, node: exp.Expr) -> Expr:
        """An expression whose values are integers."""
        expr = self.number(node)
        if expr.type in FLOATS:
            raise not_of(self.statement, node, "an integer", named(expr.type))
        return fitted(expr, I64)

    def text(self, node: exp.Expr) -> Expr:
        """An expression whose values are text."""
        expr = self.read(node)
        if expr.type not in (STR, None):
            raise not_of(self.statement, node, "text", f"{named(expr.type)}: CAST it AS text")
        return fitted(expr, STR)

    def alike(self, node: exp.Expr, exprs: Sequence[Expr], places: Sequence[exp.Expr] = ()) -> list[Expr]:
        """Expressions brought to one type. Raises Invalid where they are unlike; `places` are their nodes."""
        try:
            target = common(exprs)
        except Unlike as two:
            raise unlike(self.statement, node, named(two.left), named(two.right)) from None
        nodes = places or [node] * len(exprs)
        return [self.as_type(place, expr, target) for place, expr in zip(nodes, exprs, strict=True)]

    def as_type(self, node: exp.Expr, expr: Expr, target: Type) -> Expr:
        """An expression as one of a type that it fits; a text may be none that stands for a time, a date or a uuid."""
        try:
            return fitted(expr, target)
        except Invalid as bad:
            raise self.statement.refused(node, bad.message) from None

    def compared(self, op: str, node: exp.Expr, left: Expr, right: Expr) -> Expr:
        """A comparison: integers and floats by value, any other two types must be the same."""
        if is_number(left.type) and is_number(right.type):
            return Call(BOOL, op, (beside(left, right.type), beside(right, left.type)))
        places = (node.this, node.expression) if isinstance(node, exp.Binary) else ()
        return Call(BOOL, op, tuple(self.alike(node, (left, right), places)))


def _column(self: Expressions, node: exp.Column) -> Expr:
    if isinstance(node.this, exp.Star):
        raise self.statement.refused(node, "`*` stands alone in a list of columns, or in count(*)")
    return self.scope.column(node)


def _paren(self: Expressions, node: exp.Paren) -> Expr:
    return self.read(node.this)


def _arithmetic(self: Expressions, node: exp.Binary) -> Expr:
    op = _ARITHMETIC[type(node)]
    only(self.statement, node, "this", "expression", "typed", "safe")
    for side in (node.this, node.expression):
        if type(side) in NODES:
            raise unsupported(self.statement, side)
    operand = self.whole if op == "mod" else self.number
    left, right = self.alike(node, (operand(node.this), operand(node.expression)))
    kind = I64 if left.type in (None, *WHOLE) else left.type
    return Call(kind, op, (fitted(left, kind), fitted(right, kind)))


_ARITHMETIC: Mapping[type[exp.Expr], str] = {
    exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div", exp.Mod: "mod",
}  # fmt: skip


def _negative(self: Expressions, node: exp.Neg) -> Expr:
    inner = node.this
    if isinstance(inner, exp.Literal) and not inner.is_string:
        return literals.number(self.statement, node, f"-{inner.this}")
    operand = self.number(inner)
    kind = operand.type if operand.type in FLOATS else I64
    return Call(kind, "neg", (fitted(operand, kind),))


def _concatenation(self: Expressions, node: exp.DPipe) -> Expr:
    only(self.statement, node, "this", "expression", "safe")
    return Call(STR, "concat", (self.text(node.this), self.text(node.expression)))


def _case(self: Expressions, node: exp.Case) -> Expr:
    only(self.statement, node, "this", "ifs", "default")
    branches = node.args["ifs"]
    value, conditions = _conditions(self, node, branches)
    default = node.args.get("default")
    results = [self.read(each.args["true"]) for each in branches]
    results.append(Constant(None, None) if default is None else self.read(default))
    *results, last = self.alike(node, results)
    pairs = [part for pair in zip(conditions, results, strict=True) for part in pair]
    return Call(results[0].type, "casevalue" if value else "case", (*value, *pairs, last))


def _conditions(self: Expressions, node: exp.Case, branches: Sequence[Any]) -> tuple[list[Expr], list[Expr]]:
    """The value that CASE compares, if it does, and what stands after each WHEN."""
    if node.this is None:
        return [], [self.condition(each.this) for each in branches]
    operands = [self.comparable(node.this), *(self.comparable(each.this) for each in branches)]
    value, *others = self.alike(node, operands)
    return [value], others


def _cast(self: Expressions, node: exp.Cast) -> Expr:
    only(self.statement, node, "this", "to")
    target = cast_of(self.statement, node.args["to"])
    expr = self.read(node.this)
    if expr.type is None or expr.type is target:
        return fitted(expr, target)
    if is_text_constant(expr) and isinstance(expr, Constant) and target in FROM_TEXT:
        return self.as_type(node.this, expr, target)
    if expr.type in FLOATS and target in FLOATS:
        return Call(target, "float", (expr,))
    if expr.type in WHOLE and target in WHOLE:
        return expr
    return calls.cast(self, node, expr, target)


def _call(self: Expressions, node: exp.Expr) -> Expr:
    return calls.read(self, node)


READERS: Mapping[type[exp.Expr], Callable[[Expressions, Any], Expr]] = {
    exp.Column: _column,
    exp.Paren: _paren,
    exp.Neg: _negative,
    exp.DPipe: _concatenation,
    exp.Case: _case,
    exp.Cast: _cast,
    **literals.READERS,
    **predicates.READERS,
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
    **dict.fromkeys(calls.CLASSES, _call),
}
