"""Manifests as TOML, in their own dialect. Reading the text gives an equal manifest."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from substrate.manifest.model import Column, Dialect, Index, Manifest, Relation
from substrate.manifest.toml import lines
from substrate.names import SchemaId

Table: TypeAlias = dict[str, object]
"""The fields of one table; a table inside has a section of its own, and None is left out."""


def write(manifest: Manifest) -> str:
    """The TOML text of a manifest, with a line feed at the end."""
    counted = manifest.dialect is Dialect.S
    blocks = _head_counted(manifest) if counted else _head_declared(manifest)
    spelling = "type" if counted else "ty"
    blocks += _section("columns", (_column(column, manifest, spelling) for column in manifest.columns))
    blocks += _section("indexes", map(_index, manifest.indexes))
    blocks += _section("relations", (_relation(each, counted) for each in manifest.relations))
    blocks += _section(
        "extractions", ({"name": e.name, "path": e.path, "ty": e.type.name} for e in manifest.extractions)
    )
    blocks += _section(
        "foreign_keys",
        ({"from_col": f.column, "target": _target(f.target, f.target_key)} for f in manifest.foreign_keys),
    )
    blocks += _section("check_constraints", ({"name": c.name, "expr": c.expression} for c in manifest.checks))
    return "\n".join(blocks)


def _head_counted(manifest: Manifest) -> list[str]:
    key = "\n".join(["[primary_key]", *lines({"columns": manifest.primary_key}), ""])
    return [_text(lines({"id": str(manifest.id)})), key]


def _head_declared(manifest: Manifest) -> list[str]:
    fields = {
        "version": manifest.version,
        "namespace": manifest.id.namespace,
        "table": manifest.id.table,
        "primary_key": manifest.primary_key,
    }
    return [_text(lines(fields))]


def _column(column: Column, manifest: Manifest, spelling: str) -> Table:
    given = column.default
    return {
        "name": column.name,
        spelling: column.type.name,
        "required": True if column.required and column.name not in manifest.primary_key else None,
        "indexed": column.indexed or None,
        "unique": column.unique or None,
        "generated": column.generated or None,
        "default": None if given is None else column.type.json(given),
    }


def _index(index: Index) -> Table:
    return {"columns": index.columns, "name": index.name if index.name != index.default_name else None}


def _relation(relation: Relation, counted: bool) -> Table:
    named = "column" if counted and relation.via is None else "from_col"
    fields: Table = {
        "name": relation.name,
        named: relation.column,
        "via": None if relation.via is None else str(relation.via),
        "to_col": relation.to_column,
        "weight_column": relation.weight_column,
        "bidirectional": None if relation.bidirectional else False,
    }
    if counted and relation.target_key is None:
        return fields | {"to_table": str(relation.target)}
    return fields | {"target": _target(relation.target, relation.target_key)}


def _target(target: SchemaId, target_key: str | None) -> Table:
    return {"namespace": target.namespace, "table": target.table, "pk": target_key}


def _section(name: str, tables: Iterable[Table]) -> list[str]:
    """The blocks of an array of tables; a target in one of them follows as a table of its own."""
    blocks = []
    for table in tables:
        target = table.pop("target", None)
        written = [f"[[{name}]]", *lines(table)]
        if isinstance(target, Mapping):
            written += ["", f"[{name}.target]", *lines(target)]
        blocks.append(_text(written))
    return blocks


def _text(written: list[str]) -> str:
    return "\n".join([*written, ""])
