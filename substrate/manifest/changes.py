"""The difference of two manifests of one table: what a store has to do, or why it must not do it at once.

At once go those changes that leave every row as it is: a new optional column, an index, a relation, a check
that all rows pass; an index or a relation dropped. A table without rows takes any change.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
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
    """A new check. Whoever applies it looks at all rows first, and raises Conflict if one fails it."""

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

    There are none where only the writing differs: the order of relations, an index declared in another
    place, a higher version.
    """

    version: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Incompatible:
    """The table must not become the new manifest at once, and why."""

    reasons: tuple[str, ...]
    needs_migration: bool = True

    def conflict(self) -> Conflict:
        """The refusal to raise."""
        hint = ": use /migrations" if self.needs_migration else ""
        return Conflict(f"{'; '.join(self.reasons)}{hint}", reasons=list(self.reasons))


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
        return Incompatible((message,), needs_migration=False)
    steps = (Rebuild(),) if reasons else tuple(_steps(old, new))
    return Compatible(version + 1 if new.version is None else new.version, steps)


def _model(manifest: Manifest) -> Manifest:
    """A manifest without what is only its writing: dialect E can say all that dialect S can."""
    return replace(manifest, dialect=Dialect.E, version=0)


def _reasons(old: Manifest, new: Manifest) -> Iterable[str]:
    """Every difference that does more than the steps can."""
    if old.primary_key != new.primary_key:
        yield "the primary key changes"
    yield from _column_reasons(old, new)
    kept = [name for name in new.by_name if name in old.by_name]
    if kept != [name for name in old.by_name if name in new.by_name]:
        yield "the order of the columns changes"
    if old.extractions != new.extractions:
        yield "the extractions change"
    if set(old.foreign_keys) != set(new.foreign_keys):
        yield "the foreign keys change"
    yield from (f"check `{check.name}` changes" for check in old.checks if check not in new.checks)


def _column_reasons(old: Manifest, new: Manifest) -> Iterable[str]:
    for name, before in old.by_name.items():
        after = new.by_name.get(name)
        if after is None:
            yield f"column `{name}` is dropped"
        elif changed := _changed(before, after):
            yield f"column `{name}` changes its {' and '.join(changed)}"
    for name, added in new.by_name.items():
        if name not in old.by_name and added.required:
            yield f"column `{name}` is new and required"
        elif name not in old.by_name and added.unique and added.default is not None:
            yield f"column `{name}` is new and unique, and has a default"


def _changed(before: Column, after: Column) -> list[str]:
    """What is different about a column, but for its index."""
    aspects: dict[str, Callable[[Column], Hashable]] = {
        "type": lambda column: column.type,
        "default": lambda column: column.default,
        "`required`": lambda column: column.required,
        "`unique`": lambda column: column.unique,
        "`generated`": lambda column: column.generated,
    }
    return [word for word, aspect in aspects.items() if aspect(before) != aspect(after)]


def _steps(old: Manifest, new: Manifest) -> Iterable[Step]:
    old_indexes, new_indexes = set(old.all_indexes.values()), set(new.all_indexes.values())
    yield from (DropRelation(each) for each in old.relations if each not in new.relations)
    yield from (DropIndex(each) for each in old.all_indexes.values() if each not in new_indexes)
    yield from (AddColumn(column) for name, column in new.by_name.items() if name not in old.by_name)
    yield from (AddIndex(each) for each in new.all_indexes.values() if each not in old_indexes)
    yield from (AddRelation(each) for each in new.relations if each not in old.relations)
    yield from (AddCheck(check) for check in new.checks if check not in old.checks)
