"""Windows: the functions that only stand before OVER, and what stands behind it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from substrate.columns import F64, I64, ColumnType
from substrate.errors import shown
from substrate.sql.aggregates import is_over, some
from substrate.sql.refused import only, refusal
from substrate.sql.tree import Aggregate, Bound, Call, Constant, Expr, Frame, FrameKind, Order, Side, Window

if TYPE_CHECKING:
    from substrate.sql.expressions import Expressions


def _window(self: "Expressions", node: exp.Window) -> Expr:
    only(self.statement, node, "this", "partition_by", "order", "spec", "over")
    scope = self.scope
    if scope.clause:
        raise self.statement.refused(node, f"a window cannot stand in {scope.clause}: filter a derived table")
    if scope.over or scope.in_aggregate:
        raise self.statement.refused(node, "a window cannot stand inside of another, or of an aggregate")
    scope.over = True
    try:
        return _windowed(self, node)
    finally:
        scope.over = False


def _windowed(self: "Expressions", node: exp.Window) -> Window:
    call = self.read(node.this)
    if not isinstance(call, Aggregate) and not (isinstance(call, Call) and call.op in WINDOWED):
        raise self.statement.refused(node, "only an aggregate or a window function can stand before OVER")
    if isinstance(call, Aggregate) and call.distinct:
        raise refusal(self.statement, node, "DISTINCT over a window", "compute it in a subquery")
    partition = tuple(self.comparable(part) for part in node.args.get("partition_by") or ())
    order = tuple(ordered(self, part) for part in (node.args["order"].expressions if node.args.get("order") else ()))
    spec = node.args.get("spec")
    return Window(call.type, call, partition, order, None if spec is None else _frame(self, spec))


def ordered(self: "Expressions", node: exp.Expr) -> Order:
    """One key of an order, of any expression."""
    only(self.statement, node, "this", "desc", "nulls_first")
    return Order(self.comparable(node.this), bool(node.args.get("desc")), bool(node.args.get("nulls_first")))


def _frame(self: "Expressions", node: exp.WindowSpec) -> Frame:
    only(self.statement, node, "kind", "start", "start_side", "end", "end_side")
    kind = _KINDS[str(node.args["kind"]).upper()]
    start = _bound(self, node, "start")
    end = _bound(self, node, "end") if node.args.get("end") is not None else Bound("CURRENT ROW")
    if kind == "RANGE" and any(each.side != "CURRENT ROW" and each.rows is not None for each in (start, end)):
        raise refusal(self.statement, node, "RANGE with a distance", "use ROWS or GROUPS")
    if (start.side == "FOLLOWING" and start.rows is None) or (end.side == "PRECEDING" and end.rows is None):
        raise self.statement.refused(node, "the frame ends before it begins")
    if _SIDES.index(start.side) > _SIDES.index(end.side):
        raise self.statement.refused(node, "the frame ends before it begins")
    return Frame(kind, start, end)


def _bound(self: "Expressions", node: exp.WindowSpec, name: str) -> Bound:
    rows, side = node.args[name], _SIDES_BY_WORD.get(str(node.args.get(f"{name}_side") or "").upper())
    if rows == "CURRENT ROW" or side is None:
        return Bound("CURRENT ROW")
    if rows == "UNBOUNDED":
        return Bound(side)
    if not isinstance(rows, exp.Literal) or rows.is_string or not rows.this.isdigit() or len(rows.this) > 9:
        raise self.statement.refused(node, "expected a whole number of rows")
    return Bound(side, Constant(I64, int(rows.this)))


_SIDES: tuple[Side, ...] = ("PRECEDING", "CURRENT ROW", "FOLLOWING")
_SIDES_BY_WORD: Mapping[str, Side] = {side: side for side in _SIDES}
_KINDS: Mapping[str, FrameKind] = {"ROWS": "ROWS", "RANGE": "RANGE", "GROUPS": "GROUPS"}


def _only_over(self: "Expressions", node: exp.Expr) -> None:
    if not is_over(node):
        name = type(node).sql_names()[0].lower() if isinstance(node, exp.Func) else node.key
        raise self.statement.refused(node, f"the window function {shown(name)} needs OVER (...)")


def _ranking(op: str, kind: ColumnType) -> Callable[["Expressions", Any], Expr]:
    def reader(self: "Expressions", node: exp.Func) -> Expr:
        _only_over(self, node)
        only(self.statement, node)
        return Call(kind, op, ())

    return reader


def _ntile(self: "Expressions", node: exp.Ntile) -> Expr:
    _only_over(self, node)
    only(self.statement, node, "this")
    return Call(I64, "ntile", (_positive(self, node, node.args.get("this")),))


def _positive(self: "Expressions", node: exp.Expr, number: exp.Expr | None, least: int = 1) -> Constant:
    """A whole number that stands in the statement."""
    if number is not None:
        value = self.whole(number)
        if isinstance(value, Constant) and isinstance(value.value, int) and least <= value.value < 2**31:
            return value
    raise self.statement.refused(number or node, f"expected a whole number, at least {least}")


def _shift(self: "Expressions", node: exp.Expr) -> Expr:
    _only_over(self, node)
    only(self.statement, node, "this", "offset", "default")
    some(self, node)
    offset, default = node.args.get("offset"), node.args.get("default")
    rows = Constant(I64, 1) if offset is None else _positive(self, node, offset, 0)
    value = self.read(node.this)
    if default is None:
        return Call(value.type, node.key, (value, rows))
    value, other = self.alike(node, (value, self.read(default)))
    return Call(value.type, node.key, (value, rows, other))


def _nth(self: "Expressions", node: exp.Expr) -> Expr:
    _only_over(self, node)
    only(self.statement, node, "this", "offset")
    some(self, node)
    value = self.read(node.this)
    if not isinstance(node, exp.NthValue):
        return Call(value.type, _VALUES[type(node)], (value,))
    return Call(value.type, "nth_value", (value, _positive(self, node, node.args.get("offset"))))


_VALUES: Mapping[type[exp.Expr], str] = {exp.FirstValue: "first_value", exp.LastValue: "last_value"}

WINDOWED = frozenset(
    {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead",
     "first_value", "last_value", "nth_value"}
)  # fmt: skip
"""The functions that stand before OVER only."""

READERS: Mapping[type[exp.Expr], Callable[["Expressions", Any], Expr]] = {
    exp.Window: _window,
    exp.RowNumber: _ranking("row_number", I64),
    exp.Rank: _ranking("rank", I64),
    exp.DenseRank: _ranking("dense_rank", I64),
    exp.PercentRank: _ranking("percent_rank", F64),
    exp.CumeDist: _ranking("cume_dist", F64),
    exp.Ntile: _ntile,
    exp.Lag: _shift,
    exp.Lead: _shift,
    exp.FirstValue: _nth,
    exp.LastValue: _nth,
    exp.NthValue: _nth,
}
