"""The control database on both back ends: transactions, migrations, sharing between threads, processes and forks."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from substrate.interface import ControlDatabase, DatabaseError, NotUniqueError
from substrate.opening import open_control

TABLE = "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value >= 0))"
MIGRATIONS = (TABLE, "INSERT INTO counter VALUES ('n', 0)")

COUNT_IN_A_PROCESS = """
import sys
from tests.substrate.test_control import Place, count
count(Place(*sys.argv[1:]).open(), 50)
"""

DIE_IN_A_TRANSACTION = """
import os, signal, sys
from tests.substrate.test_control import Place
with Place(*sys.argv[1:]).open().write() as transaction:
    transaction.execute("UPDATE counter SET value = 99 WHERE name = 'n'")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class Place:
    """Where control databases are: `url` of PostgreSQL, or "" for files in the folder."""

    folder: str
    url: str

    def open(self, migrations: Sequence[str] = MIGRATIONS) -> ControlDatabase:
        """The control database with connections of its own."""
        return open_control(self.url, Path(self.folder), "counted", migrations)

    def run(self, text: str) -> "subprocess.Popen[bytes]":
        """A process that runs a program with this place as its arguments."""
        return subprocess.Popen([sys.executable, "-c", text, self.folder, self.url])


def count(database: ControlDatabase, times: int) -> None:
    """Reads, then writes one more: loses counts unless the transactions exclude each other."""
    for _ in range(times):
        with database.write() as transaction:
            value = transaction.execute("SELECT value FROM counter WHERE name = ?", "n")[0][0]
            assert isinstance(value, int)
            transaction.execute("UPDATE counter SET value = ? WHERE name = ?", value + 1, "n")


def change_and_fail(database: ControlDatabase) -> None:
    with database.write() as transaction:
        transaction.execute("UPDATE counter SET value = 5")
        raise KeyError


def value_of(database: ControlDatabase) -> object:
    return database.read("SELECT value FROM counter WHERE name = 'n'")[0][0]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    return Place(str(tmp_path), url)


@pytest.fixture
def database(place: Place) -> Iterator[ControlDatabase]:
    opened = place.open()
    yield opened
    opened.close()


def test_what_was_committed_is_read(database: ControlDatabase, place: Place) -> None:
    count(database, 2)
    assert value_of(database) == 2
    assert value_of(place.open()) == 2


def test_an_exception_undoes_everything(database: ControlDatabase) -> None:
    with pytest.raises(KeyError):
        change_and_fail(database)
    assert value_of(database) == 0
    count(database, 1)
    assert value_of(database) == 1


def test_death_undoes_everything_and_holds_up_nobody(database: ControlDatabase, place: Place) -> None:
    count(database, 3)
    assert place.run(DIE_IN_A_TRANSACTION).wait() == -9
    assert value_of(database) == 3
    count(database, 1)
    assert value_of(database) == 4


def test_readers_see_nothing_of_an_open_transaction(database: ControlDatabase) -> None:
    seen: list[object] = []
    with database.write() as transaction:
        transaction.execute("UPDATE counter SET value = 7")
        reader = threading.Thread(target=lambda: seen.append(value_of(database)))
        reader.start()
        reader.join()
    assert seen == [0]
    assert value_of(database) == 7


def test_refusals_have_their_kind(database: ControlDatabase) -> None:
    with pytest.raises(NotUniqueError), database.write() as transaction:
        transaction.execute("INSERT INTO counter VALUES ('n', 1)")
    with pytest.raises(DatabaseError) as refused, database.write() as transaction:
        transaction.execute("UPDATE counter SET value = -1")
    assert refused.type is DatabaseError
    with pytest.raises(DatabaseError, match=r"no such table|does not exist"):
        database.read("SELECT 1 FROM nowhere")


def test_parameters_are_values_and_never_sql(database: ControlDatabase) -> None:
    hostile = "n'; DROP TABLE counter; --"
    with database.write() as transaction:
        transaction.execute("INSERT INTO counter VALUES (?, 1)", hostile)
    assert database.read("SELECT name FROM counter WHERE value = 1") == [(hostile,)]


def test_a_thread_cannot_wait_for_itself(database: ControlDatabase) -> None:
    with database.write():
        with pytest.raises(RuntimeError, match="inside a transaction"), database.write():
            pass
        with pytest.raises(RuntimeError, match="inside a transaction"):
            value_of(database)
    assert value_of(database) == 0


@pytest.mark.slow
def test_processes_exclude_each_other(place: Place) -> None:
    # All of them find no file, and create and migrate it together.
    processes = [place.run(COUNT_IN_A_PROCESS) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert value_of(place.open()) == 200


def test_a_fork_leaves_both_with_a_sound_database(database: ControlDatabase) -> None:
    count(database, 1)
    before = database.state()
    child = os.fork()
    if child == 0:
        count(database, 10)
        os._exit(0 if value_of(database) == 11 else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert database.state() != before
    count(database, 1)
    assert value_of(database) == 12


@pytest.mark.slow
def test_the_state_changes_with_every_commit(database: ControlDatabase, place: Place) -> None:
    first = database.state()
    value_of(database)
    assert database.state() == first
    count(database, 1)
    second = database.state()
    assert second != first
    assert place.run(COUNT_IN_A_PROCESS).wait() == 0
    assert database.state() not in (first, second)


def test_the_state_never_comes_back(database: ControlDatabase) -> None:
    seen = set()
    for _ in range(5):
        seen.add(database.state())
        count(database, 1)
        database.close()
    assert len(seen) == 5


def test_migrations_run_once_and_in_order(place: Place) -> None:
    first = place.open([TABLE])
    assert first.read("SELECT count(*) FROM counter") == [(0,)]
    first.close()
    grown = [TABLE, "ALTER TABLE counter ADD COLUMN unit TEXT", "INSERT INTO counter VALUES ('n', 1, 'm')"]
    for _ in range(2):
        database = place.open(grown)
        assert database.read("SELECT * FROM counter") == [("n", 1, "m")]
        database.close()


def test_a_migration_that_fails_leaves_what_was(place: Place) -> None:
    place.open([TABLE]).read("SELECT 1")
    broken = place.open([TABLE, "CREATE TABLE second (x TEXT); INSERT INTO nowhere VALUES (1)"])
    with pytest.raises(DatabaseError, match="nowhere"):
        broken.read("SELECT 1")
    grown = place.open([TABLE, "CREATE TABLE second (x TEXT)"])
    assert grown.read("SELECT count(*) FROM second") == [(0,)]


def test_one_of_a_newer_version_is_refused(place: Place) -> None:
    place.open().read("SELECT 1")
    with pytest.raises(DatabaseError, match="newer version"):
        place.open([TABLE]).read("SELECT 1")


def test_a_refusal_leaves_the_rest_of_the_transaction(database: ControlDatabase) -> None:
    with database.write() as transaction:
        transaction.execute("INSERT INTO counter VALUES ('m', 1)")
        with pytest.raises(NotUniqueError):
            transaction.execute("INSERT INTO counter VALUES ('n', 1)")
        transaction.execute("UPDATE counter SET value = 2 WHERE name = 'm'")
    assert database.read("SELECT name, value FROM counter ORDER BY name") == [("m", 2), ("n", 0)]


def test_threads_exclude_each_other(database: ControlDatabase) -> None:
    threads = [threading.Thread(target=count, args=(database, 20)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value_of(database) == 160


def test_nulls_numbers_and_texts_come_back(place: Place) -> None:
    database = place.open(["CREATE TABLE kept (i BIGINT, f DOUBLE PRECISION, t TEXT)"])
    row = (2**62, 0.1, "Ä %s ? 😀")
    with database.write() as transaction:
        transaction.execute("INSERT INTO kept VALUES (?, ?, ?)", *row)
        transaction.execute("INSERT INTO kept VALUES (?, ?, ?)", None, None, None)
    assert database.read("SELECT i, f, t FROM kept ORDER BY i NULLS LAST") == [row, (None, None, None)]
