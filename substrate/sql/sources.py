"""FROM and JOIN: which tables a query reads, and what names its expressions can use for them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from substrate.catalog import Catalog, Table
from substrate.columns import BOOL
from substrate.errors import Invalid, nearest, shown
from substrate.sql.expressions import Expressions
from substrate.sql.place import position_of
from substrate.sql.refused import JOIN_ON, only, refusal, unsupported
from substrate.sql.scope import Named, Scope, Statement, Visible, columns_of
from substrate.sql.tree import Call, Column, Derived, Expr, Join, Shared, Source, Stored

if TYPE_CHECKING:
    from substrate.sql.statements import Queries

MAX_TABLES = 32
"""How many tables and subqueries one statement may read."""

Kind = Literal["INNER", "LEFT", "RIGHT", "FULL"]

_KINDS: Mapping[str, Kind] = {"": "INNER", "LEFT": "LEFT", "RIGHT": "RIGHT", "FULL": "FULL"}


class Sources:
    """Reads the FROM of one SELECT into its scope."""

    def __init__(self, scope: Scope, queries: "Queries") -> None:
        self.scope = scope
        self.statement = scope.statement
        self.queries = queries
        self.expressions = Expressions(scope, queries)

    def read(self, node: exp.Select) -> tuple[Source | None, tuple[Join, ...]]:
        """The first source and what is joined to it; the scope sees all of them."""
        start = node.args.get("from_")
        if start is None:
            if node.args.get("joins"):
                raise self.statement.refused(node, "a JOIN needs a FROM")
            return None, ()
        only(self.statement, start, "this")
        source, visible = self._source(start.this)
        self.scope.sources.append(visible)
        return source, tuple(self._join(join) for join in node.args.get("joins") or ())

    def _join(self, node: exp.Join) -> Join:
        kind = self._kind(node)
        source, visible = self._source(node.this)
        if node.args.get("using"):
            on = self._using(node, visible, kind)
        else:
            self.scope.sources.append(visible)
            self.scope.clause = "ON"
            on = self.expressions.condition(node.args["on"])
            self.scope.clause = ""
        if kind == "FULL" and not self._matches(on, source.number):
            message = "a FULL JOIN needs an equality between both sides in its ON"
            raise self.statement.refused(node, message)
        return Join(kind, source, _joining(on))

    def _kind(self, node: exp.Join) -> Kind:
        method, side, kind = (str(node.args.get(name) or "").upper() for name in ("method", "side", "kind"))
        if method:
            raise refusal(self.statement, node.this, f"{method} JOIN", JOIN_ON)
        if isinstance(node.this, exp.Lateral):
            raise refusal(self.statement, node.this, "LATERAL", JOIN_ON)
        if kind not in ("", "INNER", "OUTER"):
            raise refusal(self.statement, node.this, f"{kind} JOIN", JOIN_ON)
        if not node.args.get("on") and not node.args.get("using"):
            raise refusal(self.statement, node.this, self._unconditional(node), JOIN_ON)
        only(self.statement, node, "this", "side", "kind", "on", "using")
        return _KINDS[side]

    def _unconditional(self, node: exp.Join) -> str:
        before = self.statement.text[: position_of(node.this)].rstrip()
        words = [str(node.args[name]) for name in ("side", "kind") if node.args.get(name)]
        return "a comma join" if before.endswith(",") else " ".join([*words, "JOIN without ON"])

    def _using(self, node: exp.Join, visible: Visible, kind: Kind) -> Expr:
        """The condition of USING; its columns become ones without a table."""
        parts: list[Expr] = []
        for identifier in node.args["using"]:
            name = Named.of(identifier)
            left, right = self._left(identifier, name), self._named_once(identifier, name, [visible])
            for side in (left, right):
                if side.type is not None and side.type.order is None:
                    raise self.statement.refused(identifier, f"values of type {side.type.name} are never compared")
            parts.append(self.expressions.compared("eq", identifier, left, right))
            merged = {"INNER": left, "LEFT": left, "RIGHT": right}.get(kind)
            if merged is None:
                one, other = self.expressions.alike(identifier, (left, right))
                merged = Call(one.type, "coalesce", (one, other))
            self.scope.merged = [each for each in self.scope.merged if not name.finds(each[0])]
            self.scope.merged.append((self._declared(visible, name), merged))
        self.scope.sources.append(visible)
        return parts[0] if len(parts) == 1 else Call(BOOL, "and", tuple(parts))

    def _left(self, node: exp.Expr, name: Named) -> Expr:
        merged = [expr for declared, expr in self.scope.merged if name.finds(declared)]
        return merged[0] if merged else self._named_once(node, name, self.scope.sources)

    def _named_once(self, node: exp.Expr, name: Named, sources: list[Visible]) -> Expr:
        found = [expr for source in sources for expr in source.found(name)]
        if len(found) != 1:
            message = "is ambiguous" if found else "is not a column of both sides"
            raise self.statement.refused(node, f"USING: {shown(name.text)} {message}", column=name.text[:200])
        return found[0]

    @staticmethod
    def _declared(visible: Visible, name: Named) -> str:
        return next(declared for declared, _ in visible.columns if name.finds(declared))

    def _matches(self, on: Expr, number: int) -> bool:
        """Whether a condition has an equality of the new source with one before, which FULL JOIN needs."""
        parts = on.args if isinstance(on, Call) and on.op == "and" else (on,)
        for part in parts:
            if isinstance(part, Call) and part.op == "eq":
                left, right = (_sources_in(side) for side in part.args)
                if {number} in (left, right) and (left | right) != {number}:
                    return True
        return False

    def _source(self, node: exp.Expr) -> tuple[Source, Visible]:
        self.statement.tables += 1
        if self.statement.tables > MAX_TABLES:
            raise self.statement.refused(node, f"a statement reads at most {MAX_TABLES} tables and subqueries")
        if isinstance(node, exp.Table):
            source, visible = self._table(node)
        elif isinstance(node, exp.Subquery):
            source, visible = self._derived(node)
        else:
            raise unsupported(self.statement, node)
        name = visible.name
        if name is not None and any(each.name is not None and name.means(each.name) for each in self.scope.sources):
            message = f"two tables are called {shown(name.text)}: give one of them an alias"
            raise self.statement.refused(node, message)
        return source, visible

    def _table(self, node: exp.Table) -> tuple[Source, Visible]:
        if not isinstance(node.this, exp.Identifier):
            raise refusal(self.statement, node, "a function as a table", "name a table")
        alias = node.args.get("alias")
        only(self.statement, node, "this", "db", "catalog", "alias")
        number = next(self.statement.numbers)
        common = None if node.args.get("db") else self.scope.common(Named.of(node.this))
        if common is not None:
            names, kinds = [name for name, _ in common.columns], [kind for _, kind in common.columns]
            called, names = self._renamed(node, alias, common.name, names)
            return Shared(number, common.number), Visible(called, columns_of(number, names, kinds))
        table = table_of(self.statement, node)
        types = table.manifest.types
        called, names = self._renamed(node, alias, Named(table.id.table, False), list(types))
        columns = tuple((name, Column(types[own], number, own)) for name, own in zip(names, types, strict=True))
        namespace = table.id.namespace if alias is None else None
        return Stored(number, table, table.physical), Visible(called, columns, namespace)

    def _derived(self, node: exp.Subquery) -> tuple[Source, Visible]:
        if isinstance(node.this, exp.Table):
            raise refusal(self.statement, node, "a JOIN in parentheses", "write the joins one after the other")
        alias = node.args.get("alias")
        only(self.statement, node, "this", "alias")
        named = self.queries.query(node.this, self.scope.parent, self.scope)
        number = next(self.statement.numbers)
        called, names = self._renamed(node, alias, None, list(named.names))
        return Derived(number, named.query), Visible(called, columns_of(number, names, list(named.types)))

    def _renamed(
        self, node: exp.Expr, alias: exp.Expr | None, own: Named | None, names: list[str]
    ) -> tuple[Named | None, list[str]]:
        """The name of a source, and those of its columns, where an alias gives others: AS q(a, b)."""
        if alias is None:
            return own, names
        only(self.statement, alias, "this", "columns")
        given = [identifier.name for identifier in alias.args.get("columns") or ()]
        if len(given) > len(names):
            raise self.statement.refused(alias, f"there are {len(names)} columns, and {len(given)} names for them")
        called = own if alias.this is None else Named.of(alias.this)
        return called, given + names[len(given) :]


def table_of(statement: Statement, node: exp.Table) -> Table:
    """The declared table that a name means: `shop.orders`, unquoted in any case."""
    if node.args.get("catalog") is not None:
        raise statement.refused(node, "expected a table as `namespace.table`")
    database = node.args.get("db")
    parts = [Named.of(part) for part in (database, node.this) if part is not None]
    found = _found(statement.catalog, parts)
    if found is None:
        raise _unknown_table(statement, node, ".".join(part.text for part in parts))
    return found


def _found(catalog: Catalog, parts: list[Named]) -> Table | None:
    written = ".".join(part.text for part in parts)
    table = catalog.folded.get(written.lower())
    if table is None:
        return None
    if len(parts) == 1:
        return table if parts[0].finds(str(table.id)) or parts[0].finds(table.id.table) else None
    return table if parts[0].finds(table.id.namespace) and parts[1].finds(table.id.table) else None


def _unknown_table(statement: Statement, node: exp.Table, name: str) -> Invalid:
    known = list(statement.catalog.tables)
    ending = [each for each in known if each.lower().endswith(f".{name.lower()}")]
    guess = ending[0] if ending else nearest(name, known)
    hint = f": did you mean `{guess}`?" if guess else ""
    return statement.refused(node, f"there is no table {shown(name)}{hint}", schema=name[:200])


def _joining(on: Expr) -> Expr:
    """A condition of a JOIN, with its equalities marked: engines find rows by them."""
    if isinstance(on, Call) and on.op == "and":
        return replace(on, args=tuple(map(_joining, on.args)))
    return replace(on, op="joins") if isinstance(on, Call) and on.op == "eq" else on


def _sources_in(expr: Expr) -> set[int]:
    if isinstance(expr, Column):
        return {expr.source}
    if isinstance(expr, Call):
        return {number for arg in expr.args for number in _sources_in(arg)}
    return set()
