"""What operators have to know of a PostgreSQL that is to keep a store. Nothing is changed in it."""

import time
from dataclasses import dataclass

import psycopg

from substrate.errors import Unavailable
from substrate.postgres.control import CONNECTIONS as CONTROL_CONNECTIONS
from substrate.postgres.database import CONNECTIONS

CONTROL_DATABASES = 4
"""Accounts, due work, links to files, replication: what one process may have open at a time."""
OF_A_PROCESS = CONNECTIONS + CONTROL_DATABASES * CONTROL_CONNECTIONS
"""The most connections that a process of a server opens; it opens them when it needs them."""
SECONDS = 5

_ASKED = """
SELECT current_setting('server_version'),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
       has_database_privilege(current_database(), 'CREATE'),
       current_setting('server_encoding'),
       extract(epoch FROM clock_timestamp())::float8,
       (SELECT string_agg(name, ', ') FROM pg_settings
         WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off')
"""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found. `connections`: that others than superusers may have; `ahead_s`: of the clock there before ours.

    unsafe: the settings, with commas between them, that let an answered write be lost.
    """

    version: str
    connections: int
    in_use: int
    may_create: bool
    encoding: str
    ahead_s: float
    unsafe: str


def inspect(url: str) -> Inspected:
    """Looks at the database of a URL. Raises Unavailable."""
    try:
        with psycopg.connect(url, connect_timeout=SECONDS, application_name="oql doctor") as connection:
            before = time.time()
            row = connection.execute(_ASKED).fetchone()
            middle = (before + time.time()) / 2
    except psycopg.Error as error:
        raise Unavailable(str(error).strip().splitlines()[0]) from None
    assert row is not None
    version, connections, in_use, may_create, encoding, clock, unsafe = row
    return Inspected(version, connections, in_use, may_create, encoding, clock - middle, unsafe or "")
