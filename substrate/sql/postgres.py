"""What PostgreSQL writes in its own way.

Every value has a cast, so that its type is known; every text has the collation "C", which orders by code point; all
integers are bigint, all floats double precision. A text that is cast is first made one that cannot be cast where it is
not what SQLite's functions take.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import ClassVar

from substrate import casting
from substrate.columns import BOOL, BYTES, DATE, ENCRYPTED, F64, I64, NUMBER, STR, TIMESTAMP, U64, UUID
from substrate.sql.fitting import FLOATS
from substrate.sql.tree import Aggregate, Call, Column, Constant, Expr, Parameter, Select, Type, Window
from substrate.sql.write import Slot, Writer

_CASTS: Mapping[Type, str] = {
    None: "text",
    STR: 'text COLLATE "C"',
    I64: "bigint",
    U64: "bigint",
    F64: "double precision",
    NUMBER: "double precision",
    BOOL: "boolean",
    BYTES: "bytea",
    ENCRYPTED: "bytea",
    TIMESTAMP: "timestamptz",
    DATE: "date",
    UUID: "uuid",
}
_CASE = "oql_control.letters"
"""The collation by which letters change their case; substrate/postgres/database.py makes it."""
EXACT = 2**53
"""Up to here a float holds every integer."""


class PostgresWriter(Writer):
    """Writes statements for PostgreSQL."""

    operators: ClassVar[Mapping[str, str]] = {
        **Writer.operators,
        "float": "({})::double precision",
        "add": "({} + {})",
        "sub": "({} - {})",
        "mul": "({} * {})",
        "div": "({} / nullif({}, 0))",
        "mod": "({} % nullif({}, 0))",
        "neg": "(- {})",
        "abs": "abs({})",
        "ceil": "ceil({})",
        "floor": "floor({})",
        "length": "length({})::bigint",
        "lengthbytes": "length({})::bigint",
        "lower": f'(lower({{}} COLLATE {_CASE}) COLLATE "C")',
        "upper": f'(upper({{}} COLLATE {_CASE}) COLLATE "C")',
        "trim": "btrim({}, {})",
        "trimleft": "ltrim({}, {})",
        "trimright": "rtrim({}, {})",
        "round": "round({}::numeric, {}::int)::double precision",
        "roundwhole": "round({}::numeric, {}::int)::bigint",
        "i64_to_str": '({}::text COLLATE "C")',
        "i64_to_bool": "({} <> 0)",
        "f64_to_str": '({}::text COLLATE "C")',
        "f64_to_i64": "{}::bigint",
        "bool_to_str": '({}::text COLLATE "C")',
        "bool_to_i64": "{}::int::bigint",
        "timestamp_to_date": "({} AT TIME ZONE 'UTC')::date",
        "timestamp_to_str": "replace(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
        "COLLATE \"C\", '.000000Z', 'Z')",
        "date_to_str": "(to_char({}, 'YYYY-MM-DD') COLLATE \"C\")",
        "date_to_timestamp": "({}::timestamp AT TIME ZONE 'UTC')",
        "uuid_to_str": '({}::text COLLATE "C")',
    }

    def __init__(self) -> None:
        super().__init__()
        self._fixed: dict[Expr, str] = {}
        self._keys: list[Slot] | None = None
        self._selects: list[tuple[str, list[Slot]]] = []
        self._numbers = count(1)

    # Values

    def constant(self, expr: Constant) -> str:
        """A value of the statement, or a null of its type."""
        if expr.value is None:
            return f"NULL::{_CASTS.get(expr.type, 'text')}" if expr.type is None else self._typed("NULL", expr.type)
        return self._typed(self.slot(expr), expr.type)

    def parameter(self, expr: Parameter) -> str:
        """A value given with the statement."""
        return self._typed(self.slot(expr), expr.type)

    @staticmethod
    def _typed(text: str, kind: Type) -> str:
        cast = _CASTS.get(kind, "text")
        return f"({text}::{cast})" if kind is STR else f"{text}::{cast}"

    def slot(self, expr: Slot) -> str:
        """See Writer; inside of a group's key, a column of the source that holds such values."""
        if self._keys is None:
            return super().slot(expr)
        self._keys.append(expr)
        return f"{self._selects[-1][0]}.p{len(self._keys)}"

    # Groups

    def expr(self, expr: Expr) -> str:
        """See Writer."""
        return (self._fixed and self._fixed.get(expr)) or super().expr(expr)

    def select(self, query: Select) -> str:
        """One SELECT. PostgreSQL takes two `?` for two values: those inside of a group's key come from a source of
        their own, so that the key is the same wherever it is written."""
        if self._keys is not None:
            # A subquery in a group's key; its own groups can hold no values then.
            return super().select(query)
        before = self._fixed
        self._selects.append((f"k{next(self._numbers)}", []))
        self._fixed = {**before, **self._written_keys(query)}
        try:
            return super().select(query)
        finally:
            self._fixed = before
            self._selects.pop()

    def _written_keys(self, query: Select) -> dict[Expr, str]:
        found: dict[Expr, str] = {}
        self._keys = self._selects[-1][1]
        for group in query.groups:
            known = len(self._keys)
            written = self.expr(group)
            if len(self._keys) > known:
                found[group] = written
        self._keys = None
        return found

    def sources(self, query: Select) -> str:
        """See Writer."""
        text = super().sources(query)
        if self._keys is not None or not self._selects[-1][1]:
            return text
        name, slots = self._selects[-1]
        values = ", ".join(f"{self._typed(self.slot(slot), slot.type)} AS p{n}" for n, slot in enumerate(slots, 1))
        return f"{text}{' CROSS JOIN' if text else ' FROM'} (SELECT {values}) AS {name}"

    # Calls

    def aggregate(self, expr: Aggregate, over: Window | None = None) -> str:
        """See Writer."""
        if expr.op == "avg":
            total = self.over(f"sum({self.argument(expr)})", over)
            return f"({total}::double precision / {self.over(f'count({self.argument(expr)})', over)})"
        call = self.over(_EXTREMES.get((expr.op, expr.type), _PLAIN).format(op=expr.op, arg=self.argument(expr)), over)
        return _AFTER.get((expr.op, expr.type), "{}").format(call)

    def window(self, expr: Window) -> str:
        """See Writer."""
        if isinstance(expr.call, Call) and expr.call.op == "ntile":
            return f"({self.over(self.call(expr.call), expr)})::bigint"
        return super().window(expr)

    def call(self, expr: Call) -> str:
        """See Writer."""
        if expr.op in _SYMBOLS and len({arg.type in FLOATS for arg in expr.args}) == 2:
            return self._numbers_compared(expr)
        return super().call(expr)

    def _numbers_compared(self, expr: Call) -> str:
        """An integer beside a float: PostgreSQL would compare them as floats, of which one stands for many integers."""
        values = [arg.value for arg in expr.args if isinstance(arg, Constant)]
        if any(value is None or (isinstance(value, (int, float)) and abs(value) <= EXACT) for value in values):
            return super().call(expr)
        left, right = expr.args
        if expr.op == "joins" and isinstance(left, Column) and isinstance(right, Column):
            return f"({self._as_whole(left)} = {self._as_whole(right)})"
        symbol, is_swapped = _SYMBOLS[expr.op], left.type in FLOATS
        one, other = self.expr(left), self.expr(right)
        names = ("n", "w") if is_swapped else ("w", "n")
        sign = f"(SELECT {_SIGN} FROM (SELECT {one} AS {names[0]}, {other} AS {names[1]} OFFSET 0) AS v)"
        return f"(0 {symbol} {sign})" if is_swapped else f"({sign} {symbol} 0)"

    def _as_whole(self, expr: Expr) -> str:
        """A number as the bigint that it equals, or null."""
        if expr.type not in FLOATS:
            return self.expr(expr)
        test = f"{self.expr(expr)} >= {_LOW} AND {self.expr(expr)} < {_HIGH} AND {self.expr(expr)} = "
        test += f"floor({self.expr(expr)})"
        return f"CASE WHEN {test} THEN {self.expr(expr)}::bigint END"

    def _like(self, expr: Call) -> str:
        text, pattern = self.expr(expr.args[0]), self.expr(expr.args[1])
        mark = self.expr(expr.args[2]) if len(expr.args) > 2 else "''"
        return f"({text} LIKE {pattern} ESCAPE {mark})"

    def _substr(self, expr: Call) -> str:
        text, *numbers = expr.args
        written = self.expr(text)
        return f"substr({written}, {', '.join(f'{self.expr(number)}::int' for number in numbers)})"

    def _small(self, expr: Call) -> str:
        """A window function whose second argument is an int."""
        value, rows, *default = expr.args
        written = f"{self.expr(value)}, {self.expr(rows)}::int"
        return f"{expr.op}({', '.join([written, *map(self.expr, default)])})"

    def _null(self, expr: Call) -> str:
        return f"({self.expr(expr.args[0])})::{_CASTS.get(expr.type, 'text')}"

    def _read(self, expr: Call) -> str:
        """A text as a value of another type: of what has not that type's form becomes a text that no type has.

        The engine's error quotes that text (`substrate.postgres.refusals`), which names the type and what was there.
        """
        assert expr.type is not None
        written = self.expr(expr.args[0])
        form = self.constant(Constant(STR, f"^(?!(?:{casting.FORMS[expr.type]})$).*$"))
        checked = f"regexp_replace({written}, {form}, 'CAST {expr.type.name}: \\&')"
        if expr.type is TIMESTAMP:
            zoneless = self.constant(Constant(STR, casting.ZONELESS))
            checked = f"regexp_replace({checked}, {zoneless}, '\\1Z')"
        return f"{checked}::{_CASTS[expr.type]}"

    specials: ClassVar[Mapping[str, Callable[..., str]]] = {
        **Writer.specials,
        "like": _like,
        "substr": _substr,
        "null": _null,
        "lag": _small,
        "lead": _small,
        "nth_value": _small,
        "ntile": lambda self, expr: f"ntile({self.expr(expr.args[0])}::int)",
        **dict.fromkeys(
            ("str_to_i64", "str_to_f64", "str_to_bool", "str_to_timestamp", "str_to_date", "str_to_uuid"), _read
        ),
    }


_SYMBOLS: Mapping[str, str] = {
    "eq": "=", "joins": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "same": "IS NOT DISTINCT FROM", "differs": "IS DISTINCT FROM",
}  # fmt: skip
_LOW, _HIGH = "-9223372036854775808::double precision", "9223372036854775808::double precision"
_SIGN = (
    "CASE WHEN v.w IS NULL OR v.n IS NULL THEN NULL"
    f" WHEN v.n >= {_HIGH} THEN -1 WHEN v.n < {_LOW} THEN 1"
    " WHEN v.w < floor(v.n)::bigint THEN -1 WHEN v.w > floor(v.n)::bigint THEN 1"
    " WHEN v.n > floor(v.n) THEN -1 ELSE 0 END"
)
"""-1, 0 or 1 as the integer `w` is less than, equal to, or greater than the float `n`; null where one of them is."""

_PLAIN = "{op}({arg})"
_EXTREMES: Mapping[tuple[str, Type], str] = {
    ("min", BOOL): "bool_and({arg})",
    ("max", BOOL): "bool_or({arg})",
    ("min", UUID): 'min({arg}::text COLLATE "C")',
    ("max", UUID): 'max({arg}::text COLLATE "C")',
    ("min", BYTES): "min(encode({arg}, 'hex') COLLATE \"C\")",
    ("max", BYTES): "max(encode({arg}, 'hex') COLLATE \"C\")",
}
"""Of these types PostgreSQL has no least and greatest value, or not in each version."""
_AFTER: Mapping[tuple[str, Type], str] = {
    ("sum", I64): "({})::bigint",
    ("min", UUID): "({})::uuid",
    ("max", UUID): "({})::uuid",
    ("min", BYTES): "decode({}, 'hex')",
    ("max", BYTES): "decode({}, 'hex')",
}
