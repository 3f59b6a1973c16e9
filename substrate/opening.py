"""Opens the store that a URL names: SQLite files in the data folder where there is none, else PostgreSQL."""

from collections.abc import Callable, Sequence
from pathlib import Path

from substrate.cipher import cipher_in
from substrate.errors import Invalid, shown
from substrate.interface import ControlDatabase, Store
from substrate.memory import Memory
from substrate.replication.confirming import Confirming
from substrate.replication.leases import DATABASE, MIGRATIONS, Followers
from substrate.replication.standing import Standings
from substrate.running import Running
from substrate.surroundings import Shared

_POSTGRES = ("postgresql://", "postgres://")


def open_store(
    url: str,
    folder: Path,
    *,
    quota_bytes: Callable[[str], int | None] = lambda name: None,
    system: Sequence[str] = (),
    on_change: Callable[[str], None] | None = None,
    search_bytes: int = 64 * 2**20,
    followers: Sequence[str] = (),
    sync_seconds: float = 0.25,
    fenced: bool = True,
) -> Store:
    """The store of a data folder. `url`: "" for SQLite files in it, or that of a PostgreSQL database.

    quota_bytes: what a namespace may hold, None for any amount.
    system: migrations of the system tables (`substrate.interface.SystemTables`), each run once in every namespace, in
        order and in a transaction: scripts of statements with `;` between them and without values, in the SQL that both
        engines share (TEXT, BIGINT, DOUBLE PRECISION).
    on_change: called with the name of a namespace after this process has committed something in it that is in its
        change log, by the thread that committed and before the writers are told. It raises nothing and does not write.
    search_bytes: what this process may keep in memory of the indexes for searches by words.
    followers: the names of those that have to acknowledge a write within `sync_seconds`, before it is answered.
    fenced: whether writes heed what `substrate.replication.standing` says of the folder; whoever follows does not.
    Raises Invalid, Unavailable.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = on_change or (lambda name: None)
    running, memory = Running(folder / "running"), Memory(search_bytes)
    standings = Standings(folder) if fenced else None
    confirming = _confirming(url, folder, followers, sync_seconds) if followers else None
    shared = Shared(cipher_in(folder), running, quota_bytes, tuple(system), told, memory, folder, standings, confirming)
    if not url:
        from substrate.sqlite.store import SqliteStore

        return SqliteStore(folder, shared)
    if url.startswith(_POSTGRES):
        from substrate.postgres.store import PostgresStore

        return PostgresStore(url, shared)
    raise _no_store(url)


def _confirming(url: str, folder: Path, followers: Sequence[str], seconds: float) -> Confirming:
    return Confirming(Followers(open_control(url, folder, DATABASE, MIGRATIONS)), followers, seconds)


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
