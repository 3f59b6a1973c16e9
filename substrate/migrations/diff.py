"""The operations of a diff: each an object with one key, its name, and the fields below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from substrate.columns import Json
from substrate.errors import Invalid, described, unknown
from substrate.manifest.fields import Fields


@dataclass(frozen=True, slots=True)
class AddColumn:
    """A new column behind the others. `default`: JSON, which the rows get that are there."""

    name: str
    type: str
    default: Json
    required: bool
    indexed: bool


@dataclass(frozen=True, slots=True)
class DropColumn:
    """A column is left out."""

    name: str


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """A column gets another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ChangeType:
    """A column gets another type; its values are converted."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class SetRequired:
    """A column must not be null any more, or may be. `default`: JSON that stands for null from now on in old rows."""

    name: str
    required: bool
    default: Json


@dataclass(frozen=True, slots=True)
class AddIndex:
    """A new index."""

    columns: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class DropIndex:
    """The index of this name, or over these columns, is left out."""

    name: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddRelation:
    """A new relation, as a manifest has it."""

    relation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DropRelation:
    """A relation is left out."""

    name: str


Op: TypeAlias = (
    AddColumn | DropColumn | RenameColumn | ChangeType | SetRequired | AddIndex | DropIndex | AddRelation | DropRelation
)
_FIELDS: dict[str, tuple[str, ...]] = {
    "AddColumn": ("name", "type", "ty", "default", "required", "indexed"),
    "DropColumn": ("name",),
    "RenameColumn": ("from", "to"),
    "ChangeType": ("name", "type", "ty"),
    "SetRequired": ("name", "required", "default"),
    "AddIndex": ("columns", "column", "name"),
    "DropIndex": ("name", "columns", "column"),
    "AddRelation": (),
    "DropRelation": ("name",),
}


def read(diff: Sequence[Any]) -> list[Op]:
    """The operations of a diff, in their order. Raises Invalid: none, unknown ones, wrong fields."""
    if not isinstance(diff, list) or not diff:
        raise Invalid(f"`diff`: expected an array with at least one operation, found {described(diff)}", field="diff")
    return [_op(found, number) for number, found in enumerate(diff)]


def _op(found: Any, number: int) -> Op:
    if not isinstance(found, dict) or len(found) != 1:
        raise Invalid("an operation: expected an object with one key, its name", operation=number)
    [(name, table)] = found.items()
    if name not in _FIELDS:
        raise unknown(name, "an operation of a diff", _FIELDS, operation=number)
    if name == "AddRelation":
        if not isinstance(table, dict):
            raise Invalid(f"AddRelation: expected an object, found {described(table)}", operation=number)
        return AddRelation(table)
    return _made(name, Fields(table, name, _FIELDS[name], operation=number))


def _made(name: str, fields: Fields) -> Op:
    match name:
        case "AddColumn":
            kind, default = fields.text("type", "ty"), fields.value("default")
            return AddColumn(fields.text("name"), kind, default, fields.flag("required"), fields.flag("indexed"))
        case "DropColumn":
            return DropColumn(fields.text("name"))
        case "RenameColumn":
            return RenameColumn(fields.text("from"), fields.text("to"))
        case "ChangeType":
            return ChangeType(fields.text("name"), fields.text("type", "ty"))
        case "SetRequired":
            if not fields.has("required"):
                raise fields.refused("`required` is missing")
            return SetRequired(fields.text("name"), fields.flag("required"), fields.value("default"))
        case "AddIndex":
            return AddIndex(_columns(fields), fields.optional_text("name") or "")
        case "DropIndex":
            named = fields.has("name")
            return DropIndex(fields.optional_text("name"), () if named else _columns(fields))
    return DropRelation(fields.text("name"))


def _columns(fields: Fields) -> tuple[str, ...]:
    """The columns of an index: one as text, or several."""
    single = fields.value("columns", "column")
    if isinstance(single, str):
        return (single,)
    return fields.texts("columns" if fields.has("columns") else "column")
