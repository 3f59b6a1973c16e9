"""What a diff makes of a table: the manifest behind it, and for each column where its values come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from substrate.catalog import Catalog, Table
from substrate.columns import Canonical, ColumnType, named
from substrate.errors import Invalid, nearest, shown, unknown
from substrate.manifest import Column, Dialect, Index, Manifest, Relation
from substrate.manifest.read import relation as read_relation
from substrate.migrations import diff
from substrate.migrations.values import converted
from substrate.names import column as column_name, identifier

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Convert:
    """A value becomes one of another type."""

    old: ColumnType
    new: ColumnType
    column: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Null becomes this value."""

    value: Canonical


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of a column come from: an old column (None: nowhere, so they are null), then some steps."""

    column: str | None
    steps: tuple[Convert | Fill, ...] = ()

    @property
    def converts(self) -> bool:
        """Whether values change their type."""
        return any(isinstance(step, Convert) for step in self.steps)

    def value(self, old: Canonical | None) -> Canonical | None:
        """The value that an old one becomes. Raises Invalid."""
        for step in self.steps:
            if isinstance(step, Fill):
                old = step.value if old is None else old
            elif old is not None:
                old = converted(old, step.old, step.new, step.column)
        return old


@dataclass(slots=True)
class Plan:
    """The new manifest, and the source of each of its columns, extractions too."""

    manifest: Manifest
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def converts(self) -> bool:
        """Whether values of any column change their type."""
        return any(source.converts for source in self.sources.values())

    def new_key(self, key: Sequence[Canonical], old: Manifest) -> list[Canonical]:
        """The key that a row's old key becomes. Raises Invalid."""
        by_name = dict(zip(old.primary_key, key, strict=True))
        sources = [self.sources[name] for name in self.manifest.primary_key]
        return [source.value(by_name[source.column or ""]) for source in sources]  # type: ignore[misc] # a key stays one


def planned(table: Table, ops: Sequence[diff.Op], catalog: Catalog, *, empty: bool) -> Plan:
    """What the operations make of a table. Raises Invalid: those that cannot be."""
    plan = Plan(table.manifest, {name: Source(name) for name in table.manifest.types})
    for number, op in enumerate(ops):
        try:
            _ACTS[type(op)](plan, op, table, catalog, empty)
        except Invalid as refusal:
            refusal.detail.setdefault("operation", number)
            raise
    if plan.manifest.dialect is Dialect.E:
        plan.manifest = replace(plan.manifest, version=table.version + 1)
    return plan


def _add_column(plan: Plan, op: diff.AddColumn, table: Table, catalog: Catalog, empty: bool) -> None:
    kind = named(op.type, op.name)
    default = None if op.default is None else kind.check(op.default, op.name)
    if op.required and default is None and not empty:
        raise Invalid(f"column `{op.name}` is required, and the table has rows: give it a default", column=op.name)
    if op.name in plan.manifest.types:
        raise Invalid(f"`{table.id}` has a column `{op.name}`", column=op.name)
    made = Column(column_name(op.name), kind, required=op.required, indexed=op.indexed, default=default)
    plan.manifest = replace(plan.manifest, columns=(*plan.manifest.columns, made))
    plan.sources[op.name] = Source(None, () if default is None else (Fill(default),))


def _drop_column(plan: Plan, op: diff.DropColumn, table: Table, catalog: Catalog, empty: bool) -> None:
    manifest = plan.manifest
    _known(plan, op.name)
    _unused(manifest, op.name, catalog)
    plan.manifest = replace(manifest, columns=tuple(each for each in manifest.columns if each.name != op.name))
    del plan.sources[op.name]


def _rename_column(plan: Plan, op: diff.RenameColumn, table: Table, catalog: Catalog, empty: bool) -> None:
    manifest = plan.manifest
    _known(plan, op.old)
    if op.new in manifest.types and op.new.lower() != op.old.lower():
        raise Invalid(f"`{table.id}` has a column `{op.new}`", column=op.new)
    _from_others(manifest, op.old, catalog)
    name = partial(_renamed, op.old, column_name(op.new))
    plan.manifest = replace(
        manifest,
        columns=tuple(replace(each, name=name(each.name)) for each in manifest.columns),
        primary_key=tuple(map(name, manifest.primary_key)),
        indexes=tuple(
            Index(tuple(map(name, each.columns)), "" if each.name == each.default_name else each.name)
            for each in manifest.indexes
        ),
        relations=tuple(_relation_with(each, name, manifest) for each in manifest.relations),
        extractions=tuple(
            replace(each, path=name(each.source) + each.path[len(each.source) :]) for each in manifest.extractions
        ),
        foreign_keys=tuple(replace(each, column=name(each.column)) for each in manifest.foreign_keys),
    )
    plan.sources = {name(each): source for each, source in plan.sources.items()}


def _change_type(plan: Plan, op: diff.ChangeType, table: Table, catalog: Catalog, empty: bool) -> None:
    old, kind = _known(plan, op.name), named(op.type, op.name)
    default = None if old.default is None else converted(old.default, old.type, kind, op.name)
    _set(plan, replace(old, type=kind, default=default))
    source = plan.sources[op.name]
    if kind is not old.type:
        plan.sources[op.name] = replace(source, steps=(*source.steps, Convert(old.type, kind, op.name)))


def _set_required(plan: Plan, op: diff.SetRequired, table: Table, catalog: Catalog, empty: bool) -> None:
    old = _known(plan, op.name)
    if not op.required and op.name in plan.manifest.primary_key:
        raise Invalid(f"column `{op.name}` is part of the key, which is never null", column=op.name)
    _set(plan, replace(old, required=op.required))
    if op.default is not None:
        source, fill = plan.sources[op.name], Fill(old.type.check(op.default, op.name))
        plan.sources[op.name] = replace(source, steps=(*source.steps, fill))


def _add_index(plan: Plan, op: diff.AddIndex, table: Table, catalog: Catalog, empty: bool) -> None:
    made = Index(op.columns, identifier(op.name, "an index") if op.name else "")
    if made.name in plan.manifest.all_indexes:
        raise Invalid(f"`{table.id}` has an index `{made.name}`")
    plan.manifest = replace(plan.manifest, indexes=(*plan.manifest.indexes, made))


def _drop_index(plan: Plan, op: diff.DropIndex, table: Table, catalog: Catalog, empty: bool) -> None:
    manifest = plan.manifest
    dropped = [each for each in manifest.all_indexes.values() if op.name == each.name or op.columns == each.columns]
    if not dropped:
        wanted = op.name if op.name is not None else ", ".join(op.columns)
        raise unknown(wanted, f"an index of `{table.id}`", manifest.all_indexes)
    plan.manifest = replace(
        manifest,
        indexes=tuple(each for each in manifest.indexes if each not in dropped),
        columns=tuple(
            replace(each, indexed=each.indexed and Index((each.name,)) not in dropped) for each in manifest.columns
        ),
    )


def _add_relation(plan: Plan, op: diff.AddRelation, table: Table, catalog: Catalog, empty: bool) -> None:
    made = read_relation(dict(op.relation), table.id, plan.manifest.columns)
    plan.manifest = replace(plan.manifest, relations=(*plan.manifest.relations, made))


def _drop_relation(plan: Plan, op: diff.DropRelation, table: Table, catalog: Catalog, empty: bool) -> None:
    relations = plan.manifest.relations
    if plan.manifest.relation(op.name) is None:
        raise unknown(op.name, f"a relation of `{table.id}`", [each.name for each in relations])
    plan.manifest = replace(plan.manifest, relations=tuple(each for each in relations if each.name != op.name))


_ACTS: dict[type, Callable[[Plan, Any, Table, Catalog, bool], None]] = {
    diff.AddColumn: _add_column,
    diff.DropColumn: _drop_column,
    diff.RenameColumn: _rename_column,
    diff.ChangeType: _change_type,
    diff.SetRequired: _set_required,
    diff.AddIndex: _add_index,
    diff.DropIndex: _drop_index,
    diff.AddRelation: _add_relation,
    diff.DropRelation: _drop_relation,
}


def _known(plan: Plan, name: str) -> Column:
    column = plan.manifest.by_name.get(name)
    if column is None:
        guess = nearest(name, plan.manifest.by_name)
        hint = f": did you mean `{guess}`?" if guess else ""
        raise Invalid(f"`{plan.manifest.id}` has no column {shown(name)}{hint}", column=name[:200])
    return column


def _set(plan: Plan, column: Column) -> None:
    columns = (column if each.name == column.name else each for each in plan.manifest.columns)
    plan.manifest = replace(plan.manifest, columns=tuple(columns))


def _renamed(old: str, new: str, name: str) -> str:
    return new if name == old else name


def _relation_with(relation: Relation, name: Callable[[str], str], manifest: Manifest) -> Relation:
    """A relation whose columns have other names, as far as they are columns of this table."""
    key = relation.target_key
    if relation.target == manifest.id and key is not None:
        key = name(key)
    if relation.via is not None:
        return replace(relation, target_key=key)
    weight = None if relation.weight_column is None else name(relation.weight_column)
    return replace(relation, column=name(relation.column), weight_column=weight, target_key=key)


def _unused(manifest: Manifest, name: str, catalog: Catalog) -> None:
    """Raises Invalid where something else needs the column."""
    users = ["the key"] if name in manifest.primary_key else []
    own = [each for each in manifest.relations if each.via is None]
    users += [f"the relation `{each.name}`" for each in own if name in (each.column, each.weight_column)]
    users += [f"the foreign key of `{name}`" for key in manifest.foreign_keys if key.column == name]
    users += [f"the extraction `{each.name}`" for each in manifest.extractions if each.source == name]
    users += [f"the index `{each.name}`" for each in manifest.indexes if name in each.columns]
    if users:
        raise Invalid(f"column `{name}` cannot be dropped: {users[0]} needs it", column=name)
    _from_others(manifest, name, catalog)


def _from_others(manifest: Manifest, name: str, catalog: Catalog) -> None:
    """Raises Invalid where another table names the column."""
    for other in catalog.tables.values():
        for relation in other.manifest.relations:
            columns = (relation.column, relation.to_column, relation.weight_column)
            along = relation.via == manifest.id and name in columns
            there = other.id != manifest.id and relation.target == manifest.id and relation.target_key == name
            if along or there:
                raise Invalid(f"column `{name}`: the relation `{relation.name}` of `{other.id}` names it", column=name)
        for key in other.manifest.foreign_keys:
            if other.id != manifest.id and key.target == manifest.id and key.target_key == name:
                raise Invalid(f"column `{name}`: a foreign key of `{other.id}` names it", column=name)
