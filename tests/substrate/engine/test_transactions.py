"""Transactions: all or nothing, one at a time, one snapshot for who reads, savepoints."""

import threading

import pytest

from substrate.engine import Connection, Engine
from substrate.errors import Invalid
from tests.substrate.engine.places import Place, insert, numbers_in, take_turns, write_once


def write_and_fail(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 5)
        raise KeyError


def fail_after(connection: Connection, number: int) -> None:
    with connection.savepoint():
        insert(connection, number)
        raise KeyError


def refuse_after(connection: Connection, number: int) -> None:
    with connection.savepoint():
        insert(connection, number)
        list(connection.stream("SELECT nothing FROM t"))


def test_what_was_committed_is_read_by_all(engine: Engine, place: Place) -> None:
    with engine.writing() as connection:
        insert(connection, 1)
        assert connection.execute("SELECT a FROM t") == [(1,)]
        assert numbers_in(engine) == numbers_in(place.open()) == []
    assert numbers_in(engine) == numbers_in(place.open()) == [1]


def test_an_exception_undoes_everything(engine: Engine) -> None:
    with pytest.raises(KeyError):
        write_and_fail(engine)
    assert numbers_in(engine) == []
    with engine.writing() as connection:
        insert(connection, 6)
    assert numbers_in(engine) == [6]


def test_a_refusal_undoes_everything(engine: Engine) -> None:
    def write() -> None:
        with engine.writing() as connection:
            insert(connection, 5)
            connection.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(Invalid):
        write()
    assert numbers_in(engine) == []


def test_who_reads_sees_one_snapshot(engine: Engine, place: Place) -> None:
    with engine.reading() as connection:
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]
        place.run(write_once, "1")
        with engine.writing() as writer:
            insert(writer, 2)
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]
        assert list(connection.stream("SELECT a FROM t")) == []
    assert numbers_in(engine) == [1, 2]


def test_who_reads_without_a_snapshot_sees_the_newest(engine: Engine) -> None:
    with engine.reading(snapshot=False) as connection:
        for count in range(3):
            assert connection.execute("SELECT count(*) FROM t") == [(count,)]
            with engine.writing() as writer:
                insert(writer, count)


def test_who_reads_waits_for_nobody(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 1)
        seen: list[object] = []
        reader = threading.Thread(target=lambda: seen.extend(numbers_in(engine)))
        reader.start()
        reader.join()
        assert seen == []
        assert not reader.is_alive()


def test_a_savepoint_undoes_what_was_written_in_it(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 1)
        with pytest.raises(KeyError):
            fail_after(connection, 2)
        with connection.savepoint():
            insert(connection, 3)
        with pytest.raises(KeyError):
            fail_after(connection, 4)
    assert numbers_in(engine) == [1, 3]


def test_savepoints_stand_inside_each_other(engine: Engine) -> None:
    def fail_outside(connection: Connection) -> None:
        with connection.savepoint():
            with connection.savepoint():
                insert(connection, 4)
            with pytest.raises(KeyError):
                fail_after(connection, 5)
            raise KeyError

    with engine.writing() as connection:
        with connection.savepoint():
            insert(connection, 1)
            with pytest.raises(KeyError):
                fail_after(connection, 2)
            with connection.savepoint():
                insert(connection, 3)
        with pytest.raises(KeyError):
            fail_outside(connection)
        insert(connection, 6)
    assert numbers_in(engine) == [1, 3, 6]


def test_savepoints_with_nothing_in_them_change_nothing(engine: Engine) -> None:
    with engine.writing() as connection:
        with connection.savepoint(), connection.savepoint():
            pass
        with pytest.raises(KeyError), connection.savepoint(), connection.savepoint():
            raise KeyError
        insert(connection, 1)
        with connection.savepoint():
            pass
    assert numbers_in(engine) == [1]
    with engine.writing() as connection, connection.savepoint():
        pass
    assert numbers_in(engine) == [1]


def test_a_refusal_in_a_savepoint_leaves_the_rest(engine: Engine) -> None:
    with engine.writing() as connection:
        for number in range(5):
            with connection.savepoint():
                insert(connection, number)
            with pytest.raises(Invalid):
                refuse_after(connection, number + 100)
    assert numbers_in(engine) == [0, 1, 2, 3, 4]


def test_a_savepoint_undone_at_the_very_end_is_undone(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, 1)
        with pytest.raises(KeyError):
            fail_after(connection, 2)
    assert numbers_in(engine) == [1]


def test_tables_are_made_in_a_transaction_too(engine: Engine) -> None:
    def write_and_undo() -> None:
        with engine.writing() as connection:
            connection.execute("CREATE TABLE new (a BIGINT)")
            connection.execute("ALTER TABLE t ADD COLUMN c TEXT")
            connection.execute("INSERT INTO t (a, c) VALUES (1, ?)", ("x",))
            raise KeyError

    with pytest.raises(KeyError):
        write_and_undo()
    with engine.reading() as connection:
        with pytest.raises(Invalid):
            connection.execute("SELECT a FROM new")
        assert connection.execute("SELECT * FROM t") == []


def test_a_statement_goes_on_when_its_table_has_another_column(engine: Engine) -> None:
    def look() -> list[object]:
        with engine.reading(snapshot=False) as connection:
            return list(connection.execute("SELECT a, b FROM t"))

    for _ in range(10):  # often enough for an engine to prepare it
        assert look() == []
    with engine.writing() as connection:
        insert(connection, 1)
        connection.execute("ALTER TABLE t ADD COLUMN c TEXT")
    assert look() == [(1, "row 1")]


def test_the_stamp_changes_with_every_commit(engine: Engine, place: Place) -> None:
    first = engine.stamp()
    assert numbers_in(engine) == []
    assert engine.stamp() == first
    with engine.writing() as connection:
        insert(connection, 1)
    second = engine.stamp()
    assert second != first
    place.run(write_once, "2")
    third = engine.stamp()
    assert third not in (first, second)
    assert engine.stamp() == third


def test_threads_write_one_after_the_other(engine: Engine) -> None:
    threads = [threading.Thread(target=take_turns, args=(engine, str(who), "25")) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.reading() as connection:
        assert connection.execute("SELECT count(*), max(place) FROM turns") == [(200, 200)]
