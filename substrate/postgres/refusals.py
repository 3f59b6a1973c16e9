"""Errors of PostgreSQL as those of the store, told apart by their SQLSTATE."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from substrate.columns import BY_NAME
from substrate.engine import Violation
from substrate.errors import Invalid, StoreError, Unavailable, described, stopped
from substrate.turns import BUSY

_KEY = re.compile(r"\((?P<columns>[^)]*)\)=\(")
"""In the detail of a unique violation, whatever its language: `Key (city, "Name")=(Rome, x) already exists.`"""

_CAST = re.compile(r'"CAST (?P<type>\w+): (?P<text>.*)"', re.DOTALL)
"""In an error about a text that is to become a value of a type, and has not its form: see `substrate.sql.postgres`."""

_WORDS = {
    "53100": "the disk is full",
    "53200": "the database is out of memory",
    "53300": "the database has too many connections",
    "40001": "another transaction was in the way",
    "40P01": "another transaction was in the way",
    "25P04": "the transaction took too long",
    "55P03": BUSY,
}

_REFUSED = {
    "21000": "a subquery that stands for one value has several rows: add LIMIT 1",
    "22003": "a number in the statement grows too large",
    "22011": "substr: the length is negative",
}
"""What the functions of `substrate.sqlite.functions` say to the same statements."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Errors of psycopg in the block as StoreErrors."""
    try:
        yield
    except psycopg.Error as error:
        raise translation(error) from error
    except UnicodeError as error:
        raise Invalid("a text is no valid Unicode") from error


def translation(error: psycopg.Error) -> StoreError:
    """One error as one of the store."""
    state = error.sqlstate or ""
    message = _first_line(error)
    if state == "23505":
        return Violation(_columns(error))
    if state == "57014":
        return stopped()
    if state in _WORDS:
        return Unavailable(_WORDS[state])
    if cast := _CAST.search(error.diag.message_primary or ""):
        return Invalid(f"CAST: expected {BY_NAME[cast['type']].expects}, found {described(cast['text'])}")
    if state in _REFUSED and '"' not in message:  # with it, it is of a text that a CAST cannot read
        return Invalid(_REFUSED[state])
    if state[:2] in {"21", "22", "23", "42", "54", "0A"} or (not state and isinstance(error, psycopg.DataError)):
        return Invalid(f"the engine refused the statement: {message}")
    return Unavailable(f"the store cannot be used: {message}")


def lacks_table(error: StoreError) -> bool:
    """Whether this is the translation of an error about a table that is not there."""
    return isinstance(error.__cause__, psycopg.errors.UndefinedTable)


def _columns(error: psycopg.Error) -> list[str]:
    found = _KEY.search(error.diag.message_detail or "")
    if not found:
        return [error.diag.constraint_name or "a key"]
    return [name.strip('"') for name in found["columns"].split(", ")]


def _first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).strip().partition("\n")[0]
