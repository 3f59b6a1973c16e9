"""What only PostgreSQL can do to its engine: lose connections, have other encodings, wait for locks."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from substrate.engine import Connection
from substrate.errors import Invalid, NotFound, Unavailable
from substrate.postgres.database import Database
from substrate.postgres.engine import Engine
from tests.substrate.engine.places import TABLES, insert, numbers_in
from tests.substrate.postgres_server import new_database


@pytest.fixture
def database(postgres_database: str) -> Iterator[Database]:
    opened = Database(postgres_database, connections=4)
    yield opened
    opened.close()


@pytest.fixture
def engine(database: Database) -> Engine:
    opened = Engine(database, "ada")
    assert opened.create(TABLES)
    return opened


def end_all_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_another_encoding_is_refused(postgres_server: str) -> None:
    options = ("ENCODING 'LATIN1'", "LC_COLLATE 'C'", "LC_CTYPE 'C'", "TEMPLATE template0")
    with new_database(postgres_server, *options) as url, pytest.raises(Unavailable, match="UTF8, found LATIN1"):
        Engine(Database(url), "ada").exists()


def test_what_is_no_url_is_refused() -> None:
    with pytest.raises(Invalid, match="URL"):
        Database("postgresql://user@host:port:port/x?y")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="refused"):
        Engine(Database("postgresql://postgres@127.0.0.1:1/postgres"), "ada").exists()


def test_lost_connections_are_replaced_before_anything_is_sent(engine: Engine, postgres_database: str) -> None:
    with engine.reading(), engine.reading(), engine.reading():
        pass
    end_all_connections(postgres_database)
    with engine.writing() as connection:
        insert(connection, 1)
    end_all_connections(postgres_database)
    with engine.reading(snapshot=False) as connection:
        assert connection.execute("SELECT a FROM t") == [(1,)]
    end_all_connections(postgres_database)
    assert engine.exists()


def test_a_connection_lost_in_a_transaction_is_the_end_of_that(engine: Engine, postgres_database: str) -> None:
    def write() -> None:
        with engine.writing() as connection:
            insert(connection, 1)
            end_all_connections(postgres_database)
            insert(connection, 2)

    with pytest.raises(Unavailable) as refused:
        write()
    assert refused.value.retry
    assert numbers_in(engine) == []


def test_a_commit_that_is_not_one_is_no_success(engine: Engine) -> None:
    def write() -> None:
        with engine.writing() as connection:
            insert(connection, 1)
            with pytest.raises(Invalid):
                connection.execute("SELECT nothing FROM t")

    with pytest.raises(RuntimeError, match="outside of a savepoint"):
        write()
    assert numbers_in(engine) == []


def test_a_stream_that_another_statement_ended_says_so(engine: Engine) -> None:
    with engine.writing() as connection:
        insert(connection, *range(2_000))
        rows = connection.stream("SELECT a FROM t")
        assert next(rows) == (0,)
        assert connection.execute("SELECT count(*) FROM t") == [(2_000,)]
        with pytest.raises(RuntimeError, match="ended this stream"):
            list(rows)


def test_more_readers_than_connections_wait_for_each_other(database: Database) -> None:
    engine = Engine(database, "ada")
    assert engine.create(TABLES)
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(numbers_in(engine))) for _ in range(12)]
    with engine.reading(), engine.reading(), engine.reading():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [[]] * 12


def test_waiting_writers_leave_connections_to_readers(engine: Engine) -> None:
    def write(number: int) -> None:
        with engine.writing() as connection:
            insert(connection, number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    with engine.writing():
        for thread in threads:
            thread.start()
        assert numbers_in(engine) == []
    for thread in threads:
        thread.join()
    assert numbers_in(engine) == list(range(12))


def test_the_size_is_known_while_a_table_is_changed(engine: Engine) -> None:
    before = engine.size()
    with engine.writing() as connection:
        connection.execute("ALTER TABLE t ADD COLUMN c TEXT")
        assert engine.size() == before


def test_a_namespace_is_gone_while_somebody_still_reads_it(engine: Engine, database: Database) -> None:
    other = Engine(database, "ada")
    with engine.reading() as connection:
        assert connection.execute("SELECT count(*) FROM t") == [(0,)]
        dropping = threading.Thread(target=engine.drop)
        dropping.start()
        while other.exists():
            pass
        assert other.create(TABLES)
    dropping.join()
    assert database.namespaces() == ["ada"]
    assert numbers_in(engine) == []


def test_one_with_many_tables_is_deleted(engine: Engine, database: Database, postgres_database: str) -> None:
    with engine.writing() as connection:
        for number in range(250):
            connection.execute(f"CREATE TABLE t{number} (a BIGINT)")
    assert engine.drop()
    with psycopg.connect(postgres_database) as raw:
        schemas = raw.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^[nd][0-9]'").fetchall()
        assert schemas == []
        assert raw.execute("SELECT * FROM oql_control.deleted").fetchall() == []
    assert database.namespaces() == []


def test_what_a_killed_process_began_to_delete_goes_with_the_next(
    engine: Engine, database: Database, postgres_database: str
) -> None:
    with psycopg.connect(postgres_database) as raw:
        raw.execute("DELETE FROM oql_control.namespace")
        raw.execute("INSERT INTO oql_control.deleted VALUES (1)")
        raw.execute("ALTER SCHEMA n1 RENAME TO d1")
    with pytest.raises(NotFound):
        numbers_in(engine)
    bob = Engine(database, "bob")
    assert bob.create(TABLES)
    assert bob.drop()
    with psycopg.connect(postgres_database) as raw:
        assert raw.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^[nd][0-9]'").fetchall() == []


def test_numbers_without_a_type_of_their_own_are_plain(engine: Engine) -> None:
    def look(connection: Connection) -> object:
        return connection.execute("SELECT sum(a), sum(a) * 1.5, count(*) FROM t")

    with engine.writing() as connection:
        insert(connection, 2**63 - 1, 1)
        assert look(connection) == [(2**63, (2**63) * 1.5, 2)]
        assert connection.execute("SELECT a FROM t WHERE a < ?", (2**70,)) == [(2**63 - 1,), (1,)]
