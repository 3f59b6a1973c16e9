"""GROUP BY, ORDER BY and LIMIT, which may name what is selected by its number or its alias."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from substrate.columns import I64, U64
from substrate.errors import shown
from substrate.sql.expressions import Expressions
from substrate.sql.items import Item
from substrate.sql.refused import only, refusal
from substrate.sql.scope import Named, Scope, Statement
from substrate.sql.tree import Constant, Expr, Order, Parameter, Type
from substrate.sql.windows import ordered


def groups_of(node: exp.Select, expressions: Expressions) -> tuple[Expr, ...]:
    """The keys of GROUP BY."""
    clause = node.args.get("group")
    if clause is None:
        return ()
    only(expressions.statement, clause, "expressions")
    expressions.scope.clause = "GROUP BY"
    groups = [expressions.comparable(_grouped(node, part, expressions)) for part in clause.expressions]
    expressions.scope.clause = ""
    return tuple(dict.fromkeys(groups))


def _grouped(node: exp.Select, part: exp.Expr, expressions: Expressions) -> exp.Expr:
    """What GROUP BY names: an item by its number or its alias, else the expression itself."""
    items: Sequence[exp.Expr] = node.expressions
    place = _number(part, len(items), expressions.statement)
    if place is None:
        place = _aliased(part, items, expressions.scope)
    if place is None:
        return part
    found = items[place - 1]
    inner: exp.Expr = found.this if isinstance(found, exp.Alias) else found
    return inner


def _aliased(part: exp.Expr, items: Sequence[exp.Expr], scope: Scope) -> int | None:
    """The item that a bare name means as an alias; a column of the sources goes before."""
    name = _bare(part)
    if name is None or any(source.found(name) for source in scope.sources):
        return None
    for place, item in enumerate(items, 1):
        if isinstance(item, exp.Alias) and name.means(Named.of(item.args["alias"])):
            return place
    return None


def order_of(node: exp.Select, items: Sequence[Item], expressions: Expressions, *, distinct: bool) -> tuple[Order, ...]:
    """The keys of a SELECT's ORDER BY."""
    clause = node.args.get("order")
    if clause is None:
        return ()
    only(expressions.statement, clause, "expressions")
    return tuple(_key(part, items, expressions, distinct) for part in clause.expressions)


def _key(node: exp.Ordered, items: Sequence[Item], expressions: Expressions, distinct: bool) -> Order:
    place = _named(node, items, expressions.statement)
    if place is not None:
        comparable(expressions.statement, node, items[place - 1].expr.type)
        return _placed(node, place)
    key = ordered(expressions, node)
    same = next((index for index, item in enumerate(items, 1) if item.expr == key.expr), None)
    if same is None and distinct:
        raise expressions.statement.refused(node, "with DISTINCT, ORDER BY can only name what is selected")
    return key if same is None else replace(key, expr=same)


def _named(node: exp.Ordered, items: Sequence[Item], statement: Statement) -> int | None:
    """The item that a key of ORDER BY names: by its number, or by its alias."""
    only(statement, node, "this", "desc", "nulls_first")
    place, name = _number(node.this, len(items), statement), _bare(node.this)
    if place is not None or name is None:
        return place
    found = [index for index, each in enumerate(items, 1) if each.aliased and name.finds(each.name)]
    if len(found) > 1:
        raise statement.refused(node, f"{shown(name.text)} is ambiguous")
    return found[0] if found else None


def output_order(
    node: exp.Expr, names: Sequence[str], types: Sequence[Type], statement: Statement
) -> tuple[Order, ...]:
    """The keys of the ORDER BY behind a whole query, which sees its outputs only."""
    clause = node.args.get("order")
    if clause is None:
        return ()
    only(statement, clause, "expressions")
    return tuple(_output_key(part, names, types, statement) for part in clause.expressions)


def _output_key(node: exp.Ordered, names: Sequence[str], types: Sequence[Type], statement: Statement) -> Order:
    only(statement, node, "this", "desc", "nulls_first")
    place, name = _number(node.this, len(names), statement), _bare(node.this)
    if place is None and name is not None:
        found = [index for index, each in enumerate(names, 1) if name.finds(each)]
        place = found[0] if len(found) == 1 else None
    if place is None:
        raise statement.refused(node, "expected an output's name or number in this ORDER BY")
    comparable(statement, node, types[place - 1])
    return _placed(node, place)


def _placed(node: exp.Ordered, place: int) -> Order:
    return Order(place, bool(node.args.get("desc")), bool(node.args.get("nulls_first")))


def limit_of(node: exp.Expr, name: str, expressions: Expressions) -> Expr | None:
    """The value of LIMIT or OFFSET (`name`): a whole number in the statement, or a parameter."""
    clause = node.args.get(name)
    if clause is None:
        return None
    statement = expressions.statement
    if isinstance(clause, exp.Fetch):
        raise refusal(statement, clause, "FETCH", "use LIMIT")
    only(statement, clause, "expression")
    if name == "limit" and isinstance(clause.expression, exp.Var) and clause.expression.name.upper() == "ALL":
        return None
    value = expressions.read(clause.expression) if isinstance(clause.expression, exp.Expr) else None
    if isinstance(value, Parameter) and (value.type is I64 or (value.type is None and statement.kinds is None)):
        return replace(value, type=U64)
    if isinstance(value, Constant) and value.type is I64 and isinstance(value.value, int) and value.value >= 0:
        return value
    raise statement.refused(clause, f"expected a whole number after {name.upper()}")


def comparable(statement: Statement, node: exp.Expr, kind: Type, need: str = "") -> None:
    """Raises Invalid for a type whose values are never compared."""
    if kind is not None and kind.order is None:
        raise statement.refused(node, f"values of type {kind.name} are never compared{need}")


def _bare(node: exp.Expr) -> Named | None:
    """The name that a node consists of, if it is nothing but one."""
    if isinstance(node, exp.Column) and node.args.get("table") is None:
        return Named.of(node.this)
    return None


def _number(node: exp.Expr, count: int, statement: Statement) -> int | None:
    """The number of an output that a whole number in GROUP BY or ORDER BY stands for. Raises Invalid for another."""
    if not isinstance(node, exp.Literal) or node.is_string or not node.this.isdigit():
        return None
    if len(node.this) > 5 or not 1 <= int(node.this) <= count:
        raise statement.refused(node, f"there is no item {node.this[:20]}")
    return int(node.this)
