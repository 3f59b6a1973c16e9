"""Queries: SELECT, WITH, UNION and what follows them, from sqlglot's tree to the typed one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from substrate.errors import shown
from substrate.sql.expressions import Expressions
from substrate.sql.fitting import Unlike, common, named, retyped
from substrate.sql.items import Item, items_of
from substrate.sql.ordering import comparable, groups_of, limit_of, order_of, output_order
from substrate.sql.refused import only, refusal, unlike, unsupported
from substrate.sql.scope import Common, Named, Scope, Statement
from substrate.sql.sources import MAX_TABLES, Sources
from substrate.sql.tree import Call, Compound, Expr, Operation, Query, Select, Tail, Type, types_of

_OPERATIONS: Mapping[str, Operation] = {"UNION": "UNION", "INTERSECT": "INTERSECT", "EXCEPT": "EXCEPT"}
_MODIFIERS = ("order", "limit", "offset")


@dataclass(frozen=True)
class Answer:
    """A query, with the names of its outputs for queries around it, and the keys of its rows."""

    query: Query
    names: tuple[str, ...]
    keys: tuple[str, ...]
    places: tuple[exp.Expr, ...]

    @property
    def types(self) -> Sequence[Type]:
        """The types of the outputs."""
        return types_of(self.query)


class Queries:
    """Reads the queries of one statement."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.operands = 0

    def inner(self, node: exp.Expr, scope: Scope) -> Query:
        """A subquery in an expression, which sees the columns of the query around it."""
        self.statement.tables += 1
        if self.statement.tables > MAX_TABLES:
            raise self.statement.refused(node, f"a statement reads at most {MAX_TABLES} tables and subqueries")
        if isinstance(node, exp.Subquery):
            only(self.statement, node, "this")
            node = node.this
        return self.query(node, scope, scope).query

    @staticmethod
    def retyped(query: Query, types: Sequence[Type]) -> Query:
        """A query whose outputs are of these types."""
        return retyped(query, types)

    def query(self, node: exp.Expr, parent: Scope | None, outer: Scope | None = None) -> Answer:
        """Any query. `parent` is what its expressions see around it, `outer` where its common tables are found."""
        commons = Scope(self.statement, parent, {} if outer is None else self._visible_commons(outer))
        declared = self._with(node, commons)
        answer = self._body(node, parent, commons)
        return replace(answer, query=replace(answer.query, commons=declared)) if declared else answer

    @staticmethod
    def _visible_commons(scope: Scope) -> dict[str, Common]:
        found: dict[str, Common] = {}
        around: Scope | None = scope
        while around is not None:
            found = {**around.commons, **found}
            around = around.parent
        return found

    def _with(self, node: exp.Expr, scope: Scope) -> tuple[tuple[int, Query], ...]:
        clause = node.args.get("with_")
        if clause is None:
            return ()
        only(self.statement, clause, "expressions")
        return tuple(self._common(each, scope) for each in clause.expressions)

    def _common(self, node: exp.CTE, scope: Scope) -> tuple[int, Query]:
        only(self.statement, node, "this", "alias")
        answer = self.query(node.this, scope.parent, scope)
        alias = node.args["alias"]
        name, names = Named.of(alias.this), list(answer.names)
        given = [identifier.name for identifier in alias.args.get("columns") or ()]
        if len(given) > len(names):
            raise self.statement.refused(alias, f"there are {len(names)} columns, and {len(given)} names for them")
        names[: len(given)] = given
        number = next(self.statement.numbers)
        columns = tuple(zip(names, answer.types, strict=True))
        scope.commons[name.text if name.quoted else name.text.lower()] = Common(name, number, columns, answer.query)
        return number, answer.query

    def _body(self, node: exp.Expr, parent: Scope | None, commons: Scope) -> Answer:
        if isinstance(node, exp.Select):
            return self._select(node, Scope(self.statement, parent, commons.commons))
        if isinstance(node, exp.SetOperation):
            return self._compound(node, parent, commons)
        if isinstance(node, exp.Subquery):
            return self._wrapped(node, parent, commons)
        raise unsupported(self.statement, node)

    def _wrapped(self, node: exp.Subquery, parent: Scope | None, commons: Scope) -> Answer:
        """A query in parentheses, which may have an order and limits of its own behind them."""
        only(self.statement, node, "this", "with_", *_MODIFIERS)
        answer = self.query(node.this, parent, commons)
        tail = self._outer_tail(node, answer)
        if tail == Tail():
            return answer
        if answer.query.tail != Tail():
            raise self.statement.refused(node, "the query has an order or a limit already: use a derived table")
        return replace(answer, query=replace(answer.query, tail=tail))

    # UNION, INTERSECT, EXCEPT

    def _compound(self, node: exp.SetOperation, parent: Scope | None, commons: Scope) -> Answer:
        only(self.statement, node, "this", "expression", "distinct", "with_", *_MODIFIERS)
        self.operands += 1
        if self.operands > MAX_TABLES:
            raise self.statement.refused(node, f"a statement combines at most {MAX_TABLES} queries")
        op = self._operation(node)
        left, right = (self.query(side, parent, commons) for side in (node.this, node.expression))
        if len(left.types) != len(right.types):
            message = f"both sides need as many columns, found {len(left.types)} and {len(right.types)}"
            raise self.statement.refused(node.expression, message)
        types = self._common_types(node, left, right, op)
        both = (retyped(left.query, types), retyped(right.query, types))
        answer = replace(left, query=Compound(op, *both))
        return replace(answer, query=replace(answer.query, tail=self._outer_tail(node, answer)))

    def _operation(self, node: exp.SetOperation) -> Operation:
        word = node.key.upper()
        if node.args.get("distinct"):
            return _OPERATIONS[word]
        if word == "UNION":
            return "UNION ALL"
        raise refusal(self.statement, node, f"{word} ALL", f"use {word}")

    def _common_types(self, node: exp.Expr, left: Answer, right: Answer, op: str) -> list[Type]:
        types: list[Type] = []
        for one, other in zip(left.types, right.types, strict=True):
            try:
                types.append(common((Call(one, "value", ()), Call(other, "value", ()))))
            except Unlike as two:
                raise unlike(self.statement, node.args["expression"], named(two.left), named(two.right)) from None
        if op != "UNION ALL":
            for kind in types:
                comparable(self.statement, node, kind, f", which {op} needs")
        return types

    def _outer_tail(self, node: exp.Expr, answer: Answer) -> Tail:
        """The order and limits behind a whole query."""
        keys = output_order(node, answer.names, answer.types, self.statement)
        return Tail(keys, *self._limits(node))

    def _limits(self, node: exp.Expr) -> tuple[Expr | None, Expr | None]:
        alone = Expressions(Scope(self.statement), self)
        return limit_of(node, "limit", alone), limit_of(node, "offset", alone)

    # SELECT

    def _select(self, node: exp.Select, scope: Scope) -> Answer:
        only(
            self.statement, node, "expressions", "from_", "joins", "where", "group", "having", "distinct", "with_",
            *_MODIFIERS,
        )  # fmt: skip
        source, joins = Sources(scope, self).read(node)
        expressions = Expressions(scope, self)
        where = self._condition(node, "where", expressions)
        groups = groups_of(node, expressions)
        scope.loose.clear()
        scope.groups = list(groups)
        items = items_of(node, expressions)
        having = self._having(node, expressions)
        if having is not None and not (groups or scope.aggregated):
            raise self.statement.refused(node.args["having"], "HAVING needs GROUP BY or an aggregate: use WHERE")
        distinct = self._distinct(node, items)
        order = order_of(node, items, expressions, distinct=distinct)
        if scope.aggregated or groups or having is not None:
            self._no_loose(scope)
        tail = Tail(order, *self._limits(node))
        exprs = tuple(item.expr for item in items)
        query = Select(exprs, source, joins, where, groups, having, distinct, tail)
        return Answer(
            query,
            tuple(item.name for item in items),
            tuple(item.key for item in items),
            tuple(item.place for item in items),
        )

    def _condition(self, node: exp.Select, name: str, expressions: Expressions) -> Expr | None:
        clause = node.args.get(name)
        if clause is None:
            return None
        only(self.statement, clause, "this")
        expressions.scope.clause = name.upper()
        found = expressions.condition(clause.this)
        expressions.scope.clause = ""
        return found

    def _having(self, node: exp.Select, expressions: Expressions) -> Expr | None:
        clause = node.args.get("having")
        if clause is None:
            return None
        only(self.statement, clause, "this")
        return expressions.condition(clause.this)

    def _distinct(self, node: exp.Select, items: Sequence[Item]) -> bool:
        clause = node.args.get("distinct")
        if clause is None:
            return False
        if clause.args.get("on"):
            raise refusal(self.statement, clause, "DISTINCT ON", "use GROUP BY, or row_number() in a derived table")
        for item in items:
            comparable(self.statement, item.place, item.expr.type)
        return True

    def _no_loose(self, scope: Scope) -> None:
        if scope.loose:
            node = scope.loose[0]
            what = "`*`" if node.find(exp.Star) else shown(node.sql("postgres"))
            message = f"{what} is neither grouped by nor in an aggregate: add it to GROUP BY"
            raise self.statement.refused(node, message)
