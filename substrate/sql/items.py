"""What a SELECT selects: its items, the keys of their values in rows, and their names for queries around it."""

from dataclasses import dataclass

from sqlglot import exp

from substrate.sql.expressions import Expressions
from substrate.sql.grammar import item_text
from substrate.sql.refused import only
from substrate.sql.scope import Named, Qualifier, Scope, Visible
from substrate.sql.tree import Expr

MAX_ITEMS = 1_600
"""How many columns an answer may have; PostgreSQL ends at 1,664, SQLite at 2,000."""


@dataclass(frozen=True)
class Item:
    """One output: its expression, its name for queries around it, its key in rows, and its place."""

    expr: Expr
    name: str
    key: str
    place: exp.Expr
    aliased: bool = False


def items_of(node: exp.Select, expressions: Expressions) -> list[Item]:
    """All items of a SELECT, `*` as the columns that it stands for."""
    statement = expressions.statement
    if not node.expressions:
        raise statement.refused(node, "SELECT needs at least one column, or `*`")
    items = [item for part in node.expressions for item in _item(part, expressions)]
    if len(items) > MAX_ITEMS:
        raise statement.refused(node, f"an answer has at most {MAX_ITEMS} columns, this one {len(items)}")
    return items


def _item(node: exp.Expr, expressions: Expressions) -> list[Item]:
    scope = expressions.scope
    if isinstance(node, exp.Star):
        return _star(node, node, None, scope)
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return _star(node, node.this, node, scope)
    if isinstance(node, exp.Alias):
        only(expressions.statement, node, "this", "alias")
        alias = node.args["alias"].name
        return [Item(expressions.read(node.this), alias, alias, node, aliased=True)]
    expr = expressions.read(node)
    written = item_text(node) or node.sql("postgres")
    if isinstance(node, exp.Column):
        declared = scope.declared_name(Named.of(node.this))
        return [Item(expr, declared, written if scope.is_joined else declared, node)]
    return [Item(expr, written, written, node)]


def _star(node: exp.Expr, star: exp.Star, table: exp.Column | None, scope: Scope) -> list[Item]:
    only(scope.statement, star)
    sources = _starred(node, table, scope)
    merged = scope.merged if table is None else []
    hidden = {name.lower() for name, _ in merged}
    items = [Item(expr, name, name, node) for name, expr in merged]
    for source in sources:
        prefix = f"{source.name.text}." if scope.is_joined and source.name is not None else ""
        shown = ((name, expr) for name, expr in source.columns if name.lower() not in hidden)
        items += [Item(expr, name, prefix + name, node) for name, expr in shown]
    scope.loose += [node for item in items if item.expr not in scope.groups]
    return items


def _starred(node: exp.Expr, table: exp.Column | None, scope: Scope) -> list[Visible]:
    """The sources whose columns a `*` stands for."""
    if table is None:
        if not scope.sources:
            raise scope.statement.refused(node, "`*` needs a FROM")
        return scope.sources
    qualifier = Qualifier.of(scope.statement, table)
    found = None if qualifier is None else scope.source(qualifier)
    if found is None:
        raise scope.unknown_source(table)
    return [found]
