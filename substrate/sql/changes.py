"""INSERT and DELETE: checked, and translated into rows and keys for `put_many` and `delete_key`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from substrate.catalog import Catalog, Table
from substrate.columns import JSON, UNLIKE, Canonical, ColumnType, Json
from substrate.errors import Invalid, described, shown, unknown
from substrate.manifest import Column, Manifest
from substrate.names import SchemaId
from substrate.sql.expressions import Expressions
from substrate.sql.fitting import FROM_TEXT
from substrate.sql.grammar import Parsed
from substrate.sql.params import counted
from substrate.sql.refused import only, refusal
from substrate.sql.scope import Named, Qualifier, Scope, Statement, Visible
from substrate.sql.sources import table_of
from substrate.sql.statements import Queries
from substrate.sql.tree import Constant, Parameter

Value: TypeAlias = Constant | Parameter
Field: TypeAlias = tuple[str, Value]

MAX_ROWS = 10_000
"""How many rows one INSERT may have."""


@dataclass(frozen=True)
class Insert:
    """INSERT ... VALUES: rows of one table, each with some of its columns."""

    table: Table
    fields: tuple[tuple[Field, ...], ...]
    parameters: int

    @property
    def schema(self) -> SchemaId:
        """The id of the table."""
        return self.table.id

    def rows(self, params: Sequence[Json] = ()) -> list[dict[str, Json]]:
        """The rows as JSON objects, as they were given. Raises Invalid for values that their columns do not take."""
        counted(params, self.parameters)
        return [self._row(number, fields, params) for number, fields in enumerate(self.fields)]

    def _row(self, number: int, fields: tuple[Field, ...], params: Sequence[Json]) -> dict[str, Json]:
        manifest = self.table.manifest
        row = {name: _json(manifest.types[name], name, value, params) for name, value in fields}
        try:
            for column in manifest.columns:
                _check(column, row)
        except Invalid as bad:
            raise Invalid(f"row {number + 1}: {bad.message}", **{**bad.detail, "row": number}) from None
        return row


@dataclass(frozen=True)
class Delete:
    """DELETE of the row with one key."""

    table: Table
    fields: tuple[Value, ...]
    parameters: int

    @property
    def schema(self) -> SchemaId:
        """The id of the table."""
        return self.table.id

    def key(self, params: Sequence[Json] = ()) -> list[Json]:
        """The values of the key's columns as JSON, in the key's order. Raises Invalid for values that no key has."""
        counted(params, self.parameters)
        manifest = self.table.manifest
        pairs = zip(manifest.primary_key, manifest.key_types, self.fields, strict=True)
        return [kind.json(_key(kind, name, _given(value, params))) for name, kind, value in pairs]

    def pk(self, params: Sequence[Json] = ()) -> str:
        """The key's text. Raises Invalid for a key of several columns, which has none."""
        manifest = self.table.manifest
        if len(manifest.primary_key) > 1:
            message = f"the key of `{manifest.id}` has {len(manifest.primary_key)} columns: give `execute`"
            raise Invalid(message)
        (value,) = self.key(params)
        kind = manifest.key_types[0]
        return kind.key_text(kind.check(value, manifest.primary_key[0]))


def insert(parsed: Parsed, catalog: Catalog) -> Insert:
    """The rows of an INSERT."""
    statement, tree = Statement(parsed.text, catalog), parsed.tree
    only(statement, tree, "this", "expression")
    target = tree.args["this"]
    table = table_of(statement, _table(statement, target))
    values = tree.args.get("expression")
    if isinstance(values, exp.Query) and not isinstance(values, exp.Values):
        raise refusal(statement, values, "INSERT ... SELECT", "read the rows, and write them by /rows or `_batch`")
    if not isinstance(values, exp.Values):
        raise statement.refused(tree, "expected VALUES")
    only(statement, values, "expressions")
    names = _names(statement, target, table.manifest)
    if len(values.expressions) > MAX_ROWS:
        raise statement.refused(values, f"an INSERT has at most {MAX_ROWS} rows: use `_batch`")
    rows = tuple(_fields(statement, row, names) for row in values.expressions)
    return Insert(table, rows, statement.parameters)


def delete(parsed: Parsed, catalog: Catalog) -> Delete:
    """The key of a DELETE."""
    statement, tree = Statement(parsed.text, catalog), parsed.tree
    only(statement, tree, "this", "where")
    table = table_of(statement, _table(statement, tree.args["this"]))
    where = tree.args.get("where")
    if where is None:
        raise statement.refused(tree, f"DELETE needs WHERE with {_wanted(table.manifest)}")
    found: dict[str, Value] = {}
    for part in _parts(where.this):
        name, value = _equality(statement, part, table)
        if name in found:
            raise statement.refused(part, f"`{name}` stands twice in WHERE", column=name)
        found[name] = value
    missing = [name for name in table.manifest.primary_key if name not in found]
    if missing:
        raise statement.refused(where, f"DELETE needs WHERE with {_wanted(table.manifest)}", column=missing[0])
    return Delete(table, tuple(found[name] for name in table.manifest.primary_key), statement.parameters)


def _table(statement: Statement, node: exp.Expr) -> exp.Table:
    if isinstance(node, exp.Schema):
        node = node.this
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise statement.refused(node, "expected a table as `namespace.table`")
    only(statement, node, "this", "db", "alias")
    return node


def _names(statement: Statement, target: exp.Expr, manifest: Manifest) -> list[str]:
    """The columns that the values are for: those in the list, else those of the manifest."""
    if not isinstance(target, exp.Schema):
        return [column.name for column in manifest.columns]
    names: list[str] = []
    for identifier in target.expressions:
        if not isinstance(identifier, exp.Identifier):
            raise statement.refused(identifier, "expected the name of a column")
        name = _column(statement, identifier, manifest)
        if name in names:
            raise statement.refused(identifier, f"column `{name}` stands twice in the list", column=name)
        names.append(name)
    return names


def _column(statement: Statement, identifier: exp.Expr, manifest: Manifest) -> str:
    wanted = Named.of(identifier)
    found = next((column.name for column in manifest.columns if wanted.finds(column.name)), None)
    if found is None:
        message = unknown(wanted.text, f"a column of `{manifest.id}`", manifest.by_name).message
        raise statement.refused(identifier, message, column=wanted.text[:200])
    return found


def _fields(statement: Statement, row: exp.Expr, names: Sequence[str]) -> tuple[Field, ...]:
    values = row.expressions if isinstance(row, exp.Tuple) else [row]
    if len(values) != len(names):
        raise statement.refused(row, f"expected {len(names)} values, found {len(values)}")
    pairs = zip(names, values, strict=True)
    return tuple((name, _value(statement, value)) for name, value in pairs if not _is_default(value))


def _is_default(node: exp.Expr) -> bool:
    """DEFAULT leaves its column out of the row."""
    is_bare = isinstance(node, exp.Var) or (isinstance(node, exp.Column) and not node.this.args.get("quoted"))
    return is_bare and node.name.upper() == "DEFAULT"


def _value(statement: Statement, node: exp.Expr) -> Value:
    """A value that stands in the statement, or a parameter."""
    while isinstance(node, exp.Paren):
        node = node.this
    negated = isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal)
    if not negated and not isinstance(node, (exp.Literal, exp.Null, exp.Boolean, exp.Parameter)):
        raise statement.refused(node, "expected a value or a parameter: expressions are not computed here")
    found = Expressions(Scope(statement), Queries(statement)).read(node)
    assert isinstance(found, (Constant, Parameter))
    return found


def _given(value: Value, params: Sequence[Json]) -> Json:
    return params[value.number - 1] if isinstance(value, Parameter) else value.value


def _json(kind: ColumnType, name: str, value: Value, params: Sequence[Json]) -> Json:
    """A value as a row has it. A text in the statement for a `json` column is JSON itself; a parameter is its value."""
    given = _given(value, params)
    if kind is not JSON or isinstance(value, Parameter) or not isinstance(given, str):
        return given
    try:
        return JSON.json(given)
    except ValueError:
        raise Invalid(f"column `{name}`: expected JSON, found {described(given)}", column=name) from None


def _check(column: Column, row: Mapping[str, Json]) -> None:
    value = row.get(column.name)
    if value is not None:
        column.type.check(value, column.name)
    elif column.required and not column.generated and (column.name in row or column.default is None):
        raise Invalid(f"column `{column.name}` is required", column=column.name)


def _parts(node: exp.Expr) -> list[exp.Expr]:
    """The conditions that AND joins."""
    found: list[exp.Expr] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, exp.Paren):
            waiting.append(part.this)
        elif isinstance(part, exp.And):
            waiting += [part.args["expression"], part.args["this"]]
        else:
            found.append(part)
    return found


def _equality(statement: Statement, node: exp.Expr, table: Table) -> tuple[str, Value]:
    """The column of the key, and the value, of `column = value`."""
    if isinstance(node, exp.EQ):
        sides = [node.this, node.expression]
        if not isinstance(sides[0], exp.Column):
            sides.reverse()
        column, value = sides
        if isinstance(column, exp.Column) and isinstance(column.this, exp.Identifier):
            _own_table(statement, column, table)
            name = _column(statement, column.this, table.manifest)
            if name in table.manifest.primary_key:
                return name, _value(statement, value)
    raise statement.refused(node, f"DELETE takes {_wanted(table.manifest)}, and nothing else")


def _own_table(statement: Statement, column: exp.Column, table: Table) -> None:
    """Sees that what stands before a column's name, if anything, is the table or its alias."""
    deletion = column.find_ancestor(exp.Delete)
    alias = deletion.this.args.get("alias") if deletion else None
    name = Named(table.id.table, False) if alias is None else Named.of(alias.this)
    visible = Visible(name, (), table.id.namespace if alias is None else None)
    qualifier = Qualifier.of(statement, column)
    if qualifier is not None and not visible.is_meant(qualifier):
        raise statement.refused(column, f"there is no table {shown(qualifier.text)} in this statement")


def _wanted(manifest: Manifest) -> str:
    return " AND ".join(f"`{name} = ...`" for name in manifest.primary_key)


def _key(kind: ColumnType, name: str, given: Json) -> Canonical:
    """The canonical value of a key's column; a text stands for a time, a date or a uuid as in every comparison."""
    if kind in FROM_TEXT and isinstance(given, str):
        found = kind.coerced(given, name)
        if found is not UNLIKE:
            return found
    return kind.check(given, name)
