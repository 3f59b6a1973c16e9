"""Ending a statement from another thread, and nothing else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from substrate.engine import Connection, Engine
from substrate.errors import Cancelled
from tests.substrate.engine.places import insert, numbers_in

LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


@contextmanager
def interrupted(connection: Connection, after: float) -> Iterator[None]:
    """Somebody interrupts the connection a while after the block began."""
    timer = threading.Timer(after, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("after", [0.005, 0.1])
def test_a_statement_that_takes_long_is_ended(engine: Engine, after: float) -> None:
    with engine.reading() as connection:
        connection.execute("SELECT count(*) FROM t")
        with interrupted(connection, after), pytest.raises(Cancelled):
            connection.execute(LONG)
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]


def test_a_statement_without_a_snapshot_is_ended(engine: Engine) -> None:
    assert numbers_in(engine) == []
    with engine.reading(snapshot=False) as connection:
        with interrupted(connection, 0.05), pytest.raises(Cancelled):
            connection.execute(LONG)
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]


def test_a_stream_is_ended_while_it_computes(engine: Engine) -> None:
    with engine.reading() as connection, interrupted(connection, 0.05), pytest.raises(Cancelled):
        list(connection.stream(LONG))


def test_a_stream_is_ended_between_two_rows(engine: Engine) -> None:
    def read_on(connection: Connection) -> None:
        for row in connection.stream(ENDLESS):
            if row == (10,):
                connection.interrupt()

    with engine.reading() as connection:
        with pytest.raises(Cancelled):
            read_on(connection)
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]


def test_a_transaction_that_is_interrupted_leaves_nothing(engine: Engine) -> None:
    def write() -> None:
        with engine.writing() as connection:
            insert(connection, 1)
            with interrupted(connection, 0.05):
                connection.execute(LONG)

    with pytest.raises(Cancelled):
        write()
    assert numbers_in(engine) == []
    with engine.writing() as connection:
        insert(connection, 2)
    assert numbers_in(engine) == [2]


def test_nothing_happens_where_nothing_runs(engine: Engine) -> None:
    with engine.writing() as connection:
        connection.interrupt()
        insert(connection, 1)
        connection.interrupt()
    connection.interrupt()
    assert numbers_in(engine) == [1]


def test_what_comes_next_is_never_hit(engine: Engine) -> None:
    """Interrupts statements that are nearly over, again and again: each ends, or raises, and hits no other one."""
    calls = 0
    with engine.reading() as connection:
        for _ in range(60):
            with interrupted(connection, 0.001):
                try:
                    for _ in range(5):
                        connection.execute("SELECT count(*) FROM t")
                        calls += 1
                except Cancelled:
                    pass
            assert connection.execute("SELECT count(*) FROM t") == [(0,)]
    assert numbers_in(engine) == []
    assert calls > 0
