"""SQLite for one namespace: a folder with one file, any number of reading connections, one writer at a time.

Turns are taken on a file of their own, as in `substrate.sqlite.database`, which says why. A namespace that was deleted
and made again, maybe by another process, is another file under the same name: every use looks whether it still is the
one that is open.
"""

import contextlib
import os
import shutil
import threading
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import apsw

from substrate import forks
from substrate.engine import DialectName, Params, Values, Violation
from substrate.errors import Cancelled, Invalid, NotFound, StoreError, Unavailable
from substrate.sqlite.file_turn import FileTurn
from substrate.sqlite.functions import install
from substrate.turns import Patience, Turns

FILE = "store.sqlite"
FORMAT = 1
"""The version of the layout, as the file says it; 0 is a file that was not finished."""
BUSY_MS = 5_000
CACHED_STATEMENTS = 200
LONGEST_COMPUTED = 32 * 2**20
"""The bytes that a value may have inside a statement that answers: functions can make very long ones of short ones."""
_WAL_PAGES = 4_000
"""The size of the write-ahead log, in pages of 4 KiB, at which a commit moves it into the file."""


class Connection:
    """See `substrate.engine.Connection`."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writes else apsw.SQLITE_OPEN_READONLY
        with _translated():
            self._db = apsw.Connection(str(path), flags=flags, statementcachesize=CACHED_STATEMENTS)
            self._db.set_busy_timeout(BUSY_MS)
            for pragma in (
                "case_sensitive_like = ON",
                "temp_store = MEMORY",
                "cache_size = -16000",
                "mmap_size = 268435456",
            ):
                self._db.execute(f"PRAGMA {pragma}")
            if writes:
                self._db.execute("PRAGMA synchronous = FULL")
                self._db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            install(self._db)

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        try:
            return self._db.execute(sql, tuple(params)).fetchall()
        except apsw.Error as error:
            raise _translation(error) from error

    def script(self, text: str) -> None:
        """See the protocol."""
        self.execute(text)

    def stream(self, sql: str, params: Params = ()) -> Iterator[Values]:
        """See the protocol."""
        before = self._db.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST_COMPUTED)
        try:
            with _translated():
                yield from self._db.execute(sql, tuple(params))
        finally:
            self._db.limit(apsw.SQLITE_LIMIT_LENGTH, before)

    def many(self, sql: str, rows: Iterable[Params]) -> list[Values]:
        """See the protocol."""
        with _translated():
            return self._db.executemany(sql, rows).fetchall()

    def interrupt(self) -> None:
        """See the protocol."""
        self._db.interrupt()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See the protocol."""
        with self._db:
            yield

    def begin(self, how: str) -> None:
        """Begins a transaction: DEFERRED or IMMEDIATE."""
        self.execute(f"BEGIN {how}")

    def end(self, how: str) -> None:
        """COMMIT or ROLLBACK; a rollback where nothing is open does nothing."""
        if how == "COMMIT" or self._db.in_transaction:
            self.execute(how)

    def close(self) -> None:
        """Closes it. What the disk refuses then is done by whoever opens the file next."""
        with contextlib.suppress(apsw.Error):
            self._db.close()


class Engine:
    """See `substrate.engine.Engine`. The folder is that of the namespace; only `drop` touches what else is in it."""

    dialect: DialectName = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._name = str(self._path)
        self._guard = threading.RLock()
        self._turns = Turns()
        self._forking: AbstractContextManager[None] = contextlib.nullcontext()
        self._idle: list[Connection] = []
        self._writer: Connection | None = None
        self._watcher: Connection | None = None
        self._turn: FileTurn | None = None
        self._written: tuple[int, int] | None = None
        self._open: tuple[int, int] | None = None
        self._times_opened = 0
        forks.watch(self)

    def exists(self) -> bool:
        """See the protocol."""
        if self._is_open():
            return True
        if not self._path.exists():
            return False
        probe = Connection(self._path, writes=False)
        try:
            return probe.execute("PRAGMA user_version") == [(FORMAT,)]
        finally:
            probe.close()

    def create(self, script: Sequence[str]) -> bool:
        """See the protocol."""
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._its_turn():
            if self.exists():
                return False
            self._folder.mkdir(mode=0o700, exist_ok=True)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            made = Connection(self._path, writes=True)
            try:
                made.execute("PRAGMA journal_mode = WAL")
                made.begin("IMMEDIATE")
                for statement in script:
                    made.script(statement)
                made.execute(f"PRAGMA user_version = {FORMAT}")
                made.end("COMMIT")
            finally:
                made.close()
            _sync_folder(self._folder)
            _sync_folder(self._folder.parent)
            return True

    def drop(self) -> bool:
        """See the protocol."""
        if not self._path.exists():
            return False
        with self._its_turn():
            if not self._path.exists():
                return False
            aside = self._folder.with_name(f".deleted-{uuid4().hex}")
            self._folder.rename(aside)
            _sync_folder(self._folder.parent)
        self.close()
        shutil.rmtree(aside, ignore_errors=True)
        return True

    @contextmanager
    def reading(self, *, snapshot: bool = True) -> Iterator[Connection]:
        """See the protocol."""
        with self._found():
            connection = self._take()
            opened = self._open
            if snapshot:
                connection.begin("DEFERRED")
            try:
                yield connection
            finally:
                if snapshot:
                    connection.end("ROLLBACK")
                self._give_back(connection, opened)

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        with self._found():
            connection = self._take()
            opened = self._open
            try:
                return connection.execute(sql, params)
            finally:
                self._give_back(connection, opened)

    @contextmanager
    def _found(self) -> Iterator[None]:
        """What cannot be used because its namespace was deleted meanwhile is not found. Raises NotFound."""
        try:
            yield
        except Unavailable:
            if not self._is_open():
                raise _not_found() from None
            raise

    def scratch(self) -> AbstractContextManager[Connection]:
        """See the protocol."""
        return self.reading()

    def _take(self) -> Connection:
        """An idle connection, or a new one."""
        self._look()
        try:
            return self._idle.pop()
        except IndexError:
            with self._guard:
                return Connection(self._path, writes=False)

    def _give_back(self, connection: Connection, opened: tuple[int, int] | None) -> None:
        """Keeps a connection for its next use, unless the namespace is another one by now."""
        if opened == self._open:
            self._idle.append(connection)
        else:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """See the protocol."""
        with self._its_turn(), self._found():
            connection = self._opened_writer()
            connection.begin("IMMEDIATE")
            try:
                yield connection
                connection.end("COMMIT")
            except BaseException:
                connection.end("ROLLBACK")
                raise

    def stamp(self) -> Hashable:
        """See the protocol."""
        with self._guard:
            self._look()
            if self._watcher is None:
                self._watcher = Connection(self._path, writes=False)
                self._times_opened += 1
            return self._times_opened, self._watcher.execute("PRAGMA data_version")[0][0]

    def size(self) -> int:
        """Bytes of the file and of what waits to be moved into it."""
        return sum(_size(self._path.with_name(FILE + suffix)) for suffix in ("", "-wal"))

    def close(self) -> None:
        """See the protocol. Waits for the writer of this process."""
        with self._turns.turn():
            self._close()

    def _close(self) -> None:
        """Closes what nobody uses, on behalf of whoever has the turn."""
        with self._guard:
            closing = [*self._idle, *filter(None, (self._watcher, self._writer))]
            self._idle, self._watcher, self._writer, self._open = [], None, None, None
            if self._turn:
                self._turn.close()
                self._turn = None
        for connection in closing:
            connection.close()

    def before_fork(self) -> None:
        """See `substrate.forks`."""
        self._forking = self._turns.turn()
        self._forking.__enter__()
        self._guard.acquire()
        self._close()

    def after_fork(self) -> None:
        """See `substrate.forks`."""
        self._guard.release()
        self._forking.__exit__(None, None, None)

    @contextmanager
    def _its_turn(self) -> Iterator[None]:
        """The turn among the threads of this process, then that of this process among all. Raises Unavailable."""
        patience = Patience()
        with self._turns.turn(patience):
            with self._guard:
                turn = self._turn = self._turn or self._open_turn()
            try:
                turn.take(patience)
            except OSError as error:
                raise Unavailable(f"the store cannot be used: {error}") from None
            try:
                yield
            finally:
                turn.give()

    def _open_turn(self) -> FileTurn:
        """The file of turns lies beside the folder, so that it outlives the namespace."""
        try:
            return FileTurn(self._folder.with_name(f".{self._folder.name}.lock"))
        except FileNotFoundError:
            raise _not_found() from None
        except OSError as error:
            raise Unavailable(f"the store cannot be used: {error.strerror}") from error

    def _opened_writer(self) -> Connection:
        """The writing connection; only whoever has the turn uses it, or closes the one of a deleted namespace."""
        with self._guard:
            self._look()
            if self._writer is not None and self._written != self._open:
                self._writer.close()
                self._writer = None
            if self._writer is None:
                self._writer = Connection(self._path, writes=True)
                self._written = self._open
            return self._writer

    def _look(self) -> None:
        """Sees that what is open is what the name stands for now. Raises NotFound."""
        if self._is_open():
            return
        with self._guard:
            idle = [*self._idle, *filter(None, (self._watcher,))]
            self._idle, self._watcher, self._open = [], None, None
            for connection in idle:
                connection.close()
            if not self.exists():
                raise _not_found()
            found = os.stat(self._path)
            self._open = (found.st_dev, found.st_ino)

    def _is_open(self) -> bool:
        try:
            found = os.stat(self._name)
        except FileNotFoundError:
            return False
        return self._open == (found.st_dev, found.st_ino)


def _not_found() -> NotFound:
    return NotFound("there is no such namespace")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise _translation(error) from error


_PREFIX = "UNIQUE constraint failed: "
_UNIQUE = (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID)


def _translation(error: apsw.Error) -> StoreError:
    """An error of SQLite as one of the store."""
    message = str(error)
    if isinstance(error, apsw.ConstraintError) and getattr(error, "extendedresult", None) in _UNIQUE:
        columns = message.split(_PREFIX)[-1].split(", ")
        return Violation([column.partition(".")[2] for column in columns])
    if isinstance(error, apsw.InterruptError):
        return Cancelled("the call was stopped")
    if isinstance(error, apsw.FullError):
        return Unavailable("the disk is full")
    if isinstance(error, (apsw.SQLError, apsw.ConstraintError, apsw.MismatchError, apsw.RangeError, apsw.TooBigError)):
        return Invalid(f"the engine refused the statement: {message}")
    return Unavailable(f"the store cannot be used: {message}")
