"""Statements that were checked, and what they become with the values of their parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

from substrate.columns import STR, U64, UNLIKE, Bound, ColumnType, Json
from substrate.engine import DialectName, Output, Statement, storage
from substrate.errors import Invalid, described
from substrate.names import flaw_of
from substrate.sql.fitting import FLOATS, FROM_TEXT
from substrate.sql.postgres import PostgresWriter
from substrate.sql.sqlite import SqliteWriter
from substrate.sql.statements import Answer
from substrate.sql.tree import Constant
from substrate.sql.write import Slot

WRITERS = {"sqlite": SqliteWriter, "postgres": PostgresWriter}


@dataclass(frozen=True, slots=True)
class Written:
    """A query in the SQL of one engine, with what its `?` stand for."""

    sql: str
    slots: tuple[Slot, ...]
    outputs: tuple[Output, ...]


def write(answer: Answer, dialect: DialectName) -> Written:
    """A checked query, written for an engine."""
    writer = WRITERS[dialect]()
    sql = writer.query(answer.query)
    outputs = tuple(Output(key, kind or STR) for key, kind in zip(answer.keys, answer.types, strict=True))
    return Written(sql, tuple(writer.slots), outputs)


def bound(written: Written, params: Sequence[Json], dialect: DialectName) -> Statement:
    """A written query with its values. Raises Invalid for a text that does not stand for what it must."""
    values = tuple(_value(slot, params, dialect) for slot in written.slots)
    return Statement(written.sql, values, written.outputs)


def _value(slot: Slot, params: Sequence[Json], dialect: DialectName) -> Bound | None:
    if isinstance(slot, Constant):
        value: object = slot.value
    else:
        given = params[slot.number - 1]
        value = None if given is None else _given(given, slot.type, slot.number)
    return None if value is None else storage(slot.type or STR, dialect).write(value)


def _given(value: Json, kind: ColumnType | None, number: int) -> object:
    """The canonical value of a parameter."""
    if kind in FROM_TEXT and isinstance(value, str):
        read = kind.coerced(value, "")
        if read is UNLIKE:
            raise Invalid(f"param ${number}: expected {kind.expects}, found {described(value)}", param=number)
        return read
    if isinstance(value, str):
        if flaw := flaw_of(value):
            raise Invalid(f"param ${number}: text cannot hold {flaw}", param=number)
        return value
    if isinstance(value, bool):
        return value
    if kind is U64 and value < 0:
        raise Invalid(f"param ${number}: expected a whole number, at least 0, found {value}", param=number)
    if kind in FLOATS or not -(2**63) <= value < 2**63:
        return _float(value, number)
    return value


def _float(value: float, number: int) -> float:
    try:
        read = float(value)
    except OverflowError:
        read = float("inf")
    if abs(read) == float("inf") or read != read:
        raise Invalid(f"param ${number}: the number is too large", param=number)
    return read + 0.0
