"""What a checked query is: typed, every name resolved, engine independent. Only what stands here can be written.

Names of requests do not occur: a table is a declared one, sources and common tables have numbers, outputs positions.
Expressions are equal exactly when they compute the same from the same sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from substrate.catalog import Table
from substrate.columns import Canonical, ColumnType

Type: TypeAlias = ColumnType | None
"""The type of an expression; None for a null, or a parameter, of which nothing says what it is."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value, or null."""

    type: Type
    value: Canonical | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """The value of `$number`, which is of the type, or a text that stands for one."""

    type: Type
    number: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source. `name` is that of the declared column, or the position of an output, from 1."""

    type: Type
    source: int
    name: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or a function; `op` is one of those that the writers know."""

    type: Type
    op: str
    args: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate; without an argument it counts rows."""

    type: Type
    op: str
    arg: "Expr | None"
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order. `expr` may be the position of an output, from 1."""

    expr: "Expr | int"
    descending: bool = False
    nulls_first: bool = False


Side: TypeAlias = Literal["PRECEDING", "CURRENT ROW", "FOLLOWING"]
FrameKind: TypeAlias = Literal["ROWS", "RANGE", "GROUPS"]


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a frame: `rows` rows before or behind, None for all of them, 0 for the current row."""

    side: Side
    rows: "Expr | None" = None


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a window."""

    kind: FrameKind
    start: Bound
    end: Bound


@dataclass(frozen=True, slots=True)
class Window:
    """A window function or an aggregate over a window."""

    type: Type
    call: "Call | Aggregate"
    partition: tuple["Expr", ...] = ()
    order: tuple[Order, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """The one value of a query, null where it has no row."""

    type: Type
    query: "Query"


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a query has a row."""

    type: Type
    query: "Query"


@dataclass(frozen=True, slots=True)
class Among:
    """Whether a value is among those of a query of one column."""

    type: Type
    value: "Expr"
    query: "Query"


Expr: TypeAlias = Constant | Parameter | Column | Call | Aggregate | Window | Scalar | Exists | Among


@dataclass(frozen=True, slots=True)
class Stored:
    """A declared table as a source."""

    number: int
    table: Table = field(hash=False, compare=False)
    physical: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A query as a source."""

    number: int
    query: "Query"


@dataclass(frozen=True, slots=True)
class Shared:
    """A common table (WITH) as a source."""

    number: int
    common: int


Source: TypeAlias = Stored | Derived | Shared


@dataclass(frozen=True, slots=True)
class Join:
    """A source joined to those before it."""

    kind: Literal["INNER", "LEFT", "RIGHT", "FULL"]
    source: Source
    on: Expr


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows a query: order and limits."""

    order: tuple[Order, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT. `commons` are the common tables that it declares, by their numbers."""

    items: tuple[Expr, ...]
    source: Source | None = None
    joins: tuple[Join, ...] = ()
    where: Expr | None = None
    groups: tuple[Expr, ...] = ()
    having: Expr | None = None
    distinct: bool = False
    tail: Tail = Tail()
    commons: tuple[tuple[int, "Query"], ...] = ()


Operation: TypeAlias = Literal["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]


@dataclass(frozen=True, slots=True)
class Compound:
    """Two queries as one; their outputs have the same types."""

    op: Operation
    left: "Query"
    right: "Query"
    tail: Tail = Tail()
    commons: tuple[tuple[int, "Query"], ...] = ()


Query: TypeAlias = Select | Compound


def types_of(query: Query) -> Sequence[Type]:
    """The types of a query's outputs."""
    while isinstance(query, Compound):
        query = query.left
    return [item.type for item in query.items]
