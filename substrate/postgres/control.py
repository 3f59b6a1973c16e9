"""A control database in PostgreSQL: a schema `oql_<name>`, and a row of oql_control.control that counts its commits."""

import re
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from substrate.engine import Violation
from substrate.errors import StoreError
from substrate.interface import Cell, DatabaseError, NotUniqueError, Row
from substrate.postgres.connection import Connection, Raw
from substrate.postgres.database import WRITE, Database, lock_key
from substrate.postgres.statements import translated
from substrate.turns import Turns

CONNECTIONS = 4
"""The most that a process has open to one control database. They are its own: with the schema on their search path
from the beginning, a query is one round trip."""

_NAME = re.compile(r"(?!control$)[a-z][a-z0-9_]{0,40}")


class Control:
    """A `ControlDatabase`. `migrations` are scripts; the database remembers how many it has run, and its first use
    runs the rest, each in a transaction. One that has run more than there are is refused."""

    def __init__(self, url: str, name: str, migrations: Sequence[str] = ()) -> None:
        """`name`: in lower case, not `control`. Raises Invalid: the URL."""
        assert _NAME.fullmatch(name), name
        self._name = name
        self._schema = f"oql_{name}"
        self._database = Database(url, CONNECTIONS, search_path=self._schema)
        self._migrations = migrations
        self._migrated = False
        self._turns = Turns()
        self._thread = threading.local()
        row = f"oql_control.control WHERE name = '{name}'"
        self._state = f"SELECT commits FROM {row}".encode()
        self._done = f"SELECT migrations FROM {row}".encode()
        self._begin = (
            f"{WRITE}; SELECT pg_advisory_xact_lock({lock_key(f'control {name}')});"
            f" UPDATE oql_control.control SET commits = commits + 1 WHERE name = '{name}'"
        ).encode()

    def read(self, sql: str, *params: Cell) -> list[Row]:
        """See ControlDatabase."""
        statement = translated(sql, self._schema)
        rows: list[Row] = self._answer(lambda raw: raw.cursor(binary=True).execute(statement, params).fetchall())
        return rows

    @contextmanager
    def write(self) -> Iterator["_Transaction"]:
        """See ControlDatabase."""
        self._prepare()
        with self._turns.turn(), self._begun() as connection:
            self._thread.writes = True
            try:
                yield _Transaction(self._name, connection)
                with _translated(self._name):
                    connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._thread.writes = False

    def state(self) -> Hashable:
        """See ControlDatabase; but it takes a round trip to the server."""
        state: Hashable = self._answer(lambda raw: raw.execute(self._state).fetchone())
        return state

    def close(self) -> None:
        """See ControlDatabase."""
        self._database.close()

    def _answer(self, ask: Callable[[Raw], Any]) -> Any:
        """What one statement outside of any transaction gives."""
        self._prepare()
        with _translated(self._name), self._database.begun(ask) as (_, answer):
            return answer

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        with ExitStack() as stack:
            with _translated(self._name):
                raw, _ = stack.enter_context(self._database.begun(lambda raw: raw.execute(self._begin)))
            yield Connection(raw, self._schema, writes=True)

    def _prepare(self) -> None:
        """Sees to it that the tables are there, and that this thread does not wait for itself."""
        if getattr(self._thread, "writes", False):
            raise RuntimeError("this thread is inside a transaction: use that")
        if self._migrated:
            return
        with _translated(self._name):
            with self._database.begun(lambda raw: raw.execute(self._done).fetchone()) as (_, done):
                ready = done == (len(self._migrations),)
            if not ready:
                while self._migrate():
                    pass
        self._migrated = True

    def _migrate(self) -> bool:
        """Runs the next script; False where none is left."""
        with self._turns.turn(), self._begun() as connection:
            try:
                ran = self._run_next(connection)
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            return ran

    def _run_next(self, connection: Connection) -> bool:
        connection.script(
            f"INSERT INTO oql_control.control (name) VALUES ('{self._name}') ON CONFLICT DO NOTHING;"
            f" CREATE SCHEMA IF NOT EXISTS {self._schema}"
        )
        done = connection.execute("SELECT migrations FROM oql_control.control WHERE name = ?", (self._name,))[0][0]
        assert isinstance(done, int)
        if done > len(self._migrations):
            raise DatabaseError(f"{self._name} was written by a newer version of this program")
        if done == len(self._migrations):
            return False
        connection.script(self._migrations[done])
        connection.execute("UPDATE oql_control.control SET migrations = migrations + 1 WHERE name = ?", (self._name,))
        return True


class _Transaction:
    """See `substrate.interface.Transaction`. A statement that is refused leaves what came before it."""

    def __init__(self, name: str, connection: Connection) -> None:
        self._name = name
        self._connection = connection

    def execute(self, sql: str, *params: Cell) -> list[Row]:
        """See Transaction."""
        with _translated(self._name), self._connection.savepoint():
            rows: list[Any] = self._connection.execute(sql, params)
            return rows


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Refusals of the store as those of a control database."""
    try:
        yield
    except StoreError as error:
        kind = NotUniqueError if isinstance(error, Violation) else DatabaseError
        raise kind(f"{name}: {error.message}") from error
