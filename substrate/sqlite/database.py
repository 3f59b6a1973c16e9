"""One SQLite file that many threads and processes share: the home of apsw.

Three things that SQLite leaves to its users are settled here.

*Turns.* SQLite's own waiting is not fair: of four writing processes one can wait for seconds. Every
writer therefore takes a lock on a file beside the database first, for which the kernel keeps a queue
and which it frees when a process dies.

*Forks.* A connection carried over a fork can damage the file. Idle connections are closed before a
fork and opened again by whoever needs one; those in use belong to threads that the child does not have.

*Handles.* Closing any handle of a file drops all locks that the process holds on it, so nothing here
opens the database file besides SQLite; the turns are taken on a file of their own.
"""

import os
import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from substrate import forks
from substrate.interface import Cell, DatabaseError, DiskFull, NotUniqueError, Row
from substrate.sqlite.connection import no_room
from substrate.sqlite.file_turn import FileTurn
from substrate.turns import Patience

BUSY_MS = 5_000
UNIQUE_CODES = (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY)


class Database:
    """A `ControlDatabase` in one file. Created with its folder at first use, readable by its owner only.

    `migrations` are scripts; a file remembers how many it has run, and opening runs the rest, each
    in a transaction. A file that has run more than there are is refused.
    """

    def __init__(self, path: Path, migrations: Sequence[str] = ()) -> None:
        self._path = path
        self._migrations = migrations
        self._idle: list[_Link] = []
        self._watcher: _Link | None = None
        self._watches = 0
        self._guard = threading.RLock()
        self._writing = threading.local()
        forks.watch(self)

    def read(self, sql: str, *params: Cell) -> list[Row]:
        """See ControlDatabase."""
        with _translated(self._path), self._link() as link:
            return link.execute(sql, *params)

    @contextmanager
    def write(self) -> Iterator["_Link"]:
        """See ControlDatabase."""
        with _translated(self._path), self._link() as link, link.turn(), link.transaction():
            self._writing.now = True
            try:
                yield link
            finally:
                self._writing.now = False

    def state(self) -> Hashable:
        """See ControlDatabase."""
        with self._guard:
            watcher = self._watcher or self._watch()
            try:
                return self._watches, watcher.changes()
            except apsw.Error as error:
                raise _translation(self._path, error) from error

    def close(self) -> None:
        """See ControlDatabase."""
        with self._guard:
            links, self._idle = self._idle, []
            if self._watcher:
                links.append(self._watcher)
                self._watcher = None
        for link in links:
            link.close()

    @contextmanager
    def _link(self) -> Iterator["_Link"]:
        """A connection that nobody else uses meanwhile."""
        self._refuse_inside_transaction()
        with self._guard:
            link = self._idle.pop() if self._idle else self._open()
        try:
            yield link
        finally:
            with self._guard:
                self._idle.append(link)

    def _watch(self) -> "_Link":
        """A connection that never writes: SQLite tells a connection of the changes of all others only."""
        self._refuse_inside_transaction()
        with _translated(self._path):
            self._watcher = self._open()
        self._watches += 1
        return self._watcher

    def _refuse_inside_transaction(self) -> None:
        """A thread that writes would wait for itself if it asked for a second connection."""
        if getattr(self._writing, "now", False):
            raise RuntimeError("this thread is inside a transaction: use that")

    def _open(self) -> "_Link":
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _Link(self._path, self._migrations)
        except OSError as error:
            raise DatabaseError(f"cannot open {self._path}: {error.strerror}") from error

    def before_fork(self) -> None:
        """Leaves nothing open that a child would inherit, and lets nothing be opened until after the fork."""
        self._guard.acquire()
        self.close()

    def after_fork(self) -> None:
        """Lets connections be opened again."""
        self._guard.release()


class _Link:
    """One connection, with its own place in the queue of writers; also the `Transaction` of its user."""

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self._path = path
        self._turn = FileTurn(f"{path}.lock")
        try:
            if not path.exists():
                with self.turn():
                    _create(path)
            self._connection = apsw.Connection(str(path))
            self._prepare(path, migrations)
        except BaseException:
            self.close()
            raise

    def execute(self, sql: str, *params: Cell) -> list[Row]:
        """See Transaction."""
        with _translated(self._path):
            return self._connection.execute(sql, params).fetchall()

    def changes(self) -> object:
        """A value that differs from an earlier one if another connection committed in between."""
        return self._connection.execute("PRAGMA data_version").get

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for this writer's turn among all threads and processes. Raises DatabaseError: it does not come."""
        try:
            self._turn.take(Patience())
        except TimeoutError as error:
            raise DatabaseError(f"{self._path.name}: {error}") from None
        try:
            yield
        finally:
            self._turn.give()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commits what is executed in the block, or nothing of it."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self.execute("ROLLBACK")
            raise

    def close(self) -> None:
        if hasattr(self, "_connection"):
            with suppress(apsw.Error):  # what the disk refuses now is done by whoever opens the file next
                self._connection.close()
        self._turn.close()

    def _prepare(self, path: Path, migrations: Sequence[str]) -> None:
        self._connection.set_busy_timeout(BUSY_MS)
        self.execute("PRAGMA synchronous = FULL")
        self.execute("PRAGMA foreign_keys = ON")
        # A file that is ready is opened without a turn: a reader does not wait for a writer.
        pragma = self._connection.pragma
        if pragma("journal_mode") != "wal" or pragma("user_version") != len(migrations):
            with self.turn():
                self.execute("PRAGMA journal_mode = WAL")
                self._migrate(path, migrations)

    def _migrate(self, path: Path, migrations: Sequence[str]) -> None:
        done = self._connection.pragma("user_version")
        if done > len(migrations):
            raise DatabaseError(f"{path} was written by a newer version of this program")
        for version in range(done, len(migrations)):
            with self.transaction():
                self.execute(migrations[version])
                self.execute(f"PRAGMA user_version = {version + 1}")


def _create(path: Path) -> None:
    """An empty file that only its owner can read; SQLite gives its other files the same rights."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Errors of SQLite as those of the interface."""
    try:
        yield
    except apsw.Error as error:
        raise _translation(path, error) from error


def _translation(path: Path, error: apsw.Error) -> DatabaseError:
    code = getattr(error, "extendedresult", None)  # set on every error, missing from the types of apsw
    if code in UNIQUE_CODES:
        kind: type[DatabaseError] = NotUniqueError
    else:
        kind = DiskFull if no_room(error) else DatabaseError
    return kind(f"{path.name}: {error}")
