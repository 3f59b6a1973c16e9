"""Engines that can be opened again by another process, and what such processes do with them."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from substrate.engine import Connection, Engine
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine as PostgresEngine
from substrate.sqlite.engine import Engine as SqliteEngine

TABLES = (
    "CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT)",
    "CREATE TABLE turns (place BIGINT PRIMARY KEY, who TEXT NOT NULL)",
)


@dataclass(frozen=True)
class Place:
    """Where namespaces are: `dialect` and the folder or URL."""

    dialect: str
    where: str

    def open(self, name: str = "ada") -> Engine:
        """An engine with connections of its own."""
        if self.dialect == "postgres":
            return PostgresEngine(Database(self.where), name)
        return SqliteEngine(Path(self.where) / name)

    def start(self, work: Callable[..., None], *arguments: str) -> "subprocess.Popen[str]":
        """A process that runs a function of this module with an engine of its own; reads and writes lines."""
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.substrate.engine.places",
                self.dialect,
                self.where,
                work.__name__,
                *arguments,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, work: Callable[..., None], *arguments: str) -> None:
        """As `start`, to its end."""
        process = self.start(work, *arguments)
        process.communicate()
        assert process.returncode == 0


def insert(connection: Connection, *numbers: int) -> None:
    """Rows of `t` with these numbers."""
    connection.many("INSERT INTO t VALUES (?, ?) RETURNING a", [(number, f"row {number}") for number in numbers])


def numbers_in(engine: Engine) -> list[object]:
    """The numbers of the rows of `t` that are committed."""
    with engine.reading() as connection:
        return [number for (number,) in connection.execute("SELECT a FROM t ORDER BY a")]


def take_turns(engine: Engine, who: str, times: str) -> None:
    """Writes itself down behind the last who did; loses places unless the transactions exclude each other."""
    for _ in range(int(times)):
        with engine.writing() as connection:
            ((place,),) = connection.execute("SELECT coalesce(max(place), 0) + 1 FROM turns")
            connection.execute("INSERT INTO turns VALUES (?, ?)", (place, who))


def take_turns_together(engine: Engine, who: str, times: str) -> None:
    """As `take_turns`, once it is told to."""
    print("ready", flush=True)  # noqa: T201 -- to whoever started it
    sys.stdin.readline()
    take_turns(engine, who, times)


def write_and_wait(engine: Engine) -> None:
    """Writes something, and stays inside the transaction until it is killed."""
    with engine.writing() as connection:
        insert(connection, 99)
        print("written", flush=True)  # noqa: T201 -- to whoever started it
        sys.stdin.readline()


def write_once(engine: Engine, number: str) -> None:
    """Commits one row."""
    with engine.writing() as connection:
        insert(connection, int(number))


def drop_and_create(engine: Engine) -> None:
    """Makes the namespace anew."""
    engine.drop()
    engine.create(TABLES)


if __name__ == "__main__":
    globals()[sys.argv[3]](Place(sys.argv[1], sys.argv[2]).open(), *sys.argv[4:])
