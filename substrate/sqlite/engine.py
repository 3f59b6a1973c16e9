"""SQLite for one namespace: a folder with one file, any number of reading connections, one writer at a time.

Turns are taken on a file of their own, as in `substrate.sqlite.database`, which says why. A namespace that was deleted
and made again, maybe by another process, is another file under the same name: every use looks whether it still is the
one that is open.
"""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

from substrate import forks
from substrate.engine import DialectName, Params, Values
from substrate.errors import NotFound, Unavailable
from substrate.sqlite.connection import Connection
from substrate.sqlite.file_turn import FileTurn
from substrate.turns import Patience, Turns

FILE = "store.sqlite"
FORMAT = 1
"""The version of the layout, as the file says it; 0 is a file that was not finished."""
_SETTLED_EACH = 16
"""Of how many calls of `settle` one does something."""
IDLE_S = 30.0
"""How long a reading connection may have been idle, where others are; each has a cache of its own."""


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
        self._movers: list[Connection] = []
        self._settled = 0
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
            if snapshot:
                connection.begin("DEFERRED")
            try:
                yield connection
            finally:
                if snapshot:
                    connection.end("ROLLBACK")
                self._give_back(connection, self._idle)

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        with self._found():
            connection = self._take()
            try:
                return connection.execute(sql, params)
            finally:
                self._give_back(connection, self._idle)

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
        with contextlib.suppress(IndexError):
            while (found := self._idle.pop()).file != self._open:
                found.close()  # the namespace was made again while this one was given back
            return found
        with self._guard:
            return self._connected(writes=False)

    def _connected(self, *, writes: bool) -> Connection:
        """A new connection to what is open."""
        made = Connection(self._path, writes=writes)
        made.file = self._open
        return made

    def _give_back(self, connection: Connection, to: list[Connection]) -> None:
        """Keeps a connection for its next use, unless the namespace is another one by now."""
        if connection.file != self._open:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        to.append(connection)
        with contextlib.suppress(IndexError):  # others take and give back at the same time
            # The one used last is taken first, so those at the beginning were needed when more were busy at once.
            if to[0].idle_since < connection.idle_since - IDLE_S:
                to.pop(0).close()

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """See the protocol."""
        with self._its_turn(), self._found():
            connection = self._opened_writer()
            connection.sync("FULL" if durable else "NORMAL")
            connection.begin("IMMEDIATE")
            try:
                yield connection
                connection.end("COMMIT")
            except BaseException:
                connection.end("ROLLBACK")
                raise

    def settle(self) -> None:
        """See the protocol: moves the write-ahead log into the file, before a writer finds it too long."""
        self._settled += 1
        if self._settled % _SETTLED_EACH:
            return
        with self._guard:
            self._look()
            mover = self._movers.pop() if self._movers else self._connected(writes=True)
        with contextlib.suppress(Unavailable):
            mover.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self._give_back(mover, self._movers)

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
            closing = [*self._idle, *self._movers, *filter(None, (self._watcher, self._writer))]
            self._movers.clear()
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
            idle = [*self._idle, *self._movers, *filter(None, (self._watcher,))]
            self._movers.clear()
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
