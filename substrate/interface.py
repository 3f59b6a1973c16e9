"""What storage promises, whatever keeps the bytes. Rooms above are written against this."""

from collections.abc import Hashable
from contextlib import AbstractContextManager
from typing import Protocol

Cell = None | int | float | str | bytes
Row = tuple[Cell, ...]


class DatabaseError(Exception):
    """The database cannot do what it was asked: unreachable, full, damaged, or busy for too long."""


class NotUniqueError(DatabaseError):
    """A row was refused because a column that must be unique already holds the value."""


class Transaction(Protocol):
    """One unit of change. Statements see each other's effects; nobody else sees any before the end."""

    def execute(self, sql: str, *params: Cell) -> list[Row]:
        """The rows of one statement with `?` for parameters. Raises NotUniqueError, DatabaseError."""


class ControlDatabase(Protocol):
    """Small relational data that the server itself lives by: accounts, tokens, failures.

    Safe to share between threads, and to carry over a fork. Statements use the SQL that SQLite and
    PostgreSQL have in common. A thread inside `write` uses its transaction and nothing else.
    """

    def read(self, sql: str, *params: Cell) -> list[Row]:
        """The rows of one query, which sees all that anyone committed before the call."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that excludes every other writer, of any process, and is granted in turn.

        Leaving the block commits: on return the change is on disk and survives the loss of power. An
        exception in the block, or the death of the process, undoes all of it.
        """

    def state(self) -> Hashable:
        """A value that differs from an earlier one if anyone committed anything in between. Microseconds.

        Only equality means anything, and only within one process.
        """

    def close(self) -> None:
        """Lets go of every connection; the next use opens new ones."""
