"""The system tables of a namespace: those of the rooms above, which keep there what has to change with its rows.

They are in no catalogue, so that no plan and no SQL of users reaches them, and not in the change log. `_oc_meta.system`
counts the scripts that a namespace has run; who makes it runs all, and whoever uses an older one first the rest.
"""

from collections.abc import Sequence
from typing import Any

from substrate.engine import Connection, Engine, Values, Violation
from substrate.errors import Invalid, Unavailable
from substrate.interface import Cell, NotUniqueError, Row


class SystemTables:
    """Those of one namespace, as a process knows them. `scripts`: all migrations, in order."""

    def __init__(self, engine: Engine, scripts: Sequence[str]) -> None:
        self._engine = engine
        self._scripts = scripts
        self._ready_at: int | None = None

    def prepare(self, connection: Connection, declarations: int) -> None:
        """At the beginning of a transaction that writes: runs the scripts that this namespace lacks.

        declarations: their count in this transaction. As long as it stays the same nothing is asked, since a namespace
        that was made anew has another one. Raises Unavailable where a newer program has been.
        """
        if self._ready_at != declarations and not self._brought_up_to_date(connection):
            self._ready_at = declarations

    def read(self, sql: str, params: Sequence[Cell]) -> list[Row]:
        """The rows of one statement that reads. Raises NotFound, Invalid, Unavailable (also of one that writes)."""
        if self._ready_at is None:
            self._look()
        bound = _bound(params)
        try:
            return _rows(self._engine.execute(sql, bound))
        except Invalid:  # another process may have made the namespace anew, without these tables
            self._look()
            return _rows(self._engine.execute(sql, bound))

    def _look(self) -> None:
        """Brings the namespace up to date; waits for its writers only where there is something to do."""
        with self._engine.reading() as connection:
            declarations, count = _state(connection)
        if self._missing(count):
            with self._engine.writing() as connection:
                declarations, _ = _state(connection)
                self._brought_up_to_date(connection)
        self._ready_at = declarations

    def _brought_up_to_date(self, connection: Connection) -> bool:
        """Whether there was something to run; it counts once the transaction is committed."""
        missing = self._missing(_state(connection)[1])
        for script in missing:
            connection.script(script)
        if missing:
            connection.execute("UPDATE _oc_meta SET system = ?", (len(self._scripts),))
        return bool(missing)

    def _missing(self, count: int) -> Sequence[str]:
        """The scripts behind those that were run. A store that was opened without any leaves the tables alone."""
        if self._scripts and count > len(self._scripts):
            raise Unavailable("the namespace was written by a newer version of this program")
        return self._scripts[count:]


def execute(connection: Connection, sql: str, params: Sequence[Cell]) -> list[Row]:
    """The rows of one statement in a frame; one that is refused leaves no trace. Raises NotUniqueError, Invalid."""
    try:
        with connection.savepoint():
            return _rows(connection.execute(sql, _bound(params)))
    except Violation as error:
        raise NotUniqueError(error.message) from error


def _state(connection: Connection) -> tuple[int, int]:
    """The counts of declarations and of scripts that were run."""
    found: list[Any] = connection.execute("SELECT declarations, system FROM _oc_meta")
    return found[0][0], found[0][1]


def _bound(params: Sequence[Cell]) -> list[Cell]:
    """The values as both engines take them for a BIGINT: truth as 1 or 0."""
    return [int(value) if isinstance(value, bool) else value for value in params]


def _rows(found: list[Values]) -> list[Row]:
    rows: list[Any] = found
    return rows
