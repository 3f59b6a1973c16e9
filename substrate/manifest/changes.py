"""The difference of two manifests of one table: what a store has to do, or why it must not do it at once.

At once go those changes that leave every row as it is: a new optional column, an index, a relation, a check
that all rows pass; an index, a relation, a check, a foreign key or a `unique` dropped; what concerns new rows
only, as a default does. A table without rows takes any change. What is refused tells what to do instead: a
migration where an operation of migrations does it, else a new table.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from substrate.errors import Conflict
from substrate.manifest.model import Check, Column, Dialect, Index, Manifest, Relation


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A new optional column: existing rows get its default, else null. Its index is a step of its own."""

    column: Column


@dataclass(frozen=True, slots=True)
class AddIndex:
    """A new index."""

    index: Index


@dataclass(frozen=True, slots=True)
class DropIndex:
    """An index that is no longer declared."""

    index: Index


@dataclass(frozen=True, slots=True)
class AddRelation:
    """A new relation, to be indexed both ways."""

    relation: Relation


@dataclass(frozen=True, slots=True)
class DropRelation:
    """A relation that is no longer declared."""

    relation: Relation


@dataclass(frozen=True, slots=True)
class AddCheck:
    """A new check, or one that is another now.

    Whoever applies it looks at all rows first, and raises Conflict if one fails it.
    """

    check: Check


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The table has no rows: drop it and make it anew from the new manifest."""


Step: TypeAlias = AddColumn | AddIndex | DropIndex | AddRelation | DropRelation | AddCheck | Rebuild


@dataclass(frozen=True, slots=True)
class Same:
    """Nothing changes, the version neither."""


@dataclass(frozen=True, slots=True)
class Compatible:
    """These steps, in this order and in one transaction, lead to the new manifest in its new version.

    There are none where only the writing differs (the order of relations, an index declared in another
    place, a higher version), or what is in no row: a default, a check or a foreign key that is dropped.
    """

    version: int
    steps: tuple[Step, ...]


class Cure(Enum):
    """What to do instead of a change that is refused, as the refusal says it."""

    MIGRATE = "use /migrations"
    COPY = "no migration does this, make a new table that is declared so and copy the rows"
    DECLARE_HIGHER = "declare a higher one"


@dataclass(frozen=True, slots=True)
class Reason:
    """A difference that is refused."""

    text: str
    cure: Cure


@dataclass(frozen=True, slots=True)
class Incompatible:
    """The table must not become the new manifest at once, and why."""

    reasons: tuple[Reason, ...]

    def conflict(self) -> Conflict:
        """The refusal to raise: the reasons of each cure, and that cure."""
        texts = {cure: [reason.text for reason in self.reasons if reason.cure is cure] for cure in Cure}
        message = "; ".join(f"{', '.join(found)}: {cure.value}" for cure, found in texts.items() if found)
        return Conflict(message, reasons=[reason.text for reason in self.reasons])


Outcome: TypeAlias = Same | Compatible | Incompatible


def first_version(manifest: Manifest) -> int:
    """The version of a manifest that is registered for the first time."""
    return 1 if manifest.version is None else manifest.version


def compare(old: Manifest, new: Manifest, *, version: int, empty: bool) -> Outcome:
    """What registering `new` over `old` means for a table in this version, which has rows unless `empty`."""
    if old.id != new.id:
        raise ValueError(f"{old.id} and {new.id} are two tables")
    raised = new.version is not None and new.version > version
    if not raised and _model(old) == _model(new):
        return Same()
    reasons = tuple(_reasons(old, new))
    if reasons and not empty:
        return Incompatible(reasons)
    if new.version is not None and not raised:
        message = f"the declared version {new.version} is not higher than {version}, the present one"
        return Incompatible((Reason(message, Cure.DECLARE_HIGHER),))
    steps = (Rebuild(),) if reasons else tuple(_steps(old, new))
    return Compatible(version + 1 if new.version is None else new.version, steps)


def _model(manifest: Manifest) -> Manifest:
    """A manifest without what is only its writing: dialect E can say all that dialect S can."""
    return replace(manifest, dialect=Dialect.E, version=0)


def _reasons(old: Manifest, new: Manifest) -> Iterable[Reason]:
    """Every difference that does more than the steps can."""
    if old.primary_key != new.primary_key:
        yield Reason("the primary key changes", Cure.COPY)
    for name, before in old.by_name.items():
        yield from _changed(before, new.by_name.get(name))
    for name, added in new.by_name.items():
        if name not in old.by_name:
            yield from _added(added)
    kept = [name for name in new.by_name if name in old.by_name]
    if kept != [name for name in old.by_name if name in new.by_name]:
        yield Reason("the order of the columns changes", Cure.COPY)
    if old.extractions != new.extractions:
        yield Reason("the extractions change", Cure.COPY)
    for key in new.foreign_keys:
        if key not in old.foreign_keys and not _is_null_everywhere(key.column, old, new):
            yield Reason(f"the foreign key of `{key.column}` is new", Cure.COPY)


def _changed(before: Column, after: Column | None) -> Iterable[Reason]:
    """What of a column is in its rows. Defaults and keys that the store makes are for those to come."""
    name = before.name
    if after is None:
        yield Reason(f"column `{name}` is dropped", Cure.MIGRATE)
        return
    if before.type is not after.type:
        yield Reason(f"column `{name}` changes its type", Cure.MIGRATE)
    if before.required != after.required:
        yield Reason(f"column `{name}` changes its `required`", Cure.MIGRATE)
    if after.unique and not before.unique:
        yield Reason(f"column `{name}` becomes unique", Cure.COPY)


def _added(column: Column) -> Iterable[Reason]:
    """What of a new column needs more than null in the rows that are there."""
    if column.unique and column.required:
        yield Reason(f"column `{column.name}` is new, required and unique", Cure.COPY)
    elif column.unique and column.default is not None:
        yield Reason(f"column `{column.name}` is new and unique, and has a default", Cure.COPY)
    elif column.required:
        yield Reason(f"column `{column.name}` is new and required", Cure.MIGRATE)


def _is_null_everywhere(name: str, old: Manifest, new: Manifest) -> bool:
    """Whether a column is new and null in all rows, so that none of them has anything for a rule to look at."""
    return name not in old.types and name in new.by_name and new.by_name[name].default is None


def _steps(old: Manifest, new: Manifest) -> Iterable[Step]:
    old_indexes, new_indexes = set(old.all_indexes.values()), set(new.all_indexes.values())
    yield from (DropRelation(each) for each in old.relations if each not in new.relations)
    yield from (DropIndex(each) for each in old.all_indexes.values() if each not in new_indexes)
    yield from (AddColumn(column) for name, column in new.by_name.items() if name not in old.by_name)
    yield from (AddIndex(each) for each in new.all_indexes.values() if each not in old_indexes)
    yield from (AddRelation(each) for each in new.relations if each not in old.relations)
    yield from (AddCheck(check) for check in new.checks if check not in old.checks)
