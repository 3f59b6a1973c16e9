"""What SQLite writes in its own way.

Its arithmetic does not fail: integers that grow too large become floats, floats infinite. So every whole calculation is
looked at once, and fails as in PostgreSQL. Functions that begin with `oql_` are in substrate/sqlite/functions.py.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

from substrate.columns import BOOL, F64
from substrate.sql.fitting import FLOATS
from substrate.sql.tree import Aggregate, Call, Column, Constant, Expr, Parameter, Scalar, Window
from substrate.sql.write import Writer, at_most_one_row

ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
_LOW_SUM = "sum({0} & 4294967295)"
_HIGH_SUM = f"(sum({{0}} >> 32) + ({_LOW_SUM} >> 32))"
_WHOLE_SUM = (
    f"iif({_HIGH_SUM} NOT BETWEEN -2147483648 AND 2147483647, oql_overflow(),"
    f" ({_HIGH_SUM} << 32) | ({_LOW_SUM} & 4294967295))"
)
"""The sum of a column of integers. SQLite's own also fails where only a sum on the way is too large, which depends on
the order of the rows; so the upper and the lower halves are summed apart."""
_SMALL = 8
"""How many operands a calculation may have to be written twice, which is faster than a call into Python."""


class SqliteWriter(Writer):
    """Writes statements for SQLite."""

    no_limit = " LIMIT -1"

    operators: ClassVar[Mapping[str, str]] = {
        **Writer.operators,
        "null": "{}",
        "float": "CAST({} AS REAL)",
        "abs": "abs({})",
        "ceil": "ceil({})",
        "floor": "floor({})",
        "round": "oql_round({}, {})",
        "roundwhole": "oql_round({}, {})",
        "length": "length({})",
        "lengthbytes": "length({})",
        "lower": "lower({})",
        "upper": "upper({})",
        "trim": "trim({}, {})",
        "trimleft": "ltrim({}, {})",
        "trimright": "rtrim({}, {})",
        "str_to_i64": "oql_read('i64', {})",
        "str_to_f64": "oql_read('f64', {})",
        "str_to_bool": "oql_read('bool', {})",
        "str_to_timestamp": "oql_read('timestamp', {})",
        "str_to_date": "oql_read('date', {})",
        "str_to_uuid": "oql_read('uuid', {})",
        "i64_to_str": "CAST({} AS TEXT)",
        "i64_to_bool": "({} <> 0)",
        "f64_to_str": "oql_text('f64', {})",
        "f64_to_i64": "oql_whole({})",
        "bool_to_str": "iif({}, 'true', 'false')",
        "bool_to_i64": "{}",
        "timestamp_to_str": "oql_text('timestamp', {})",
        "timestamp_to_date": "oql_text('day', {})",
        "date_to_str": "{}",
        "date_to_timestamp": "oql_read('timestamp', {})",
        "uuid_to_str": "{}",
    }

    def call(self, expr: Call) -> str:
        """See Writer."""
        if expr.op in ARITHMETIC or expr.op == "neg":
            return self._checked(expr)
        return super().call(expr)

    def _checked(self, expr: Call) -> str:
        """A whole calculation, which fails where its result is no value of its type."""
        wrong = "{} IN (9e999, -9e999)" if expr.type in FLOATS else "typeof({}) = 'real'"
        if _size(expr) <= _SMALL:
            first, second = self._calculation(expr), self._calculation(expr)
            return f"iif({wrong.format(first)}, oql_overflow(), {second})"
        return f"oql_{'finite' if expr.type in FLOATS else 'integer'}({self._calculation(expr)})"

    def _calculation(self, expr: Expr) -> str:
        if not isinstance(expr, Call) or (expr.op not in ARITHMETIC and expr.op != "neg"):
            return self.expr(expr)
        if expr.op == "neg":
            return f"(- {self._calculation(expr.args[0])})"
        left = self._calculation(expr.args[0])
        return f"({left} {ARITHMETIC[expr.op]} {self._calculation(expr.args[1])})"

    def aggregate(self, expr: Aggregate, over: Window | None = None) -> str:
        """See Writer."""
        if (
            expr.op == "sum"
            and expr.type not in FLOATS
            and isinstance(expr.arg, Column)
            and not (over or expr.distinct)
        ):
            return _WHOLE_SUM.format(self.expr(expr.arg))
        call = self.over(f"{expr.op}({self.argument(expr)})", over)
        if expr.op == "sum" and expr.type in FLOATS:
            return f"oql_finite({call})"
        return call

    def scalar(self, expr: Scalar) -> str:
        """A query as a value; SQLite would take the first of several."""
        if at_most_one_row(expr.query):
            return f"({self.query(expr.query)})"
        few = f"SELECT c1 FROM ({self.query(expr.query)}) LIMIT 2"
        return f"(SELECT iif(count(*) > 1, oql_several(), max(c1)) FROM ({few}))"

    def _like(self, expr: Call) -> str:
        text, pattern = self.expr(expr.args[0]), self.expr(expr.args[1])
        mark = f" ESCAPE {self.expr(expr.args[2])}" if len(expr.args) > 2 else ""
        return f"({text} LIKE {pattern}{mark})"

    def _substr(self, expr: Call) -> str:
        name = "substr" if all(_from_one(arg, place) for place, arg in enumerate(expr.args[1:])) else "oql_substr"
        return f"{name}({', '.join(map(self.expr, expr.args))})"

    specials: ClassVar[Mapping[str, Callable[..., str]]] = {**Writer.specials, "like": _like, "substr": _substr}


def _from_one(expr: Expr, place: int) -> bool:
    """Whether a position is one from which both engines count alike: at least 1, or a length of at least 0."""
    return isinstance(expr, Constant) and isinstance(expr.value, int) and 1 - place <= expr.value < 2**31


def _size(expr: Expr) -> int:
    """How many operands a calculation has; too many where there is another calculation inside of one of them."""
    if isinstance(expr, (Column, Constant, Parameter)):
        return 1
    if isinstance(expr, Call) and (expr.op in ARITHMETIC or expr.op in ("neg", "float")):
        return sum(map(_size, expr.args))
    return _SMALL + 1


__all__ = ["BOOL", "F64", "SqliteWriter"]
