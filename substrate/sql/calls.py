"""Functions: the few that there are, what they take, and the type that they give."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import BYTES, F64, I64, STR, ColumnType
from substrate.sql import aggregates, windows
from substrate.sql.aggregates import some
from substrate.sql.casts import CASTS
from substrate.sql.fitting import FLOATS, WHOLE, fitted
from substrate.sql.refused import only, unknown_function
from substrate.sql.scope import Statement
from substrate.sql.tree import Call, Constant, Expr

if TYPE_CHECKING:
    from substrate.sql.expressions import Expressions


def read(self: "Expressions", node: exp.Expr) -> Expr:
    """The call of a function."""
    return _READERS[type(node)](self, node)


def check_name(statement: Statement, node: exp.Expr) -> None:
    """Raises Invalid for a call by another name than the listed ones: the parser knows many synonyms."""
    if not isinstance(node, exp.Func) or "start" not in node.meta:
        return
    name = statement.text[node.meta["start"] : node.meta["end"] + 1].strip('"')
    if name.lower() not in NAMES.get(type(node), ()):
        raise unknown_function(statement, node, name, sorted({each for names in NAMES.values() for each in names}))


def _one(op: str, operand: str, kind: ColumnType | None = None) -> Callable[["Expressions", Any], Expr]:
    """A function of one argument, of the argument's type unless `kind` says another."""

    def reader(self: "Expressions", node: exp.Func) -> Expr:
        only(self.statement, node, "this", "big_int")
        some(self, node)
        arg: Expr = getattr(self, operand)(node.this)
        given = kind or arg.type or F64
        if op in ("ceil", "floor") and given in WHOLE:
            return arg
        return Call(given, op, (arg if kind else fitted(arg, given),))

    return reader


def _round(self: "Expressions", node: exp.Round) -> Expr:
    only(self.statement, node, "this", "decimals")
    some(self, node)
    value = self.number(node.this)
    value = fitted(value, value.type or F64)
    decimals = node.args.get("decimals")
    digits: Expr = Constant(I64, 0) if decimals is None else self.whole(decimals)
    kind = I64 if value.type in WHOLE else value.type
    return Call(kind, "roundwhole" if kind is I64 else "round", (value, digits))


def _trim(self: "Expressions", node: exp.Trim) -> Expr:
    only(self.statement, node, "this", "expression", "position")
    some(self, node)
    side = str(node.args.get("position") or "BOTH").upper()
    characters = node.args.get("expression")
    chars: Expr = Constant(STR, " ") if characters is None else self.text(characters)
    return Call(STR, _TRIMS[side], (self.text(node.this), chars))


_TRIMS = {"BOTH": "trim", "LEADING": "trimleft", "TRAILING": "trimright"}


def _substr(self: "Expressions", node: exp.Substring) -> Expr:
    only(self.statement, node, "this", "start", "length")
    start, length = node.args.get("start"), node.args.get("length")
    if start is None:
        raise self.statement.refused(node, "`substr` needs a text and a position")
    args = [self.text(node.this), self.whole(start)]
    return Call(STR, "substr", (*args, self.whole(length)) if length is not None else tuple(args))


def _replace(self: "Expressions", node: exp.Replace) -> Expr:
    only(self.statement, node, "this", "expression", "replacement")
    parts = [node.args.get(name) for name in ("this", "expression", "replacement")]
    if None in parts:
        raise self.statement.refused(node, "`replace` needs three texts")
    return Call(STR, "replace", tuple(self.text(part) for part in parts if part is not None))


def _coalesce(self: "Expressions", node: exp.Coalesce) -> Expr:
    only(self.statement, node, "this", "expressions")
    some(self, node)
    args = self.alike(node, [self.read(part) for part in (node.this, *node.expressions)])
    return Call(args[0].type, "coalesce", tuple(args)) if len(args) > 1 else args[0]


def _nullif(self: "Expressions", node: exp.Nullif) -> Expr:
    only(self.statement, node, "this", "expression")
    if node.args.get("this") is None or node.args.get("expression") is None:
        raise self.statement.refused(node, "`nullif` needs two arguments")
    left, right = self.alike(node, (self.comparable(node.this), self.comparable(node.expression)))
    return Call(left.type, "nullif", (left, right))


def _length(self: "Expressions", node: exp.Length) -> Expr:
    only(self.statement, node, "this")
    some(self, node)
    value = self.read(node.this)
    if value.type is BYTES:
        return Call(I64, "lengthbytes", (value,))
    return Call(I64, "length", (self.text(node.this) if value.type is not STR else value,))


def cast(self: "Expressions", node: exp.Expr, value: Expr, target: ColumnType) -> Expr:
    """A value of one type as one of another, where there is such a cast."""
    assert value.type is not None
    source = I64 if value.type in WHOLE else F64 if value.type in FLOATS else value.type
    if target not in CASTS.get(source, ()):
        raise self.statement.refused(node, f"{value.type.name} cannot be cast to {target.name}")
    if target is F64 and source is I64:
        return fitted(value, F64)
    return Call(target, f"{source.name}_to_{target.name}", (value,))


_READERS: Mapping[type[exp.Expr], Callable[["Expressions", Any], Expr]] = {
    exp.Abs: _one("abs", "number"),
    exp.Ceil: _one("ceil", "number"),
    exp.Floor: _one("floor", "number"),
    exp.Lower: _one("lower", "text", STR),
    exp.Upper: _one("upper", "text", STR),
    exp.Round: _round,
    exp.Length: _length,
    exp.Trim: _trim,
    exp.Substring: _substr,
    exp.Replace: _replace,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    **aggregates.READERS,
    **windows.READERS,
}
CLASSES = tuple(_READERS)

NAMES: Mapping[type[exp.Expr], tuple[str, ...]] = {
    **{kind: (kind.key,) for kind in _READERS if kind is not exp.Window},
    exp.Substring: ("substr",),
    exp.RowNumber: ("row_number",),
    exp.DenseRank: ("dense_rank",),
    exp.PercentRank: ("percent_rank",),
    exp.CumeDist: ("cume_dist",),
    exp.FirstValue: ("first_value",),
    exp.LastValue: ("last_value",),
    exp.NthValue: ("nth_value",),
    exp.Cast: ("cast",),
    exp.Exists: ("exists",),
    exp.Case: ("case",),
}
"""The names that each function goes by here."""
