"""Plans to statements. Plans that differ in operands alone share one, written when the first of them comes."""

from dataclasses import dataclass
from functools import partial

from substrate.catalog import Catalog, Table
from substrate.columns import Json
from substrate.counts import PLAN_HITS
from substrate.engine import DialectName, Output, Statement, Values
from substrate.interface import Plan
from substrate.plan.binding import Bind, Sql, bound
from substrate.plan.conditions import condition
from substrate.plan.kept import Kept
from substrate.plan.operators import OPERATORS
from substrate.plan.predicates import PREDICATES
from substrate.plan.reading import Reader
from substrate.plan.select import Writing
from substrate.plan.tables import unqualified
from substrate.plan.tree import Node, Predicate
from substrate.plan.writing import select

KEPT = 256
"""How many statements are kept for one catalog, and how many for one table."""

LARGEST_KEPT = 1_000
"""How many operands and predicates a plan may have whose statement is kept."""

GRAMMAR = (OPERATORS, PREDICATES)


def compile(  # noqa: A001 -- it is called as `plan.compile`, and what it does has no better name
    plan: Plan, catalog: Catalog, dialect: DialectName, *, coerce: bool = False
) -> Statement:
    """The statement that answers a plan. Raises Invalid, NotFound; both name the place in the plan in `detail["path"]`.

    `coerce`: operands take the column's type where that loses nothing, as programs have it.
    """
    reader = Reader(GRAMMAR)
    node = reader.node(plan, "")
    make = partial(_written, node, catalog, Writing(dialect, coerce))
    kept = _statements.get(catalog, (node, dialect, coerce), make) if _is_worth_keeping(reader) else make()
    return Statement(kept.text, bound(kept.binds, reader.operands), kept.outputs)


def kept(plan: Plan, catalog: Catalog, dialect: DialectName, *, coerce: bool = False) -> Statement | None:
    """As `compile`, where one that differs in operands alone was compiled before; else None."""
    reader = Reader(GRAMMAR)
    found = _statements.find(catalog, (reader.node(plan, ""), dialect, coerce))
    return None if found is None else Statement(found.text, bound(found.binds, reader.operands), found.outputs)


def predicate(value: Json, table: Table, dialect: DialectName, *, coerce: bool = False) -> tuple[str, Values]:
    """The condition of a predicate as it stands behind WHERE in an UPDATE or DELETE of the table, and what is bound.

    Columns stand in it by their names alone. Raises as `compile`.
    """
    reader = Reader(GRAMMAR)
    test = reader.predicate(value, "")
    make = partial(_condition, test, table, Writing(dialect, coerce))
    kept = _conditions.get(table, (test, dialect, coerce), make) if _is_worth_keeping(reader) else make()
    return kept.text, bound(kept.binds, reader.operands)


def _is_worth_keeping(reader: Reader) -> bool:
    return reader.size + reader.tests <= LARGEST_KEPT


@dataclass(frozen=True, slots=True)
class _Template:
    """A statement without its values."""

    text: str
    binds: tuple[Bind, ...]
    outputs: tuple[Output, ...]


def _written(node: Node, catalog: Catalog, writing: Writing) -> _Template:
    rows = select(node, catalog, writing)
    sql = rows.sql()
    return _Template(sql.text, sql.binds, tuple(Output(column.name, column.type) for column in rows.columns))


def _condition(test: Predicate, table: Table, writing: Writing) -> Sql:
    return condition(test, unqualified(table), writing)


_statements: Kept[Catalog, _Template] = Kept(KEPT, PLAN_HITS)
_conditions: Kept[Table, Sql] = Kept(KEPT)
