"""What a table is: its columns, key, indexes, relations and rules, whatever text declared it.

A Manifest that breaks a rule cannot be made: every way to one raises Invalid, from text as from Python.

    Manifest(SchemaId("shop", "orders"), columns=(Column("id", UUID, generated=True), Column("qty", I64)))
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from substrate.columns import Canonical, ColumnType
from substrate.manifest import rules
from substrate.names import SchemaId


class Dialect(Enum):
    """The two ways to write a manifest."""

    S = "S"
    """`id`, `[primary_key] columns`, `type`; the server counts versions."""

    E = "E"
    """`namespace`, `table`, `primary_key`, `ty`, and a declared version; also extractions and rules."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that rows are written with. `default` is canonical: `type.check` makes it from JSON.

    Columns of the key are `required` once they are in a manifest. `generated` marks a UUID key that the
    store makes where a row has none.
    """

    name: str
    type: ColumnType
    required: bool = False
    indexed: bool = False
    unique: bool = False
    generated: bool = False
    default: Canonical | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """A column that is filled at write, from a dotted path whose first step names a `json` column."""

    name: str
    path: str
    type: ColumnType

    @property
    def source(self) -> str:
        """The `json` column that the path begins with."""
        return self.path.partition(".")[0]

    def found_in(self, document: object) -> object:
        """The JSON value at the path below the source column's value; None where the path leads nowhere.

        A step is a key of an object, or the index of an item of an array.
        """
        for step in self.path.split(".")[1:]:
            if isinstance(document, dict):
                document = document.get(step)
            elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
                document = document[int(step)]
            else:
                return None
        return document


@dataclass(frozen=True, slots=True)
class Index:
    """An index over columns, in their order. A name that is not declared is made from the columns."""

    columns: tuple[str, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.default_name)

    @property
    def default_name(self) -> str:
        """The name of an index that declares none."""
        return "_".join(("idx", *self.columns))


@dataclass(frozen=True, slots=True)
class Relation:
    """Edges from rows of this table to keys of the target.

    `column` holds the target's key, or an array of keys where it is a `json` column. With `via` the edges
    are the rows of that table: there `column` holds this table's key, and `to_column` the target's.
    `weight_column` is a column of the row that holds the edge.
    """

    name: str
    column: str
    target: SchemaId
    target_key: str | None = None
    via: SchemaId | None = None
    to_column: str | None = None
    weight_column: str | None = None
    bidirectional: bool = True


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A column whose values, where not null, must be keys of the target when a write ends."""

    column: str
    target: SchemaId
    target_key: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A condition in SQL on the columns of a row; a row for which it is false is refused."""

    name: str
    expression: str


@dataclass(frozen=True)
class Manifest:
    """A table. Equal manifests declare the same table in the same dialect with the same version.

    Without `primary_key`, the key is the one column that is `generated`. `version` is what dialect E
    declares, and None in dialect S.
    """

    id: SchemaId
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    relations: tuple[Relation, ...] = ()
    extractions: tuple[Extraction, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    dialect: Dialect = Dialect.S
    version: int | None = None

    def __post_init__(self) -> None:
        key = self.primary_key or tuple(column.name for column in self.columns if column.generated)
        columns = (replace(c, required=True) if c.name in key else c for c in self.columns)
        object.__setattr__(self, "primary_key", key)
        object.__setattr__(self, "columns", tuple(columns))
        rules.check(self)

    @cached_property
    def types(self) -> dict[str, ColumnType]:
        """The type of every column of a row, extractions included, in the order in which answers show them."""
        written = {column.name: column.type for column in self.columns}
        return written | {extraction.name: extraction.type for extraction in self.extractions}

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns that rows are written with, by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def all_indexes(self) -> dict[str, Index]:
        """Every index by its name: the declared ones, and one for each column that is `indexed`."""
        return {index.name: index for index in self._indexes()}

    @property
    def key_types(self) -> tuple[ColumnType, ...]:
        """The types of the key's columns."""
        return tuple(self.types[name] for name in self.primary_key)

    def relation(self, name: str) -> Relation | None:
        """The relation of this name."""
        return next((relation for relation in self.relations if relation.name == name), None)

    def _indexes(self) -> Iterator[Index]:
        yield from (Index((column.name,)) for column in self.columns if column.indexed)
        yield from self.indexes
