"""Whether a relation leads anywhere: what a column holds has to be what keys of the table that it means can equal."""

from collections.abc import Iterable

from substrate.catalog import Catalog, Table
from substrate.columns import DATE, JSON, STR, UUID, ColumnType
from substrate.errors import Invalid
from substrate.manifest import Relation
from substrate.plan.json_keys import key_of

_TEXTS = (STR, UUID, DATE)


def refuse_dead_ends(table: Table, relations: Iterable[Relation], catalog: Catalog) -> None:
    """Raises Invalid where relations of a table can lead nowhere, as far as the tables that they name are there."""
    for relation in relations:
        holder = catalog.tables.get(str(relation.via)) if relation.via else table
        types = holder.manifest.types if holder else {}
        far = types.get(relation.to_column if relation.via else relation.column)  # type: ignore[arg-type] # or None
        target_key(relation, far, holder, catalog)
        if relation.via and holder and relation.column in types:
            own_key(relation, types[relation.column], holder, table)


def target_key(
    relation: Relation, held: ColumnType | None, holder: Table | None, catalog: Catalog
) -> ColumnType | None:
    """The type of the target's key, which a column of `holder` holds; None where there is no target yet.

    Raises Invalid where it has no such key, or one that nothing of the column's type, as far as that is known, equals.
    """
    target = catalog.tables.get(str(relation.target))
    if target is None:
        return None
    names = target.manifest.primary_key
    place = f"relation `{relation.name}`"
    if len(names) > 1:
        raise Invalid(f"{place}: the primary key of `{target.id}` has several columns, expected one")
    if relation.target_key not in (None, *names):
        message = f"{place}: the primary key of `{target.id}` is `{names[0]}`, not `{relation.target_key}`"
        raise Invalid(message, column=relation.target_key)
    if held is not None and holder is not None:
        _fits(relation, relation.to_column or relation.column, held, holder, target)
    return target.manifest.types[names[0]]


def own_key(relation: Relation, held: ColumnType, via: Table, table: Table) -> ColumnType:
    """The type of the key of the table that declares a relation, which a column of `via` holds. Raises Invalid."""
    _fits(relation, relation.column, held, via, table)
    return table.manifest.key_types[0]


def _fits(relation: Relation, column: str, held: ColumnType, holder: Table, target: Table) -> None:
    """Raises Invalid where no key of a table equals what a column holds."""
    key = target.manifest.key_types[0]
    if held is JSON and relation.via is None:
        if key_of("", key, "sqlite") is None:  # the same types on both engines
            message = f"the key of `{target.id}` is of type {key.name}, which an array in JSON cannot hold"
            raise Invalid(f"relation `{relation.name}`: {message}", column=column)
    elif held.order is not key.order and not (held in _TEXTS and key in _TEXTS and STR in (held, key)):
        raise Invalid(
            f"relation `{relation.name}`: column `{column}` of `{holder.id}` is of type {held.name}, and the key of"
            f" `{target.id}` of type {key.name}, which never equals it: declare them of one type",
            column=column,
        )
