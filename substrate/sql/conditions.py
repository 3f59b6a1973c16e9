"""Check constraints: conditions in SQL on the columns of one row.

They stand inside of statements that have values of their own, so here, and only here, values become literals. Text that
is not plain goes as hexadecimal digits: no quote, no `?` and no `%` of a manifest ever stands in a statement.
"""

import math
import re
from collections.abc import Callable
from typing import TypeVar

from sqlglot import exp

from substrate.catalog import Catalog
from substrate.columns import STR
from substrate.engine import DialectName, storage
from substrate.errors import Invalid
from substrate.manifest import Check, Manifest
from substrate.sql.expressions import Expressions
from substrate.sql.grammar import parse
from substrate.sql.postgres import PostgresWriter
from substrate.sql.refused import only
from substrate.sql.scope import Named, Scope, Statement, Visible
from substrate.sql.sqlite import SqliteWriter
from substrate.sql.statements import Queries
from substrate.sql.tree import Column, Constant, Expr, Query
from substrate.sql.write import OWN_ROW, Slot

_BEFORE = "SELECT "
_PLAIN = re.compile(r"[A-Za-z0-9 _.,:;@/+=<>()#-]*")
_T = TypeVar("_T")


def condition(expression: str, manifest: Manifest, dialect: DialectName) -> str:
    """A check as SQL of an engine: over the row's columns in quotes, without a `?`. Raises Invalid for a bad one."""
    writer = _Postgres() if dialect == "postgres" else _Sqlite()
    return writer.expr(_read(expression, manifest))


def columns_of(check: Check, manifest: Manifest) -> list[str]:
    """The columns that a check looks at, in the manifest's order."""
    tree = parse(_BEFORE + check.expression, offset=len(_BEFORE)).tree
    meant = [Named.of(node.this) for node in tree.find_all(exp.Column)]
    return [name for name in manifest.types if any(each.finds(name) for each in meant)]


def check_of(check: Check, manifest: Manifest) -> None:
    """Raises Invalid, naming the check and the place in it, for one that is no condition on the row's columns."""
    try:
        _read(check.expression, manifest)
    except Invalid as bad:
        raise Invalid(f"check `{check.name}`: {bad.message}", **{**bad.detail, "check": check.name}) from None


def _read(expression: str, manifest: Manifest) -> Expr:
    parsed = parse(_BEFORE + expression, offset=len(_BEFORE))
    statement = Statement(parsed.text, Catalog(), (), offset=len(_BEFORE))
    tree = parsed.tree
    if not isinstance(tree, exp.Select):
        raise statement.refused(tree, "expected one condition")
    only(statement, tree, "expressions")
    if len(tree.expressions) != 1 or isinstance(tree.expressions[0], (exp.Alias, exp.Star)):
        raise statement.refused(tree, "expected one condition")
    columns = tuple((name, Column(kind, OWN_ROW, name)) for name, kind in manifest.types.items())
    scope = Scope(statement, sources=[Visible(Named(manifest.id.table, False), columns)], clause="a check")
    return _bounded(lambda: Expressions(scope, _NoQueries(statement)).condition(tree.expressions[0]))


def _bounded(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except RecursionError:
        raise Invalid("the condition nests too deeply", position=0) from None


class _NoQueries(Queries):
    """Subqueries are refused: a check sees its own row."""

    def inner(self, node: exp.Expr, scope: Scope) -> Query:
        """See Queries."""
        raise self.statement.refused(node, "a check sees the columns of its own row, and no table")


class _Sqlite(SqliteWriter):
    def slot(self, expr: Slot) -> str:
        """The value itself."""
        assert isinstance(expr, Constant)
        value = storage(expr.type or STR, "sqlite").write(expr.value)
        if value in (math.inf, -math.inf):
            return "9e999" if value == math.inf else "-9e999"
        return _plain(value) or f"CAST(x'{str(value).encode().hex()}' AS TEXT)"


class _Postgres(PostgresWriter):
    def slot(self, expr: Slot) -> str:
        """The value itself."""
        assert isinstance(expr, Constant)
        value = storage(expr.type or STR, "postgres").write(expr.value)
        return _plain(value) or f"convert_from('\\x{str(value).encode().hex()}'::bytea, 'UTF8')"


def _plain(value: object) -> str | None:
    """A literal for what is a number, a boolean, or has a plain text."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)) and not math.isinf(value):
        return f"({value!r})"
    written = str(value)
    return f"'{written}'" if _PLAIN.fullmatch(written) else None
