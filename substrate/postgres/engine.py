"""PostgreSQL for one namespace: a schema with a number, found by the namespace's name whenever it is used.

    reading   BEGIN, look the schema up, query ..., ROLLBACK: repeatable read, so all of it sees one snapshot
    writing   BEGIN, lock the name, look the schema up and count the commit, change ..., COMMIT

What comes before the statements in the middle is one round trip. The lock is an advisory one, for which PostgreSQL
keeps a queue; in it stands at most one thread of a process, the others wait in the process. The lock belongs to the
name and not to the schema: so who waits while a namespace is deleted and made again writes the new one.
"""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress

from psycopg import errors, sql

from substrate.engine import DialectName, Params, Values
from substrate.errors import Invalid, NotFound
from substrate.postgres.connection import OUTERMOST, Connection, Raw
from substrate.postgres.database import READ, SCRATCH, WRITE, Database, lock_key
from substrate.postgres.refusals import lacks_table, translated_errors
from substrate.turns import Patience, Turns

_DROPPED_AT_ONCE = 100
"""Tables that are dropped in one transaction; PostgreSQL has room for a few thousand locks in all."""

_SIZE = """
    SET LOCAL lock_timeout = '10ms';
    SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
"""


class Engine:
    """See `substrate.engine.Engine`."""

    dialect: DialectName = "postgres"

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._turns = Turns()
        self._schema = ""
        self._size = 0
        here = f"FROM oql_control.namespace WHERE name = {_literal(name)}"
        self._lock = f"SELECT pg_advisory_xact_lock({lock_key(f'namespace {name}')})"
        self._stamp = f"SELECT id, commits {here}".encode()
        schema = f"SELECT set_config('search_path', 'n' || id, true) {here}; SAVEPOINT {OUTERMOST}"
        self._read = f"{READ}; {schema}".encode()
        self._scratch = f"{SCRATCH}; {schema}".encode()
        self._write = (
            f"{WRITE}; {self._lock}; UPDATE oql_control.namespace SET commits = commits + 1"
            f" WHERE name = {_literal(name)} RETURNING set_config('search_path', 'n' || id, true)"
        ).encode()

    def exists(self) -> bool:
        """See the protocol."""
        return self._state() is not None

    def create(self, script: Sequence[str]) -> bool:
        """See the protocol."""
        with (
            self._turns.turn(Patience()),
            self._database.begun(self._begin_alone) as (raw, _),
            translated_errors(),
            _ending(raw),
        ):
            made = raw.execute(
                "INSERT INTO oql_control.namespace (name) VALUES (%s) ON CONFLICT DO NOTHING RETURNING 'n' || id",
                (self._name,),
            ).fetchone()
            if made is None:
                return False
            raw.execute(f"CREATE SCHEMA {made[0]}; SET LOCAL search_path TO {made[0]}".encode())
            connection = Connection(raw, made[0], writes=True)
            for statement in script:
                connection.script(statement)
            return True

    def drop(self) -> bool:
        """See the protocol. It is gone at once; its tables go when nobody reads them any more."""
        with (
            self._turns.turn(Patience()),
            self._database.begun(self._begin_alone) as (raw, _),
            translated_errors(),
            _ending(raw),
        ):
            found = raw.execute(
                "WITH gone AS (DELETE FROM oql_control.namespace WHERE name = %s RETURNING id)"
                " INSERT INTO oql_control.deleted SELECT id FROM gone RETURNING id",
                (self._name,),
            ).fetchone()
            if found:
                raw.execute(f"ALTER SCHEMA n{found[0]} RENAME TO d{found[0]}".encode())
        with self._database.connection() as raw, translated_errors():
            for (number,) in raw.execute("SELECT id FROM oql_control.deleted ORDER BY id").fetchall():
                while not _drop_tables(raw, number):
                    pass
        return found is not None

    @contextmanager
    def reading(self, *, snapshot: bool = True) -> Iterator[Connection]:
        """See the protocol. Without a snapshot each statement is a round trip, and there is no other."""
        try:
            begin = self._begin_reading if snapshot else self._use_schema
            with self._database.begun(begin) as (raw, self._schema):
                connection = Connection(raw, self._schema, writes=False)
                try:
                    yield connection
                finally:
                    connection.rollback()
        except Invalid as error:
            self._schema = ""
            if lacks_table(error) and not self.exists():
                raise _not_found() from error
            raise

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """See the protocol."""
        with self._turns.turn(Patience()), self._database.begun(self._begin_writing) as (raw, schema):
            connection = Connection(raw, schema, writes=True)
            try:
                if not durable:
                    connection.script("SET LOCAL synchronous_commit TO off")
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        with self.reading(snapshot=False) as connection:
            return connection.execute(sql, params)

    @contextmanager
    def scratch(self) -> Iterator[Connection]:
        """See the protocol."""
        with self._database.begun(self._begin_scratch) as (raw, schema):
            connection = Connection(raw, schema, writes=False)
            try:
                yield connection
            finally:
                connection.rollback()

    def settle(self) -> None:
        """See the protocol. The server has processes for that."""

    def stamp(self) -> Hashable:
        """See the protocol."""
        found = self._state()
        if found is None:
            raise _not_found()
        return found

    def size(self) -> int:
        """See the protocol: all tables with their indexes. While one of them is being changed, what was last known."""
        with self._database.begun(self._begin_reading) as (raw, _), translated_errors():
            with suppress(errors.LockNotAvailable):
                cursor = raw.execute(_SIZE)
                cursor.nextset()
                (self._size,) = cursor.fetchone() or (0,)
            raw.execute("ROLLBACK")
        return self._size

    def close(self) -> None:
        """See the protocol. Connections belong to the database, which other namespaces use."""

    def _state(self) -> tuple[int, int] | None:
        with self._database.begun(lambda raw: raw.execute(self._stamp).fetchone()) as (_, found):
            return found  # type: ignore[no-any-return] # the columns of `_stamp`

    def _use_schema(self, raw: Raw) -> str:
        """Takes the schema that it was last, without looking: one of a deleted namespace has another name."""
        if not self._schema:
            found = raw.execute(self._stamp).fetchone()
            if found is None:
                raise _not_found()
            self._schema = f"n{found[0]}"
        raw.use(self._schema)
        return self._schema

    def _begin_scratch(self, raw: Raw) -> str:
        return self._begin_reading(raw, self._scratch)

    def _begin_reading(self, raw: Raw, how: bytes | None = None) -> str:
        cursor = raw.execute(how or self._read)
        cursor.nextset()
        return _schema(raw, cursor.fetchone())

    def _begin_writing(self, raw: Raw) -> str:
        cursor = raw.execute(self._write)
        cursor.nextset()
        cursor.nextset()
        return _schema(raw, cursor.fetchone())

    def _begin_alone(self, raw: Raw) -> None:
        """A transaction that excludes all writers of the name, whether the namespace exists or not."""
        raw.execute(f"{WRITE}; {self._lock}".encode())


@contextmanager
def _ending(raw: Raw) -> Iterator[None]:
    """Commits what was begun, or undoes it."""
    connection = Connection(raw, "", writes=True)
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _schema(raw: Raw, found: tuple[str] | None) -> str:
    if found is None:
        raw.execute("ROLLBACK")
        raise _not_found()
    return found[0]


def _not_found() -> NotFound:
    return NotFound("there is no such namespace")


def _drop_tables(raw: Raw, number: int) -> bool:
    """Drops some tables of a deleted namespace, or what is left of it (True); others may be doing the same."""
    schema = f"d{number}"
    raw.execute(f"{WRITE}; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({lock_key(schema)})".encode())
    with _ending(raw):
        tables = raw.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename LIMIT %s",
            (schema, _DROPPED_AT_ONCE),
        ).fetchall()
        if tables:
            names = sql.SQL(", ").join(sql.Identifier(schema, name) for (name,) in tables)
            raw.execute(sql.SQL("DROP TABLE {} CASCADE").format(names))
            return False
        raw.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
        raw.execute("DELETE FROM oql_control.deleted WHERE id = %s", (number,))
        return True


def _literal(text: str) -> str:
    """A text as it stands in a statement. Only names that were checked come here."""
    return "'" + text.replace("'", "''") + "'"
