"""From the operands of a plan to the values that are bound to a statement.

A `Bind` stands for one `?` of a statement, or for as many as a list has; it converts an operand each time the statement
is used. An operand that the column cannot be compared with is bound as null, which is what the comparison then yields.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from substrate.columns import STR, UNLIKE, Bound, ColumnType, Json, Order
from substrate.engine import DialectName, storage
from substrate.plan.tree import Slot

Convert: TypeAlias = Callable[[Json], Bound | None]


@dataclass(frozen=True, slots=True)
class Bind:
    """What is bound: an operand, converted; or `size` values made of an operand that is a list."""

    slot: Slot
    convert: Callable[[Any], Any]
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of a statement, and what is bound to it in the order of its `?`."""

    text: str
    binds: tuple[Bind, ...] = ()


def bound(binds: Iterable[Bind], operands: Sequence[Json]) -> tuple[Bound | None, ...]:
    """The values for a statement."""
    values: list[Bound | None] = []
    for bind in binds:
        value = bind.convert(operands[bind.slot])
        if bind.size is None:
            values.append(value)
        else:
            values += value
    return tuple(values)


def listed(pieces: Iterable[Sql]) -> tuple[Bind, ...]:
    """What is bound to pieces that follow each other."""
    return tuple(bind for piece in pieces for bind in piece.binds)


def count(slot: Slot) -> Bind:
    """A number of rows, as it is."""
    return Bind(slot, int)


def operand(slot: Slot, column_type: ColumnType, symbol: str, dialect: DialectName, *, coerce: bool) -> Bind:
    """The operand of a comparison with a column of this type."""
    canonical = _canonical(column_type, coerce=coerce)
    write = storage(column_type, dialect).write
    floats = column_type.sqlite.declared == "REAL"

    def convert(value: Json) -> Bound | None:
        if value is None:
            return None
        read = canonical(value)
        if read is None:
            return None
        if floats and type(read) is int:
            return _beside(read, symbol)
        return write(read)

    return Bind(slot, convert)


def among(slot: Slot, size: int, column_type: ColumnType, dialect: DialectName, *, coerce: bool) -> Bind:
    """The operands of an equality with one of several, repeated up to `size`."""
    convert = operand(slot, column_type, "=", dialect, coerce=coerce).convert
    whole = column_type.order is Order.NUMBER and column_type.sqlite.declared == "INTEGER"

    def convert_all(values: list[Json]) -> list[Bound | None]:
        made = [convert(value) for value in values]
        # A fraction equals no integer, but in PostgreSQL one in the list makes a comparison of floats of all.
        kept = [value for value in made if not isinstance(value, float)] if whole else made
        kept = kept or made
        return kept + kept[-1:] * (size - len(kept))

    return Bind(slot, convert_all, size)


def pattern(slot: Slot, kind: str, dialect: DialectName, *, coerce: bool) -> Bind:
    """A pattern for text: of GLOB in SQLite, whose LIKE knows no case, and of LIKE in PostgreSQL."""
    canonical = _canonical(STR, coerce=coerce)
    escape = _globbed if dialect == "sqlite" else _liked
    before, after = _AROUND[kind]
    anything = "*" if dialect == "sqlite" else "%"
    wild = kind == "Like"

    def convert(value: Json) -> Bound | None:
        text = canonical(value)
        if text is None:
            return None
        return f"{anything * before}{escape(str(text), wild=wild)}{anything * after}"

    return Bind(slot, convert)


_AROUND = {"Like": (0, 0), "Contains": (1, 1), "StartsWith": (0, 1), "EndsWith": (1, 0)}
"""Whether anything may stand before and after the text."""

_GLOB_PLAIN = str.maketrans({"*": "[*]", "?": "[?]", "[": "[[]"})
_GLOB_WILD = _GLOB_PLAIN | str.maketrans({"%": "*", "_": "?"})
_LIKE_WILD = str.maketrans({"\\": "\\\\"})
_LIKE_PLAIN = _LIKE_WILD | str.maketrans({"%": "\\%", "_": "\\_"})


def _globbed(text: str, *, wild: bool) -> str:
    return text.translate(_GLOB_WILD if wild else _GLOB_PLAIN)


def _liked(text: str, *, wild: bool) -> str:
    return text.translate(_LIKE_WILD if wild else _LIKE_PLAIN)


def _canonical(column_type: ColumnType, *, coerce: bool) -> Callable[[Json], Any]:
    """The canonical form of an operand; None where it is null, or of a kind that is not compared with the type."""
    read = column_type.coerced if coerce else column_type.operand

    def convert(value: Json) -> Any:
        if value is None:
            return None
        made = read(value, "")
        return None if made is UNLIKE else made

    return convert


def _beside(whole: int, symbol: str) -> float:
    """What to compare a float with in place of an integer that no float equals: the result is the same."""
    nearest = float(whole)
    if symbol in ("<", ">="):
        return nearest if nearest > whole else math.nextafter(nearest, math.inf)
    if symbol in ("<=", ">"):
        return nearest if nearest < whole else math.nextafter(nearest, -math.inf)
    return math.inf
