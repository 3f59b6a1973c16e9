"""Manifests from TOML, in either dialect; and their parts from tables of fields, for whoever edits a manifest.

Dialect S begins with `id`, dialect E with `namespace` and `table`. Synonyms work in both.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from substrate import names
from substrate.columns import DATE, TIMESTAMP, Canonical, ColumnType, named
from substrate.errors import Invalid
from substrate.manifest import rules
from substrate.manifest.fields import Fields
from substrate.manifest.model import (
    Check,
    Column,
    Dialect,
    Extraction,
    ForeignKey,
    Index,
    Manifest,
    Relation,
)
from substrate.manifest.toml import parse
from substrate.names import SchemaId

CheckOf = Callable[[Check, Manifest], None]
"""Looks at a check of a manifest, and raises Invalid for one that is not a condition on its columns."""

_PARTS = ("primary_key", "columns", "indexes", "relations", "triggers", "geo")
_RULES = ("extractions", "foreign_keys", "check_constraints")
_KNOWN = {
    Dialect.S: ("id", *_PARTS, *_RULES),
    Dialect.E: ("namespace", "table", "version", *_PARTS, *_RULES),
}
_COLUMN = ("name", "type", "ty", "required", "default", "indexed", "unique", "generated")
_RELATION_COLUMN = ("column", "from_col", "from_column")
_TARGET = ("target", "to_table")
_RELATION = (
    "name",
    *_RELATION_COLUMN,
    *_TARGET,
    "from_table",
    "via",
    "to_col",
    "to_column",
    "weight_column",
    "bidirectional",
)


def read(source: str | bytes, check: CheckOf | None = None) -> Manifest:
    """The manifest that a TOML text declares; `check` looks at each of its check constraints.

    Invalid for anything else, with `detail.line` for bad TOML, and `detail.column` where a column is wrong.
    """
    document = parse(source)
    dialect = _dialect(document)
    fields = Fields(document, "the manifest", _KNOWN[dialect])
    for later in ("triggers", "geo"):
        fields.none_of(later, "is not supported: leave it empty", code="unsupported")
    manifest = _manifest(fields, dialect)
    if check:
        for constraint in manifest.checks:
            check(constraint, manifest)
    return manifest


def column(table: object) -> Column:
    """A column from its fields. The default is of the column's type; TOML's own dates and times are, too."""
    name = _name(table, "a column")
    fields = Fields(table, f"column `{name}`", _COLUMN, column=name)
    declared = named(fields.text("type", "ty"), name)
    return Column(
        name,
        declared,
        required=fields.flag("required"),
        indexed=fields.flag("indexed"),
        unique=fields.flag("unique"),
        generated=fields.flag("generated"),
        default=_default(declared, fields.value("default"), name),
    )


def index(table: object) -> Index:
    """An index from its fields: `columns`, and `name` where it has one."""
    fields = Fields(table, "an index", ("name", "columns"))
    name = fields.optional_text("name")
    return Index(fields.texts("columns"), "" if name is None else names.identifier(name, "an index"))


def relation(table: object, here: SchemaId, columns: tuple[Column, ...]) -> Relation:
    """A relation of the table `here` from its fields. Its column need not be named where one fits by its name."""
    name = _name(table, "a relation")
    fields = Fields(table, f"relation `{name}`", _RELATION)
    _from_here(fields, here)
    target, target_key = _target(fields, here)
    via = fields.optional_text("via")
    return Relation(
        name,
        fields.optional_text(*_RELATION_COLUMN) or _column_by_name(fields, name, target, columns, via),
        target,
        target_key,
        via=None if via is None else names.schema_id(via),
        to_column=fields.optional_text("to_col", "to_column"),
        weight_column=fields.optional_text("weight_column"),
        bidirectional=fields.flag("bidirectional", default=True),
    )


def _dialect(document: dict[str, Any]) -> Dialect:
    parted = [name for name in ("namespace", "table") if name in document]
    if "id" in document and parted:
        raise Invalid(f"the manifest has `id` and `{parted[0]}`: expected `id`, or `namespace` and `table`")
    return Dialect.E if parted else Dialect.S


def _manifest(fields: Fields, dialect: Dialect) -> Manifest:
    counted = dialect is Dialect.S
    here = _id(fields, counted)
    columns = fields.each("columns", column)
    return Manifest(
        here,
        columns,
        _primary_key(fields, counted),
        fields.each("indexes", index),
        fields.each("relations", lambda table: relation(table, here, columns)),
        fields.each("extractions", _extraction),
        fields.each("foreign_keys", lambda table: _foreign_key(table, here)),
        fields.each("check_constraints", _check),
        dialect,
        None if counted else _version(fields),
    )


def _id(fields: Fields, counted: bool) -> SchemaId:
    if counted:
        return names.schema_id(fields.text("id"))
    return SchemaId(fields.text("namespace"), fields.text("table"))


def _primary_key(fields: Fields, counted: bool) -> tuple[str, ...]:
    if counted and fields.has("primary_key"):
        fields = Fields(fields.value("primary_key"), "`primary_key`", ("columns",))
        return fields.texts("columns")
    return fields.texts("primary_key")


def _version(fields: Fields) -> int:
    found = fields.value("version")
    if found is None:
        return 1
    if type(found) is int and 0 <= found <= rules.MAX_VERSION:
        return found
    raise fields.refused(f"`version`: expected an integer from 0 to {rules.MAX_VERSION}")


def _default(declared: ColumnType, literal: object, name: str) -> Canonical | None:
    if literal is None:
        return None
    # TOML's own times and dates are of other classes than JSON's texts; each fits one type.
    own = {TIMESTAMP: datetime, DATE: date}.get(declared)
    return declared.check(literal.isoformat() if own and type(literal) is own else literal, name)


def _from_here(fields: Fields, here: SchemaId) -> None:
    source = fields.optional_text("from_table")
    if source not in (None, here.table, str(here)):
        raise fields.refused(f"`from_table` is this table, `{here}`")


def _target(fields: Fields, here: SchemaId) -> tuple[SchemaId, str | None]:
    """The target's id, and the column that is said to be its key. A bare name is in the same namespace."""
    found = fields.value(*_TARGET)
    if found is None:
        raise fields.refused("`target` is missing")
    if isinstance(found, str):
        return names.schema_id(found if "." in found else f"{here.namespace}.{found}"), None
    parts = Fields(found, "a target", ("namespace", "table", "pk"))
    namespace = parts.optional_text("namespace") or here.namespace
    return names.schema_id(f"{namespace}.{parts.text('table')}"), parts.optional_text("pk")


def _column_by_name(fields: Fields, name: str, target: SchemaId, columns: tuple[Column, ...], via: str | None) -> str:
    if via is not None:
        raise fields.refused("`from_col` is missing")
    known = {declared.name for declared in columns}
    for candidate in (name, f"{target.table}_id"):
        if candidate in known:
            return candidate
    raise fields.refused(f"`column` is missing, and neither `{name}` nor `{target.table}_id` is a column")


def _extraction(table: object) -> Extraction:
    name = _name(table, "an extraction")
    fields = Fields(table, f"extraction `{name}`", ("name", "path", "type", "ty"), column=name)
    return Extraction(name, fields.text("path"), named(fields.text("type", "ty"), name))


def _foreign_key(table: object, here: SchemaId) -> ForeignKey:
    fields = Fields(table, "a foreign key", (*_RELATION_COLUMN, *_TARGET))
    target, target_key = _target(fields, here)
    return ForeignKey(fields.text("from_col", "column", "from_column"), target, target_key)


def _check(table: object) -> Check:
    fields = Fields(table, "a check", ("name", "expr"))
    return Check(fields.text("name"), fields.text("expr"))


def _name(table: object, kind: str) -> str:
    """The name in a table, read first so that whatever else is wrong there can be told with it."""
    name = table.get("name") if isinstance(table, dict) else None
    if not isinstance(name, str):
        raise Invalid(f"{kind}: expected a table with the text `name`")
    return names.column(name) if kind in ("a column", "an extraction") else names.identifier(name, kind)
