"""A control database in a file: its turns, handles and rights; `test_control` has what holds for every one."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from substrate.errors import Unavailable
from substrate.interface import DatabaseError, DiskFull
from substrate.sqlite.connection import Connection
from substrate.sqlite.database import Database
from tests.substrate.test_control import MIGRATIONS, count, value_of


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """What a full disk is to those who lengthen a file: in the block nobody in this process can."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def open_database(folder: Path) -> Database:
    return Database(folder / "control.sqlite", MIGRATIONS)


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


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path)
    yield opened
    opened.close()


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


def test_who_waits_too_long_for_its_turn_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, other = open_database(tmp_path), open_database(tmp_path)
    count(other, 1)
    with database.write() as transaction:
        monkeypatch.setattr("substrate.turns.TURN_SECONDS", 0.1)
        for _ in range(2):
            with pytest.raises(DatabaseError, match="has not finished"):
                count(other, 1)
        assert value_of(other) == 1
        monkeypatch.setattr("substrate.turns.TURN_SECONDS", 30.0)
        transaction.execute("UPDATE counter SET value = value + 10")
    count(other, 1)
    count(database, 1)
    assert value_of(other) == 13
    database.close()
    other.close()


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
    assert database.read("PRAGMA integrity_check") == [("ok",)]


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


def test_no_room_is_told_apart_from_other_errors(database: Database) -> None:
    with database.write() as transaction:
        transaction.execute("PRAGMA max_page_count = 1")  # no page more than it has
        with pytest.raises(DiskFull):
            transaction.execute("CREATE TABLE large AS SELECT zeroblob(100000) AS value")


def test_readers_are_told_of_no_room_too(tmp_path: Path) -> None:
    """The first to open a database makes the index of its log, whose first bytes are no more than its lock."""
    database = open_database(tmp_path)
    value_of(database)
    database.close()
    with no_file_longer_than(3), pytest.raises(DiskFull):
        database.read("SELECT 1")
    assert database.read("SELECT 1") == [(1,)]
    database.close()
    with no_file_longer_than(3), pytest.raises(Unavailable, match="the disk is full"):
        Connection(tmp_path / "control.sqlite", writes=True)
