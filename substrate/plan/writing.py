"""From the tree of a plan to the SELECT that answers it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from substrate.catalog import Catalog
from substrate.errors import shown
from substrate.plan import binding
from substrate.plan.aggregates import aggregate
from substrate.plan.binding import Sql
from substrate.plan.conditions import comparable
from substrate.plan.hops import hop
from substrate.plan.joins import join
from substrate.plan.places import invalid
from substrate.plan.select import Column, Key, Select, Writing, around
from substrate.plan.tables import filtered, index_scan, scan
from substrate.plan.tree import (
    Aggregate,
    Filter,
    IndexScan,
    Join,
    Limit,
    Node,
    Project,
    Projection,
    RelationHop,
    Scan,
    Sort,
    children,
)


def select(node: Node, catalog: Catalog, writing: Writing) -> Select:
    """The SELECT of a node with all that is below it. Raises Invalid, NotFound."""
    return step(node, [select(child, catalog, writing) for child in children(node)], catalog, writing)


def step(node: Node, inputs: Sequence[Select], catalog: Catalog, writing: Writing) -> Select:
    """The SELECT of a node on those of its children."""
    return _STEPS[type(node)](node, inputs, catalog, writing)


def _filter(node: Filter, inputs: Sequence[Select], _: Catalog, writing: Writing) -> Select:
    rows = inputs[0]
    if rows.grouped or rows.limit:
        rows = around(rows, writing)
    return filtered(rows, node.predicate, writing)


def _project(node: Project, inputs: Sequence[Select], _: Catalog, __: Writing) -> Select:
    columns = tuple(_projected(part, inputs[0]) for part in node.columns)
    seen: set[str] = set()
    for part in node.columns:
        if part.name in seen:
            raise invalid(f"two columns are called {shown(part.name)}", part.place, column=part.name)
        seen.add(part.name)
    return replace(inputs[0], columns=columns)


def _projected(part: Projection, rows: Select) -> Column:
    column = rows.column(part.column, part.place)
    return replace(column, name=part.name, bare=column.bare if part.name == part.column else part.name)


def _limit(node: Limit, inputs: Sequence[Select], _: Catalog, writing: Writing) -> Select:
    rows = around(inputs[0], writing) if inputs[0].limit else inputs[0]
    limit = Sql(" LIMIT ?", (binding.count(node.count),))
    if node.offset is not None:
        limit = Sql(" LIMIT ? OFFSET ?", (*limit.binds, binding.count(node.offset)))
    return replace(rows, limit=limit)


def _sort(node: Sort, inputs: Sequence[Select], _: Catalog, writing: Writing) -> Select:
    rows = around(inputs[0], writing) if inputs[0].limit else inputs[0]
    order: dict[str, Key] = {}
    for part in node.keys:
        column = comparable(rows, part.column, part.place)
        order.setdefault(column.sql, Key(column.sql, column.nullable, part.descending))
    for key in rows.order:
        order.setdefault(key.sql, key)
    return replace(rows, order=tuple(order.values()), chosen=True)


_STEPS: dict[type, Callable[[Any, Sequence[Select], Catalog, Writing], Select]] = {
    Scan: lambda node, _, catalog, writing: scan(node, catalog, writing),
    IndexScan: lambda node, _, catalog, writing: index_scan(node, catalog, writing),
    Filter: _filter,
    Project: _project,
    Limit: _limit,
    Sort: _sort,
    Aggregate: lambda node, inputs, _, writing: aggregate(node, inputs[0], writing),
    Join: lambda node, inputs, _, writing: join(node, inputs[0], inputs[1], writing),
    RelationHop: lambda node, inputs, catalog, writing: hop(node, inputs[0], catalog, writing),
}
