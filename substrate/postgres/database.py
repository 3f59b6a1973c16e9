"""One PostgreSQL database: the connections to it, which all namespaces of a process share.

    schema oql_control   what is kept here about namespaces and control databases, see `_SCRIPT`
    schema n1, n2, ...   one for each namespace; no name from a request ever names one
    schema oql_<name>    one for each control database

Connections are opened at first use in each process, and none that is idle is carried over a fork.
"""

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from substrate import forks
from substrate.errors import Invalid, Unavailable
from substrate.postgres.connection import Raw
from substrate.postgres.refusals import translated_errors
from substrate.postgres.values import adapters
from substrate.turns import TURN_SECONDS

READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
SCRATCH = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE"
WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

LETTERS = "oql_control.letters"
"""The collation for lower and upper."""

CONNECTIONS = 20
"""The most that a process has open at a time."""

_OLDEST = 150000
_WAIT_S = 10.0
_PREPARED = 200

_SETTINGS = {
    "TimeZone": "UTC",
    "synchronous_commit": "on",
    "default_transaction_isolation": r"read\ committed",
    "default_transaction_read_only": "on",
    "statement_timeout": "0",
    "lock_timeout": f"{TURN_SECONDS:g}s",
    "idle_in_transaction_session_timeout": "10min",
    "client_min_messages": "warning",
    "jit": "off",  # compiling costs more than it gains in nearly all that a store is asked
}

_SCRIPT = """
    CREATE SCHEMA IF NOT EXISTS oql_control;
    CREATE TABLE IF NOT EXISTS oql_control.namespace (
        name text COLLATE "C" PRIMARY KEY,
        id bigint GENERATED ALWAYS AS IDENTITY, -- never given twice, so that a new namespace is never an old one
        commits bigint NOT NULL DEFAULT 0       -- goes up with every transaction that writes
    ) WITH (fillfactor = 50);
    CREATE TABLE IF NOT EXISTS oql_control.deleted (id bigint PRIMARY KEY); -- namespaces whose tables still exist
    CREATE TABLE IF NOT EXISTS oql_control.control (
        name text COLLATE "C" PRIMARY KEY,
        migrations integer NOT NULL DEFAULT 0,
        commits bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50);
"""


def lock_key(name: str) -> int:
    """The advisory lock that stands for a name: whoever writes what it names holds it."""
    digest = hashlib.sha256(f"oql {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


class Database:
    """The database of a URL. Safe to share between threads, and to carry over a fork."""

    def __init__(self, url: str, connections: int = CONNECTIONS, *, search_path: str = "pg_catalog") -> None:
        """`connections`: the most that each process opens; `search_path`: outside of transactions that have another.

        Raises Invalid: the URL.
        """
        self._size = connections
        self._conninfo = _conninfo(url, {"search_path": search_path, **_SETTINGS})
        self._guard = threading.RLock()
        self._pool: ConnectionPool[Raw] | None = None
        forks.watch(self)

    @contextmanager
    def begun(self, how: Callable[[Raw], Any]) -> Iterator[tuple[Raw, Any]]:
        """A connection for the block, and what `how` made of it; `how` begins a transaction, and is repeated with
        another connection where it finds that one lost."""
        pool = self._opened()
        raw, made = self._begin(pool, how)
        try:
            yield raw, made
        finally:
            pool.putconn(raw)

    @contextmanager
    def connection(self) -> Iterator[Raw]:
        """A connection for the block, outside of any transaction."""
        with self.begun(lambda raw: None) as (raw, _):
            yield raw

    def namespaces(self) -> list[str]:
        """The names of all namespaces, sorted by code point."""
        with self.connection() as raw, translated_errors():
            return [name for (name,) in raw.execute("SELECT name FROM oql_control.namespace ORDER BY name").fetchall()]

    def close(self) -> None:
        """Lets go of every connection; the next use opens new ones."""
        with self._guard:
            pool, self._pool = self._pool, None
        if pool:
            pool.close()

    def before_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.acquire()
        self.close()

    def after_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.release()

    def _begin(self, pool: "ConnectionPool[Raw]", how: Callable[[Raw], Any]) -> tuple[Raw, Any]:
        """After a restart of the server all idle connections are lost: each is tried once."""
        for attempt in range(self._size + 1):
            raw = _taken_from(pool)
            try:
                with translated_errors():
                    return raw, how(raw)
            except BaseException as error:
                lost = raw.broken and isinstance(error, Unavailable)
                pool.putconn(raw)
                if not lost or attempt == self._size:
                    raise
        raise AssertionError("unreachable")

    def _opened(self) -> "ConnectionPool[Raw]":
        pool = self._pool
        if pool:
            return pool
        with self._guard:
            if self._pool is None:
                self._prepare()
                self._pool = ConnectionPool(
                    self._conninfo,
                    min_size=0,
                    max_size=self._size,
                    connection_class=Raw,
                    timeout=_WAIT_S,
                    kwargs={"autocommit": True, "context": adapters()},
                    configure=_configure,
                    open=True,
                )
            return self._pool

    def _prepare(self) -> None:
        """Looks at the database, and makes what is missing in it. Raises Unavailable, which says why."""
        with translated_errors(), Raw.connect(self._conninfo, autocommit=True) as raw:
            _check(raw)
            if raw.execute("SELECT to_regclass('oql_control.control')").fetchone() == (None,):
                script = f"{_SCRIPT} {_letters(raw.info.server_version)}"
                raw.execute(f"{WRITE}; SELECT pg_advisory_xact_lock({lock_key('')}); {script}; COMMIT")


def _conninfo(url: str, settings: Mapping[str, str]) -> str:
    try:
        given: dict[str, Any] = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise Invalid(f"the URL of the database cannot be read: {str(error).strip()}") from None
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    defaults: dict[str, Any] = {"application_name": "oql", "connect_timeout": 10}
    return make_conninfo(**{**defaults, **given, "options": f"{given.get('options', '')} {options}".strip()})


def _letters(version: int) -> str:
    """The statement that makes the collation by which letters change their case, whatever the database's own is.

    It follows Unicode in full (SpecialCasing.txt), which the server itself can from version 18 on, ICU before.
    """
    how = "builtin, locale = 'PG_UNICODE_FAST'" if version >= 180000 else "icu, locale = 'und'"
    return f"CREATE COLLATION IF NOT EXISTS {LETTERS} (provider = {how})"


def _check(raw: Raw) -> None:
    info = raw.info
    if info.server_version < _OLDEST:
        raise Unavailable(f"expected PostgreSQL 15 or newer, found {info.server_version // 10_000}")
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Unavailable(
            f"expected a database with the encoding UTF8, found {encoding}: create it with ENCODING 'UTF8'"
        )


def _configure(raw: Raw) -> None:
    raw.prepared_max = _PREPARED


def _taken_from(pool: "ConnectionPool[Raw]") -> Raw:
    try:
        return pool.getconn()
    except PoolTimeout:
        raise Unavailable(f"the database gave no connection within {_WAIT_S:g} seconds") from None
    except PoolClosed:
        raise Unavailable("the database was closed meanwhile") from None
