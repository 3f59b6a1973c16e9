"""Making, deleting and telling apart namespaces."""

from pathlib import Path

import pytest

from substrate.engine import Engine
from substrate.errors import NotFound, StoreError
from substrate.sqlite.connection import Connection
from substrate.sqlite.engine import Engine as SqliteEngine
from tests.substrate.engine.places import TABLES, Place, drop_and_create, insert, numbers_in


def read(engine: Engine) -> None:
    with engine.reading():
        pass


def write(engine: Engine) -> None:
    with engine.writing():
        pass


def test_it_is_made_once(place: Place) -> None:
    engine = place.open()
    assert not engine.exists()
    assert engine.create(TABLES)
    assert engine.exists()
    assert not place.open().create(["SELECT nothing that is there"])
    assert numbers_in(place.open()) == []


def test_it_is_made_whole_or_not_at_all(place: Place) -> None:
    engine = place.open()
    with pytest.raises(StoreError):
        engine.create([*TABLES, "CREATE TABLE t (a BIGINT)"])
    assert not engine.exists()
    assert engine.create(TABLES)


@pytest.mark.parametrize("use", [read, write, lambda engine: engine.stamp()])
def test_one_that_is_not_there_cannot_be_used(place: Place, use: object) -> None:
    assert callable(use)
    with pytest.raises(NotFound):
        use(place.open())
    assert not place.open().drop()
    assert not place.open().exists()


def test_one_that_was_deleted_cannot_be_used(engine: Engine, place: Place) -> None:
    other = place.open()
    assert numbers_in(other) == []
    assert engine.drop()
    assert not engine.drop()
    for each in (engine, other):
        assert not each.exists()
        with pytest.raises(NotFound):
            read(each)
        with pytest.raises(NotFound):
            write(each)
        with pytest.raises(NotFound):
            each.stamp()


def test_one_that_another_process_made_anew_is_empty(engine: Engine, place: Place) -> None:
    with engine.writing() as connection:
        insert(connection, 1, 2)
    with engine.reading(snapshot=False) as connection:
        assert connection.execute("SELECT count(*) FROM t") == [(2,)]
    before = engine.stamp()
    place.run(drop_and_create)
    assert engine.stamp() != before
    assert numbers_in(engine) == []
    with engine.writing() as connection:
        insert(connection, 7)
    with engine.reading(snapshot=False) as connection:
        assert connection.execute("SELECT a FROM t") == [(7,)]


def test_names_that_are_nearly_the_same_are_apart(place: Place) -> None:
    names = ["ada", "Ada", "ADA", "ada-", "_ada", "a" * 64, "a" * 63 + "b", "0", "n1"]
    for number, name in enumerate(names):
        engine = place.open(name)
        assert engine.create(TABLES)
        with engine.writing() as connection:
            insert(connection, number)
    assert [numbers_in(place.open(name)) for name in names] == [[number] for number in range(len(names))]
    assert place.open("Ada").drop()
    assert [place.open(name).exists() for name in names] == [name != "Ada" for name in names]


def test_the_same_statement_in_two_namespaces_reads_the_tables_of_each(place: Place) -> None:
    ada, bob = place.open("ada"), place.open("bob")
    ada.create(["CREATE TABLE t (a BIGINT)", "INSERT INTO t VALUES (1)"])
    bob.create(["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('one')"])
    for _ in range(10):  # often enough for an engine to prepare it
        for engine, value in ((ada, 1), (bob, "one")):
            with engine.reading(snapshot=False) as connection:
                assert connection.execute("SELECT a FROM t") == [(value,)]
            with engine.reading() as connection:
                assert connection.execute("SELECT a FROM t") == [(value,)]


def test_the_size_grows_with_what_is_in_it(engine: Engine) -> None:
    before = engine.size()
    with engine.writing() as connection:
        connection.many("INSERT INTO t VALUES (?, ?) RETURNING a", [(n, f"{n:01000}") for n in range(1000)])
    assert engine.size() - before > 500_000


def test_a_connection_of_one_that_was_made_again_is_not_used_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made again by another process, and noticed by another thread, just when this one has its connection."""
    engine, other = SqliteEngine(tmp_path / "ada"), SqliteEngine(tmp_path / "ada")
    engine.create(TABLES)
    with engine.writing() as connection:
        insert(connection, 1)
    assert numbers_in(engine) == [1]
    take = engine._take

    def taken_late() -> Connection:
        monkeypatch.undo()
        found = take()
        drop_and_create(other)
        assert numbers_in(engine) == []
        return found

    monkeypatch.setattr(engine, "_take", taken_late)
    assert numbers_in(engine) == [1]
    assert numbers_in(engine) == []
