"""The control database: transactions, migrations, and sharing between threads, processes and forks."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from substrate.interface import ControlDatabase, DatabaseError, NotUniqueError
from substrate.sqlite.database import Database

TABLE = "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value >= 0))"

COUNT_IN_A_PROCESS = """
import sys
from pathlib import Path
from tests.substrate.test_database import count, open_database
count(open_database(Path(sys.argv[1])), 50)
"""

DIE_IN_A_TRANSACTION = """
import os, signal, sys
from pathlib import Path
from tests.substrate.test_database import open_database
with open_database(Path(sys.argv[1])).write() as transaction:
    transaction.execute("UPDATE counter SET value = 99 WHERE name = 'n'")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def open_database(folder: Path) -> Database:
    return Database(folder / "control.sqlite", [TABLE, "INSERT INTO counter VALUES ('n', 0)"])


def count(database: ControlDatabase, times: int) -> None:
    """Reads, then writes one more: loses counts unless the transactions exclude each other."""
    for _ in range(times):
        with database.write() as transaction:
            value = transaction.execute("SELECT value FROM counter WHERE name = ?", "n")[0][0]
            assert isinstance(value, int)
            transaction.execute("UPDATE counter SET value = ? WHERE name = ?", value + 1, "n")


def is_open(path: Path) -> bool:
    """Has this process a handle of the file?"""
    if not path.exists():
        return False
    wanted = path.stat()
    for handle in range(3, 256):
        try:
            found = os.fstat(handle)
        except OSError:
            continue
        if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
            return True
    return False


def change_and_fail(database: ControlDatabase) -> None:
    with database.write() as transaction:
        transaction.execute("UPDATE counter SET value = 5")
        raise KeyError


def value_of(database: ControlDatabase) -> object:
    return database.read("SELECT value FROM counter WHERE name = 'n'")[0][0]


def run_python(text: str, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", text, str(folder)])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


def test_what_was_committed_is_read(database: Database, tmp_path: Path) -> None:
    count(database, 2)
    assert value_of(database) == 2
    assert value_of(open_database(tmp_path)) == 2


def test_an_exception_undoes_everything(database: Database) -> None:
    with pytest.raises(KeyError):
        change_and_fail(database)
    assert value_of(database) == 0
    count(database, 1)
    assert value_of(database) == 1


def test_death_undoes_everything_and_holds_up_nobody(database: Database, tmp_path: Path) -> None:
    count(database, 3)
    assert run_python(DIE_IN_A_TRANSACTION, tmp_path).wait() == -9
    assert value_of(database) == 3
    count(database, 1)
    assert value_of(database) == 4


def test_readers_see_nothing_of_an_open_transaction(database: Database) -> None:
    seen: list[object] = []
    with database.write() as transaction:
        transaction.execute("UPDATE counter SET value = 7")
        reader = threading.Thread(target=lambda: seen.append(value_of(database)))
        reader.start()
        reader.join()
    assert seen == [0]
    assert value_of(database) == 7


def test_refusals_have_their_kind(database: Database) -> None:
    with pytest.raises(NotUniqueError), database.write() as transaction:
        transaction.execute("INSERT INTO counter VALUES ('n', 1)")
    with pytest.raises(DatabaseError) as refused, database.write() as transaction:
        transaction.execute("UPDATE counter SET value = -1")
    assert refused.type is DatabaseError
    with pytest.raises(DatabaseError, match="no such table"):
        database.read("SELECT 1 FROM nowhere")


def test_parameters_are_values_and_never_sql(database: Database) -> None:
    hostile = "n'; DROP TABLE counter; --"
    with database.write() as transaction:
        transaction.execute("INSERT INTO counter VALUES (?, 1)", hostile)
    assert database.read("SELECT name FROM counter WHERE value = 1") == [(hostile,)]


def test_a_thread_cannot_wait_for_itself(database: Database) -> None:
    with database.write():
        with pytest.raises(RuntimeError, match="inside a transaction"), database.write():
            pass
        with pytest.raises(RuntimeError, match="inside a transaction"):
            value_of(database)
    assert value_of(database) == 0


def test_writers_take_turns_and_need_no_luck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without a turn each would have to hit a moment at which nobody writes, or fail.
    monkeypatch.setattr("substrate.sqlite.database.BUSY_MS", 0)
    database = open_database(tmp_path)
    count(database, 1)
    threads = [threading.Thread(target=count, args=(database, 25)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value_of(database) == 201


def test_processes_exclude_each_other(tmp_path: Path) -> None:
    # All of them find no file, and create and migrate it together.
    processes = [run_python(COUNT_IN_A_PROCESS, tmp_path) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert value_of(open_database(tmp_path)) == 200


def test_a_fork_leaves_both_with_a_sound_database(database: Database) -> None:
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
    assert database.read("PRAGMA integrity_check") == [("ok",)]


def test_a_fork_inherits_no_handle_of_the_file(database: Database, tmp_path: Path) -> None:
    count(database, 1)
    database.state()
    child = os.fork()
    if child == 0:
        os._exit(sum(is_open(tmp_path / name) for name in ("control.sqlite", "control.sqlite-wal")))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert value_of(database) == 1
    assert is_open(tmp_path / "control.sqlite")


def test_the_state_changes_with_every_commit(database: Database, tmp_path: Path) -> None:
    first = database.state()
    value_of(database)
    assert database.state() == first
    count(database, 1)
    second = database.state()
    assert second != first
    assert run_python(COUNT_IN_A_PROCESS, tmp_path).wait() == 0
    assert database.state() not in (first, second)


def test_the_state_never_comes_back(database: Database) -> None:
    seen = set()
    for _ in range(5):
        seen.add(database.state())
        count(database, 1)
        database.close()
    assert len(seen) == 5


def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "grown.sqlite"
    first = Database(path, [TABLE])
    assert first.read("SELECT count(*) FROM counter") == [(0,)]
    first.close()
    grown = [TABLE, "ALTER TABLE counter ADD COLUMN unit TEXT", "INSERT INTO counter VALUES ('n', 1, 'm')"]
    for _ in range(2):
        database = Database(path, grown)
        assert database.read("SELECT * FROM counter") == [("n", 1, "m")]
        database.close()


def test_a_migration_that_fails_leaves_what_was(tmp_path: Path) -> None:
    path = tmp_path / "grown.sqlite"
    Database(path, [TABLE]).read("SELECT 1")
    broken = Database(path, [TABLE, "CREATE TABLE second (x); INSERT INTO nowhere VALUES (1)"])
    with pytest.raises(DatabaseError, match="nowhere"):
        broken.read("SELECT 1")
    assert Database(path, [TABLE]).read("SELECT name FROM sqlite_schema WHERE type = 'table'") == [("counter",)]


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    open_database(tmp_path).read("SELECT 1")
    with pytest.raises(DatabaseError, match="newer version"):
        Database(tmp_path / "control.sqlite", [TABLE]).read("SELECT 1")


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    database = open_database(tmp_path / "made" / "here")
    count(database, 1)
    folder = tmp_path / "made" / "here"
    assert folder.stat().st_mode & 0o777 == 0o700
    rights = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert rights == {
        "control.sqlite": 0o600,
        "control.sqlite-shm": 0o600,
        "control.sqlite-wal": 0o600,
        "control.sqlite.lock": 0o600,
    }


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "control.sqlite").write_bytes(b"not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(DatabaseError, match="not a database"):
        value_of(open_database(tmp_path))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot open"):
        value_of(open_database(tmp_path / "file"))
