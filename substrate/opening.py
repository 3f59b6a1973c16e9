"""Opens the store that a URL names: SQLite files in the data folder where there is none, else PostgreSQL."""

from collections.abc import Callable, Sequence
from pathlib import Path

from substrate.cipher import cipher_in
from substrate.errors import Invalid, shown
from substrate.interface import ControlDatabase, Store
from substrate.running import Running

_POSTGRES = ("postgresql://", "postgres://")


def open_store(url: str, folder: Path, *, quota_bytes: Callable[[str], int | None] = lambda name: None) -> Store:
    """The store of a data folder. `url`: "" for SQLite files in it, or that of a PostgreSQL database.

    quota_bytes: what a namespace may hold, None for any amount. Raises Invalid, Unavailable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    running, cipher = Running(folder / "running"), cipher_in(folder)
    if not url:
        from substrate.sqlite.store import SqliteStore

        return SqliteStore(folder, cipher, running, quota_bytes)
    if url.startswith(_POSTGRES):
        from substrate.postgres.store import PostgresStore

        return PostgresStore(url, cipher, running, quota_bytes)
    raise _no_store(url)


def open_control(url: str, folder: Path, name: str, migrations: Sequence[str] = ()) -> ControlDatabase:
    """The control database of this name, as `Store.control`, for whoever needs nothing else of the store.

    Raises Invalid: the URL.
    """
    if not url:
        from substrate.sqlite.database import Database

        return Database(folder / f"{name}.sqlite", migrations)
    if url.startswith(_POSTGRES):
        from substrate.postgres.control import Control

        return Control(url, name, migrations)
    raise _no_store(url)


def _no_store(url: str) -> Invalid:
    return Invalid(f"{shown(url.partition(':')[0])} is no store: expected postgresql://user@host/database, or nothing")
