"""Verbs on databases: tables with typed columns, rows as objects."""

import sys
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Literal

from oql import json
from oql.budget import measure, weigh
from oql.errors import Code, OqlError, expected, failed
from oql.tables.access import databases, no_database, no_table, read, write
from oql.tables.examples import EXAMPLES
from oql.values import MAX_JSON_BYTES, SCALARS, Value, to_json
from oql.verbs.declare import Any, Array, Condition, Family, Text, Whole, describe
from oql.verbs.run import Run
from substrate.errors import Invalid
from substrate.interface import Call, Frame, Json, JsonRow, Reading
from substrate.names import SchemaId, identifier

if TYPE_CHECKING:
    from substrate.manifest import Manifest

family = Family(
    "database",
    "Database",
    failure=Code.DATABASE_ERROR,
    exec_class="Io",
    options={"effect": "store", "touches": "table", "inside": "FROM", "quick": False},
)

_ALL_ROWS = {"WHERE": "name the rows with WHERE; to empty the whole table write FLUSH TABLE name FROM database"}
_GOES_ON = 'a program that runs again goes on by OR STRING "it is there" behind this step'
_ANY_TABLE = SchemaId("database", "table")
_NESTED = {list, dict}
_AS_THEY_ARE = SCALARS | {str, bytes}


# databases


@family.verb("CREATE DATABASE", examples=EXAMPLES["CREATE DATABASE"], touches="database", acts=True)
def create_database(run: Run, name: Text) -> bool:
    """Makes an empty database. Its name is made of letters, digits and `_`."""
    made = _database(name)

    def work(frame: Frame, call: Call) -> None:
        taken = next((known for known in frame.databases() if known.lower() == made.lower()), None)
        if taken is not None:
            raise failed(Code.DATABASE_ERROR, f"there is a database `{taken}` already", _GOES_ON)
        frame.create_database(made)

    write(run, work)
    return True


@family.verb("DATABASE LIST", examples=EXAMPLES["DATABASE LIST"], effect="read", touches="database")
def database_list(run: Run) -> list[str]:
    """Lists the names of all databases."""
    return read(run, lambda reading, call: databases(reading))


@family.verb("DELETE DATABASE", examples=EXAMPLES["DELETE DATABASE"], touches="database", acts=True)
def delete_database(run: Run, name: Text) -> bool:
    """Deletes a database with all its tables."""

    def work(frame: Frame, call: Call) -> None:
        if not frame.delete_database(name):
            raise no_database(name, frame.databases())

    write(run, work)
    return True


# tables


def _columns(text: str, table: SchemaId = _ANY_TABLE) -> "Manifest":
    """What the WITH of CREATE TABLE declares. Raises DatabaseError."""
    from oql.tables.declaration import read as read_columns  # it takes time to load

    return read_columns(table, text)


@family.verb("CREATE TABLE", examples=EXAMPLES["CREATE TABLE"], acts=True, reads_text={"WITH": _columns})
def create_table(run: Run, name: Text, *, from_: Text, with_: Text) -> bool:
    """Makes a table in a database: WITH lists its columns as "name TYPE MODIFIER..., ...".

    Types: TEXT NUMBER BOOLEAN DATE TIMESTAMP UUID ENCRYPTED BLOB JSON. Modifiers: PRIMARY UNIQUE REQUIRED
    INDEXED, and DEFAULT with a literal. Without a PRIMARY column the table gets `id UUID PRIMARY`; where the key is
    a UUID, rows that come without one get theirs.
    """
    from substrate import manifest

    table = table_id(name, from_)
    declared = _columns(with_, SchemaId(_database(from_), name))

    def work(frame: Frame, call: Call) -> None:
        _expect_database(from_, frame)
        taken = next((known for known in frame.table_ids() if known.lower() == table.lower()), None)
        if taken is not None:
            raise failed(Code.DATABASE_ERROR, f"there is a table `{taken}` already", _GOES_ON)
        frame.register(manifest.write(declared))

    write(run, work)
    return True


@family.verb("TABLE LIST", examples=EXAMPLES["TABLE LIST"], effect="read", touches="database")
def table_list(run: Run, database: Text) -> list[str]:
    """Lists the names of the tables in a database."""

    def work(reading: Reading, call: Call) -> list[str]:
        _expect_database(database, reading)
        start = f"{database}."
        return [table.removeprefix(start) for table in reading.table_ids() if table.startswith(start)]

    return read(run, work)


@family.verb("DELETE TABLE", examples=EXAMPLES["DELETE TABLE"], acts=True)
def delete_table(run: Run, name: Text, *, from_: Text) -> bool:
    """Deletes a table with all its rows."""
    table = table_id(name, from_)

    def work(frame: Frame, call: Call) -> None:
        if not frame.drop(table):
            raise no_table(table, frame)

    write(run, work)
    return True


@family.verb("FLUSH TABLE", examples=EXAMPLES["FLUSH TABLE"], acts=True)
def flush_table(run: Run, name: Text, *, from_: Text) -> bool:
    """Deletes all rows of a table and keeps the table."""
    table = table_id(name, from_)
    write(run, lambda frame, call: frame.purge(table, None, call), table)
    return True


# rows


@family.verb("INSERT", examples=EXAMPLES["INSERT"], names="INTO")
def insert(run: Run, row: Any, *, into: Text, from_: Text) -> Value:
    """Adds an object as a row and gives its id; of an array all rows or none, and gives their ids.

    Columns that the object leaves out take their default, else null.
    """
    table = table_id(into, from_)
    if isinstance(row, list):
        rows = [_row(each, f" as element {index}") for index, each in enumerate(row)]
        return write(run, lambda frame, call: [done.key for done in frame.put_many(table, rows, insert=True)], table)
    single = _row(row, "")
    return write(run, lambda frame, call: frame.put(table, single, insert=True).key, table)


@family.verb("QUERY", examples=EXAMPLES["QUERY"], effect="read", only_with={"FORMAT": "SORT BY"})
def query(
    run: Run,
    table: Text,
    *,
    from_: Text,
    where: Condition = None,
    sort_by: Text | None = None,
    format_: Literal["asc", "desc"] | None = None,
    limit: Whole | None = None,
    at: Whole | None = None,
) -> list[JsonRow]:
    """Gives the rows of a table as an array of objects: those that fit WHERE, LIMIT many from AT on.

    WHERE compares columns, whose names stand there without quotes. Rows come in the order of SORT BY, else of their
    keys; nulls come last.
    """
    known = table_id(table, from_)
    plan = _rows(known, where)
    if sort_by is not None:
        plan = {"Sort": {"by": [[sort_by, format_ or "asc"]], "child": plan}}
    if limit is not None or at is not None:
        plan = _part(plan, limit, at, run.context.limits.rows)
    rows = read(run, lambda reading, call: reading.query(plan, call, coerce=True), known)
    run.claim(_weight(rows))
    return rows


@family.verb("COUNT", examples=EXAMPLES["COUNT"], effect="read")
def count(run: Run, table: Text, *, from_: Text, where: Condition = None) -> int:
    """Counts the rows of a table that fit WHERE, or all."""
    known = table_id(table, from_)
    counted = {"Aggregate": {"aggs": [{"fn": "count", "as": "rows"}], "child": _rows(known, where)}}
    [found] = read(run, lambda reading, call: reading.query(counted, call, coerce=True), known)
    return int(found["rows"])


@family.verb("UPDATE", examples=EXAMPLES["UPDATE"], names="INTO", missing_hints=_ALL_ROWS)
def update(run: Run, changes: Any, *, into: Text, from_: Text, where: Condition) -> int:
    """Sets columns of the rows that fit WHERE, and tells how many there were."""
    table, values = table_id(into, from_), _row(changes, "")
    if not values:
        raise expected(Code.DATABASE_ERROR, "an object with the columns to set", "an empty object")
    return write(run, lambda frame, call: frame.update(table, values, where, call), table)


@family.verb("PURGE", examples=EXAMPLES["PURGE"], missing_hints=_ALL_ROWS)
def purge(run: Run, table: Text, *, from_: Text, where: Condition) -> int:
    """Deletes the rows that fit WHERE, and tells how many there were."""
    purged = table_id(table, from_)
    return write(run, lambda frame, call: frame.purge(purged, where, call), purged)


_CHANGES = frozenset({"INSERT", "UPSERT", "REPLACE", "MERGE", "UPDATE", "DELETE"})
"""What begins a statement of SQL that changes rows."""


@family.verb("SQL", examples=EXAMPLES["SQL"], effect="read", touches="database", names="FROM", inside="")
def sql(run: Run, statement: Text, *, from_: Text, with_: Array | None = None) -> list[JsonRow]:
    """Gives the rows that a SELECT finds, as an array of objects; WITH holds the values of `$1`, `$2` and so on."""
    params = [_json(value) for value in with_ or ()]
    first = statement.split(None, 1)[0].upper() if statement.strip() else ""
    if first in _CHANGES:
        raise _no_select(first)

    def work(reading: Reading, call: Call) -> Json:
        _expect_database(from_, reading)
        return reading.sql(statement, params, call, database=from_)

    answer = read(run, work)
    if answer["kind"] != "select":  # it began with a comment, say
        raise _no_select(str(answer["kind"]).upper())
    rows: list[JsonRow] = answer["rows"]
    run.claim(_weight(rows))
    return rows


def _no_select(found: str) -> OqlError:
    hint = "write INSERT, UPDATE or PURGE to change rows"
    return expected(Code.DATABASE_ERROR, "SELECT behind `SQL`", found, hint=hint)


@family.verb("TRANSACTION", examples=EXAMPLES["TRANSACTION"], block="steps", touches="", transacts=True)
def transaction() -> Value:
    """Makes all database steps of its block take effect together when it ends, or none of them when it fails.

    No other program changes a database of the namespace meanwhile. Steps that wait cannot stand inside.
    """


# names, rows, plans


@lru_cache(1_024)
def table_id(table: str, database: str) -> str:
    """The name of a table in the store. Raises DatabaseError where one of the names can be none."""
    return f"{_database(database)}.{_named(table, 'a table')}"


def _database(name: str) -> str:
    return _named(name, "a database")


def _named(name: str, kind: str) -> str:
    try:
        return identifier(name, kind)
    except Invalid as invalid:
        raise failed(Code.DATABASE_ERROR, invalid.message) from None


def _expect_database(name: str, reading: Reading) -> None:
    known = databases(reading)
    if name not in known:
        raise no_database(name, known)


def _row(value: Value, place: str) -> JsonRow:
    if not isinstance(value, dict):
        hint = "PARSE JSON and NEW JSON OBJECT make objects"
        raise expected(Code.DATABASE_ERROR, f"an object whose keys are columns{place}", describe(value), hint=hint)
    return {name: _json(part) for name, part in value.items()}


def _json(value: Value) -> Json:
    """A value as the store takes it: what is inside arrays and objects travels as JSON."""
    return value if type(value) in _AS_THEY_ARE else json.loads(to_json(value), max_depth=1_000)


def _rows(table: str, where: Json) -> dict[str, Json]:
    scan = {"Scan": {"schema": table}}
    return scan if where is None else {"Filter": {"predicate": where, "child": scan}}


def _weight(rows: list[JsonRow]) -> int:
    """About how many bytes rows take. Most hold nothing but texts and numbers, and are weighed in one go."""
    values = list(chain.from_iterable(map(dict.values, rows)))
    if _NESTED & set(map(type, values)):
        return measure([rows], MAX_JSON_BYTES)
    return weigh(rows) + sum(map(weigh, rows[:1])) * len(rows) + sum(map(sys.getsizeof, values))


def _part(plan: dict[str, Json], limit: int | None, at: int | None, most: int) -> dict[str, Json]:
    for word, value in (("LIMIT", limit), ("AT", at)):
        if value is not None and value < 0:
            raise expected(Code.DATABASE_ERROR, f"0 or more behind {word}", describe(value))
    # One more than a run may read, so that too many are still found to be too many.
    wanted = most + 1 if limit is None else min(limit, most + 1)
    return {"Limit": {"n": wanted, "offset": at or 0, "child": plan}}
