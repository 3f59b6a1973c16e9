"""A connection to the SQLite file of a namespace."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import apsw

from substrate.engine import Params, Values, Violation
from substrate.errors import Invalid, StoreError, Unavailable, stopped
from substrate.interface import NotQuick
from substrate.sqlite.functions import LONGEST_COMPUTED, install, too_large

BUSY_MS = 5_000
CACHED_STATEMENTS = 200
LONGEST_PATTERN = 2_000
"""The bytes of a pattern: it is compared at each place of a text, and nothing can end that."""
_BRIEF_S, _BRIEF_WAITING_S = 1e-3, 4e-3
"""How long a brief statement may compute, and how long it may take while it waits, for the disk or a processor."""
_LOOKED_AT_EACH = 100
"""After so many instructions of SQLite's machine a brief statement looks at the clock."""
_LONGEST_BRIEFLY = 16 * 1024
"""The bytes that a value may have in a brief statement: one instruction computes for long on a very long one."""
_MOST_BRIEFLY, _CELLS_BRIEFLY = 32 * 1024, 2_000
"""The bytes of text and the values that all rows of a brief statement may have: more is made of them than read."""
_MAPPED = 256 * 2**20
"""How many bytes of the file are read where they lie in memory, without a copy."""
_WAL_PAGES = 4_000
"""The size of the write-ahead log, in pages of 4 KiB, at which a commit moves it into the file."""


class Connection:
    """See `substrate.engine.Connection`."""

    undoes_statements = True
    idle_since = 0.0
    """For its pool: by the monotonic clock, in seconds."""
    file: tuple[int, int] | None = None
    """For its pool: which file it is of, by device and inode."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE if writes else apsw.SQLITE_OPEN_READONLY
        with translated():
            self._db = apsw.Connection(str(path), flags=flags, statementcachesize=CACHED_STATEMENTS)
            self._db.set_busy_timeout(BUSY_MS)
            for pragma in ("case_sensitive_like = ON", "cache_size = -16000"):
                self._db.execute(f"PRAGMA {pragma}")
            self._synced = ""
            if writes:
                self.sync("FULL")
                self._db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
                self._db.execute("PRAGMA temp_store = MEMORY")  # not where it reads: SQLite then sorts half as fast
            else:
                # Not where it writes: the file would be mapped anew for each commit after one of another process.
                self._db.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._db.limit(apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN)
            install(self._db)

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        try:
            return self._db.execute(sql, tuple(params)).fetchall()
        except apsw.Error as error:
            raise translation(error) from error

    def script(self, text: str) -> None:
        """See the protocol."""
        self.execute(text)

    def stream(self, sql: str, params: Params = ()) -> Iterator[Values]:
        """See the protocol."""
        before = self._db.limit(apsw.SQLITE_LIMIT_LENGTH, LONGEST_COMPUTED)
        try:
            with translated():
                yield from self._db.execute(sql, tuple(params))
        finally:
            self._db.limit(apsw.SQLITE_LIMIT_LENGTH, before)

    def brief(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        began, ends = time.perf_counter(), time.thread_time() + _BRIEF_S

        def over() -> bool:
            passed = time.perf_counter() - began
            # To ask how long the thread has computed takes the kernel.
            return passed > _BRIEF_S and (passed > _BRIEF_WAITING_S or time.thread_time() > ends)

        before = self._db.limit(apsw.SQLITE_LIMIT_LENGTH, _LONGEST_BRIEFLY)
        self._db.set_progress_handler(over, _LOOKED_AT_EACH)
        try:
            return _small(self._db.execute(sql, tuple(params)).fetchall())
        except (apsw.InterruptError, apsw.TooBigError):
            raise NotQuick from None
        except apsw.Error as error:
            raise translation(error) from error
        finally:
            self._db.set_progress_handler(None)
            self._db.limit(apsw.SQLITE_LIMIT_LENGTH, before)

    def many(self, sql: str, rows: Iterable[Params]) -> list[Values]:
        """See the protocol."""
        with translated():
            return self._db.executemany(sql, rows).fetchall()

    def interrupt(self) -> None:
        """See the protocol."""
        self._db.interrupt()

    def savepoint(self) -> AbstractContextManager[object]:
        """See the protocol."""
        return self._db

    def sync(self, how: str) -> None:
        """Whether commits wait for the disk: FULL, or NORMAL, where only moving the log into the file does."""
        if self._synced != how:
            self._db.execute(f"PRAGMA synchronous = {how}")
            self._synced = how

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


def _small(rows: list[Values]) -> list[Values]:
    """Rows that little is to be made of. Raises NotQuick."""
    if rows and len(rows) * len(rows[0]) > _CELLS_BRIEFLY:
        raise NotQuick
    if sum(len(value) for row in rows for value in row if isinstance(value, (str, bytes))) > _MOST_BRIEFLY:
        raise NotQuick
    return rows


@contextmanager
def translated() -> Iterator[None]:
    """Errors of SQLite in the block become those of the store."""
    try:
        yield
    except apsw.Error as error:
        raise translation(error) from error


_PREFIX = "UNIQUE constraint failed: "
_UNIQUE = (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID)


def no_room(error: apsw.Error) -> bool:
    """Whether the disk has no room, be it for what is written or for the index of the log, which readers need too."""
    shared_memory = getattr(error, "extendedresult", None) == apsw.SQLITE_IOERR_SHMSIZE
    return shared_memory or isinstance(error, apsw.FullError)


def translation(error: apsw.Error) -> StoreError:
    """An error of SQLite as one of the store."""
    message = str(error)
    if isinstance(error, apsw.ConstraintError) and getattr(error, "extendedresult", None) in _UNIQUE:
        columns = message.split(_PREFIX)[-1].split(", ")
        return Violation([column.partition(".")[2] for column in columns])
    if isinstance(error, apsw.InterruptError):
        return stopped()
    if message.endswith("pattern too complex"):
        return Invalid(f"a pattern has at most {LONGEST_PATTERN:,} bytes")
    if message == "integer overflow":
        return too_large()
    if no_room(error):
        return Unavailable("the disk is full")
    if isinstance(error, (apsw.SQLError, apsw.ConstraintError, apsw.MismatchError, apsw.RangeError, apsw.TooBigError)):
        return Invalid(f"the engine refused the statement: {message}")
    return Unavailable(f"the store cannot be used: {message}")
