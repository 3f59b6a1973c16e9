"""A plan as it is understood: operators, predicates, and where in the plan each stands.

Operands are not in it: each is a `Slot`, its number in the list that reading a plan gives beside the tree. Plans that
differ in operands alone are therefore the same tree, for which a statement is written once. Places are no part of
what makes two trees equal.
"""

from dataclasses import dataclass, field
from typing import Literal, NewType, TypeAlias

Slot = NewType("Slot", int)
"""The number of an operand."""

Symbol: TypeAlias = Literal["=", "<>", "<", "<=", ">", ">="]
MatchKind: TypeAlias = Literal["Like", "Contains", "StartsWith", "EndsWith"]
JoinKind: TypeAlias = Literal["inner", "left", "right", "full"]


@dataclass(frozen=True, slots=True)
class ColumnOperand:
    """The other side of a comparison, where it is a column: `{"col": "other"}`."""

    name: str


Operand: TypeAlias = Slot | ColumnOperand


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison; `symbol` is that of SQL."""

    place: str = field(compare=False)
    symbol: Symbol
    column: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Among:
    """`In`. The operand is a list of at most `size` values."""

    place: str = field(compare=False)
    column: str
    values: Slot
    size: int


@dataclass(frozen=True, slots=True)
class Between:
    """Not below `low` and not above `high`."""

    place: str = field(compare=False)
    column: str
    low: Operand
    high: Operand


@dataclass(frozen=True, slots=True)
class Matches:
    """`Like` and the searches for a text in another; all are one pattern for an engine."""

    place: str = field(compare=False)
    kind: MatchKind
    column: str
    text: Slot


@dataclass(frozen=True, slots=True)
class NullTest:
    """`IsNull`, or with `negated` `IsNotNull`."""

    place: str = field(compare=False)
    column: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Combination:
    """`And` or `Or` of any number of predicates."""

    word: Literal["AND", "OR"]
    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, slots=True)
class Negation:
    """`Not`, or `IsNotTrue`, which is true also where it is unknown whether the part is."""

    part: "Predicate"
    or_unknown: bool = False


Predicate: TypeAlias = Compare | Among | Between | Matches | NullTest | Combination | Negation


@dataclass(frozen=True, slots=True)
class Scan:
    """All rows of a table, or those that fit. `ColumnScan` is one with comparisons."""

    place: str = field(compare=False)
    op: str
    schema: str
    alias: str | None
    predicate: Predicate | None = None


@dataclass(frozen=True, slots=True)
class IndexScan:
    """Rows whose columns at the beginning of an index have these values; the next one may have bounds."""

    place: str = field(compare=False)
    op: str
    schema: str
    alias: str | None
    index: str | None
    columns: tuple[str, ...]
    values: tuple[Slot, ...]
    low: Slot | None
    high: Slot | None


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows for which a predicate is true."""

    place: str = field(compare=False)
    predicate: Predicate
    child: "Node"
    op: str = "Filter"


@dataclass(frozen=True, slots=True)
class Projection:
    """A column of a `Project`, and its name in the answer."""

    place: str = field(compare=False)
    column: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """Some columns, in this order."""

    place: str = field(compare=False)
    columns: tuple[Projection, ...]
    child: "Node"
    op: str = "Project"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many rows, behind the first `offset` ones."""

    place: str = field(compare=False)
    count: Slot
    offset: Slot | None
    child: "Node"
    op: str = "Limit"


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by."""

    place: str = field(compare=False)
    column: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """The rows in order, those that are equal as they were."""

    place: str = field(compare=False)
    keys: tuple[SortKey, ...]
    child: "Node"
    op: str = "Sort"


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One result of an `Aggregate`; without a column it counts rows."""

    place: str = field(compare=False)
    function: str
    column: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row for each group; without `group_by` one in all."""

    place: str = field(compare=False)
    group_by: tuple[str, ...]
    aggregations: tuple[Aggregation, ...]
    having: Predicate | None
    child: "Node"
    op: str = "Aggregate"


@dataclass(frozen=True, slots=True)
class Join:
    """The pairs of rows that are equal in all pairs of columns `on`."""

    place: str = field(compare=False)
    op: str
    kind: JoinKind
    on: tuple[tuple[str, str], ...]
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class RelationHop:
    """The rows to which the child's rows lead by a relation, or from which they are reached. `schema` declares it."""

    place: str = field(compare=False)
    relation: str
    reverse: bool
    schema: str | None
    child: "Node"
    op: str = "RelationHop"


Node: TypeAlias = Scan | IndexScan | Filter | Project | Limit | Sort | Aggregate | Join | RelationHop


def children(node: Node) -> tuple[Node, ...]:
    """What a node takes its rows from."""
    if isinstance(node, Join):
        return node.left, node.right
    return () if isinstance(node, (Scan, IndexScan)) else (node.child,)
