"""What a type of column is: everything that the rest of the store may ask of one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from substrate.columns.keys import key_text
from substrate.columns.reading import Canonical, Unfit
from substrate.errors import Invalid, described, kind_of

Json: TypeAlias = Any
"""A value as JSON has it: None, bool, int, float, str, list, dict."""

Bound: TypeAlias = bool | int | float | str | bytes | date | datetime | UUID
"""A value as an engine takes and gives it."""


class Order(Enum):
    """How values of a column order. Columns compare with each other only within one of these."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    BYTES = "bytes"
    TIME = "time"
    DAY = "day"
    UUID = "uuid"


class _Unlike(Enum):
    """A value that no value of the column can be compared with."""

    UNLIKE = "unlike"


UNLIKE: Final = _Unlike.UNLIKE
"""In place of an operand: the comparison is neither true nor false, as one with null."""


def unchanged(value: Any) -> Any:
    """The conversion that does nothing, so that loops over rows can leave it out."""
    return value


@dataclass(frozen=True, slots=True)
class Storage:
    """A type in one engine: the declared type of the column, and what happens to a value each way."""

    declared: str
    write: Callable[[Any], Bound] = unchanged
    read: Callable[[Any], Canonical] = unchanged


@dataclass(frozen=True, slots=True, eq=False)
class ColumnType:
    """A type of column. Two texts name the same type exactly when they lead to the same object.

    A value comes as JSON, is held in its canonical form (see `reading`), and is converted from that for
    an engine or for an answer. Null is no value: no function here takes or gives it.
    """

    name: str
    expects: str
    reads: Callable[[object], Canonical]
    order: Order | None
    sqlite: Storage
    postgres: Storage
    synonyms: tuple[str, ...] = ()
    oql: str | None = None
    shows: Callable[[Any], Json] = unchanged
    compares: Callable[[object], Canonical] | None = None
    coerces: Callable[[object], Canonical] | None = None
    keys: Callable[[str], Canonical] | None = None
    secret: bool = False

    def check(self, value: Json, column: str) -> Canonical:
        """The canonical form of a JSON value, or Invalid naming the column."""
        try:
            return self.reads(value)
        except Unfit as unfit:
            raise self._refused(value, column, unfit) from None

    def json(self, value: Canonical) -> Json:
        """A canonical value as answers show it; `check` gives the same value back."""
        return self.shows(value)

    def operand(self, value: Json, column: str) -> Canonical | _Unlike:
        """What a plan compares the column with; Invalid where the type has no comparisons at all."""
        return self._comparable(self.compares or self.reads, value, column)

    def coerced(self, value: Json, column: str) -> Canonical | _Unlike:
        """What a program compares the column with, coerced where that loses nothing; else as `operand`."""
        return self._comparable(self.coerces or self.compares or self.reads, value, column)

    def key(self, text: str, column: str) -> Canonical:
        """The canonical value of a key's text, as a path holds it, or Invalid naming the column."""
        try:
            return (self.keys or self.reads)(text)
        except Unfit as unfit:
            raise self._refused(text, column, unfit) from None

    def key_text(self, value: Canonical) -> str:
        """The text of a key; `key` gives the same value back."""
        return key_text(self.shows(value))

    @property
    def is_number(self) -> bool:
        """Whether values of the type are numbers: what can be summed, or be a weight."""
        return self.order is Order.NUMBER

    def _comparable(self, read: Callable[[object], Canonical], value: Json, column: str) -> Canonical | _Unlike:
        if self.order is None:
            message = f"column `{column}` is of type {self.name}, which is never compared: test it for null only"
            raise Invalid(message, column=column)
        try:
            return read(value)
        except Unfit:
            return UNLIKE

    def _refused(self, value: object, column: str, unfit: Unfit) -> Invalid:
        # What may be a secret is not repeated in a message, not even where it is of the wrong kind.
        found = kind_of(value) if self.secret else described(value)
        reason = f" ({unfit.reason})" if unfit.reason else ""
        return Invalid(f"column `{column}`: expected {self.expects}, found {found}{reason}", column=column)
