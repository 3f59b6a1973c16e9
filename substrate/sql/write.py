"""A checked query as a statement of one engine: what both engines write alike.

No text of a request gets in: tables have their physical names, sources, outputs and common tables numbers, columns
their declared names in quotes, and each value is a `?`. A writer gives text, and notes what its `?` stand for as it
writes them: whoever puts texts together must write them in the order in which they will stand.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeAlias

from substrate.columns import I64
from substrate.sql.tree import (
    Aggregate,
    Among,
    Bound,
    Call,
    Column,
    Compound,
    Constant,
    Derived,
    Exists,
    Expr,
    Frame,
    Order,
    Parameter,
    Query,
    Scalar,
    Select,
    Shared,
    Source,
    Stored,
    Window,
    types_of,
)

Slot: TypeAlias = Constant | Parameter
"""What a `?` stands for."""

OWN_ROW = 0
"""The source of columns that stand alone: those of the one row that a check looks at."""


class Writer:
    """Writes one statement. `slots` are its values, in the order of their `?`."""

    operators: ClassVar[Mapping[str, str]] = {
        "not": "(NOT {})",
        "eq": "({} = {})",
        "joins": "({} = {})",
        "ne": "({} <> {})",
        "lt": "({} < {})",
        "le": "({} <= {})",
        "gt": "({} > {})",
        "ge": "({} >= {})",
        "same": "({} IS NOT DISTINCT FROM {})",
        "differs": "({} IS DISTINCT FROM {})",
        "isnull": "({} IS NULL)",
        "notnull": "({} IS NOT NULL)",
        "istrue": "({} IS TRUE)",
        "isfalse": "({} IS FALSE)",
        "isnottrue": "({} IS NOT TRUE)",
        "isnotfalse": "({} IS NOT FALSE)",
        "between": "({} BETWEEN {} AND {})",
        "concat": "({} || {})",
        "nullif": "nullif({}, {})",
        "value": "{}",
        "replace": "replace({}, {}, {})",
        "row_number": "row_number()",
        "rank": "rank()",
        "dense_rank": "dense_rank()",
        "percent_rank": "percent_rank()",
        "cume_dist": "cume_dist()",
        "first_value": "first_value({})",
        "last_value": "last_value({})",
    }
    """How a call of so many arguments is written; each `{}` is one argument, in order."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []

    # Queries

    def query(self, query: Query) -> str:
        """A whole query, without parentheses."""
        commons = self._commons(query)
        if isinstance(query, Compound):
            left, right = self._operand(query.left), self._operand(query.right)
            return f"{commons}{left} {query.op} {right}{self._tail(query, ())}"
        return commons + self.select(query)

    def select(self, query: Select) -> str:
        """One SELECT."""
        items = ", ".join(f"{self.item(item)} AS c{place}" for place, item in enumerate(query.items, 1))
        text = f"SELECT {'DISTINCT ' if query.distinct else ''}{items}{self.sources(query)}"
        if query.where is not None:
            text += f" WHERE {self.expr(query.where)}"
        if query.groups:
            text += f" GROUP BY {', '.join(self.group(each) for each in query.groups)}"
        if query.having is not None:
            text += f" HAVING {self.expr(query.having)}"
        return text + self._tail(query, query.items)

    def item(self, item: Expr) -> str:
        """An output."""
        return self.expr(item)

    def group(self, expr: Expr) -> str:
        """A key of GROUP BY."""
        return self.expr(expr)

    def sources(self, query: Select) -> str:
        """FROM and JOINs."""
        if query.source is None:
            return ""
        text = f" FROM {self._source(query.source)}"
        for join in query.joins:
            text += f" {join.kind} JOIN {self._source(join.source)} ON {self.expr(join.on)}"
        return text

    def _commons(self, query: Query) -> str:
        if not query.commons:
            return ""
        return f"WITH {', '.join(f'w{number} AS ({self.query(each)})' for number, each in query.commons)} "

    def _operand(self, query: Query) -> str:
        """A side of UNION: neither engine takes all that a query can have there, but a derived table can."""
        if isinstance(query, Select) and query.tail == type(query.tail)() and not query.commons:
            return self.select(query)
        columns = ", ".join(f"c{place}" for place in range(1, len(types_of(query)) + 1))
        return f"SELECT {columns} FROM ({self.query(query)}) AS u"

    def _source(self, source: Source) -> str:
        if isinstance(source, Stored):
            return f"{source.physical} AS s{source.number}"
        if isinstance(source, Shared):
            return f"w{source.common} AS s{source.number}"
        return self._derived(source)

    def _derived(self, source: Derived) -> str:
        return f"({self.query(source.query)}) AS s{source.number}"

    def _tail(self, query: Query, items: Sequence[Expr]) -> str:
        tail, text = query.tail, ""
        if tail.order:
            text += f" ORDER BY {', '.join(self._order(each) for each in tail.order)}"
        if tail.limit is not None:
            text += f" LIMIT {self.expr(tail.limit)}"
        elif tail.offset is not None:
            text += self.no_limit
        if tail.offset is not None:
            text += f" OFFSET {self.expr(tail.offset)}"
        return text

    no_limit = ""
    """What must stand before an OFFSET without a LIMIT."""

    def _order(self, order: Order) -> str:
        key = str(order.expr) if isinstance(order.expr, int) else self.expr(order.expr)
        direction = "DESC" if order.descending else "ASC"
        return f"{key} {direction} NULLS {'FIRST' if order.nulls_first else 'LAST'}"

    # Expressions

    def expr(self, expr: Expr) -> str:
        """An expression, in parentheses where it needs them anywhere."""
        writer: Callable[[Expr], str] = self._writers[type(expr)].__get__(self)
        return writer(expr)

    def _column(self, expr: Column) -> str:
        name = f'"{expr.name}"' if isinstance(expr.name, str) else f"c{expr.name}"
        return name if expr.source == OWN_ROW else f"s{expr.source}.{name}"

    def slot(self, expr: Slot) -> str:
        """The `?` of a value."""
        self.slots.append(expr)
        return "?"

    def constant(self, expr: Constant) -> str:
        """A value of the statement."""
        return "NULL" if expr.value is None else self.slot(expr)

    def parameter(self, expr: Parameter) -> str:
        """A value given with the statement."""
        return self.slot(expr)

    def call(self, expr: Call) -> str:
        """An operator or a function."""
        special = self.specials.get(expr.op)
        if special is not None:
            written: str = special.__get__(self)(expr)
            return written
        return self.operators[expr.op].format(*map(self.expr, expr.args))

    def _junction(self, expr: Call) -> str:
        """AND and OR as a balanced tree, since engines bound the depth of expressions."""
        return self._halved(expr.args, f" {expr.op.upper()} ")

    def _halved(self, args: Sequence[Expr], word: str) -> str:
        if len(args) == 1:
            return self.expr(args[0])
        half = len(args) // 2
        return f"({self._halved(args[:half], word)}{word}{self._halved(args[half:], word)})"

    def _in(self, expr: Call) -> str:
        value, *items = map(self.expr, expr.args)
        return f"({value} IN ({', '.join(items)}))"

    def _case(self, expr: Call) -> str:
        return self._branches("CASE", expr.args)

    def _case_value(self, expr: Call) -> str:
        value = self.expr(expr.args[0])
        return self._branches(f"CASE {value}", expr.args[1:])

    def _branches(self, text: str, args: Sequence[Expr]) -> str:
        for place in range(0, len(args) - 1, 2):
            when = self.expr(args[place])
            text += f" WHEN {when} THEN {self.expr(args[place + 1])}"
        return f"({text} ELSE {self.expr(args[-1])} END)"

    def _function(self, expr: Call) -> str:
        """A function of the same name with any number of arguments."""
        return f"{expr.op}({', '.join(map(self.expr, expr.args))})"

    def aggregate(self, expr: Aggregate, over: Window | None = None) -> str:
        """An aggregate, or one over a window."""
        raise NotImplementedError

    def argument(self, expr: Aggregate) -> str:
        """What stands in the parentheses of an aggregate."""
        if expr.arg is None:
            return "*"
        return f"{'DISTINCT ' if expr.distinct else ''}{self.expr(expr.arg)}"

    def window(self, expr: Window) -> str:
        """A call over a window."""
        if isinstance(expr.call, Aggregate):
            return self.aggregate(expr.call, expr)
        call = self.call(expr.call)
        return self.over(call, expr)

    def over(self, call: str, window: Window | None) -> str:
        """A call with its window behind it."""
        if window is None:
            return call
        parts = []
        if window.partition:
            parts.append(f"PARTITION BY {', '.join(map(self.expr, window.partition))}")
        if window.order:
            parts.append(f"ORDER BY {', '.join(map(self._order, window.order))}")
        if window.frame is not None:
            parts.append(self._frame(window.frame))
        return f"{call} OVER ({' '.join(parts)})"

    def _frame(self, frame: Frame) -> str:
        start = self._bound(frame.start)
        return f"{frame.kind} BETWEEN {start} AND {self._bound(frame.end)}"

    def _bound(self, bound: Bound) -> str:
        if bound.side == "CURRENT ROW":
            return bound.side
        rows = "UNBOUNDED" if bound.rows is None else self.expr(bound.rows)
        return f"{rows} {bound.side}"

    def scalar(self, expr: Scalar) -> str:
        """A query as a value."""
        return f"({self.query(expr.query)})"

    def _exists(self, expr: Exists) -> str:
        return f"EXISTS ({self.query(expr.query)})"

    def _among(self, expr: Among) -> str:
        value = self.expr(expr.value)
        return f"({value} IN ({self._operand(expr.query)}))"

    specials: ClassVar[Mapping[str, Callable[..., str]]] = {
        "and": _junction,
        "or": _junction,
        "in": _in,
        "case": _case,
        "casevalue": _case_value,
        "coalesce": _function,
        "ntile": _function,
        "lag": _function,
        "lead": _function,
        "nth_value": _function,
    }

    _writers: ClassVar[Mapping[type, Callable[..., str]]] = {
        Constant: lambda self, expr: self.constant(expr),
        Parameter: lambda self, expr: self.parameter(expr),
        Column: _column,
        Call: lambda self, expr: self.call(expr),
        Aggregate: lambda self, expr: self.aggregate(expr),
        Window: lambda self, expr: self.window(expr),
        Scalar: lambda self, expr: self.scalar(expr),
        Exists: _exists,
        Among: _among,
    }


def at_most_one_row(query: Query) -> bool:
    """Whether a query cannot have a second row, so that it need not be counted where one value is wanted."""
    limit = query.tail.limit
    if isinstance(limit, Constant) and limit.type is I64 and limit.value in (0, 1):
        return True
    if isinstance(query, Compound):
        return False
    return query.source is None or (not query.groups and any(isinstance(item, Aggregate) for item in query.items))
