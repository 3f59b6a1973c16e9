"""A commit: the frames of one transaction, one behind the other in the log.

Each work has a frame of its own, in a savepoint. Works that put a row (`substrate.interface.PutRow`) are done by one
prepared statement where several come in a row, and by themselves where that fails, so that each has its own outcome.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from substrate import json, log
from substrate.catalog import Catalog
from substrate.engine import Connection
from substrate.errors import Fenced, Unavailable
from substrate.frame import Frame
from substrate.interface import DatabaseError, Lsn, Outcome, PutRow, Written
from substrate.migrations import steps
from substrate.reading import ReadingHere
from substrate.rows import FreshRow, RowWriter
from substrate.surroundings import Surroundings


class Commit:
    """The frames of one transaction, one behind the other in the log."""

    def __init__(self, around: Surroundings, connection: Connection, catalog: Catalog) -> None:
        self.catalog = catalog
        self._around = around
        self._connection = connection
        self._began, stored = log.position(connection)
        self.lsn = self._began
        self._epoch = self._claimed(stored)
        self._frames: list[tuple[Lsn, int, bytes]] = []

    @property
    def changed(self) -> bool:
        """Whether there is something for the change log."""
        return bool(self._frames)

    def outcomes(self, works: Sequence[Callable[[Frame], Any]]) -> list[Outcome]:
        """What each work gives in a frame of its own, or what it raises, which undoes that frame."""
        outcomes: list[Outcome] = []
        for table, run in groupby(works, lambda work: work.table if isinstance(work, PutRow) else None):
            some = list(run)
            outcomes += (self._put_together(table, some) if table else None) or map(self._outcome, some)
        return outcomes

    def _put_together(self, table: str, works: Sequence[Any]) -> list[Outcome] | None:
        """Rows of one table by one prepared statement, each a frame of its own in the log.

        None where that cannot be: nothing is written then, and each is to be done by itself.
        """
        found = self.catalog.tables.get(table)
        if found is None:
            return None
        writer = self._around.writer(found)
        ready = [work.ready for work in works]
        if all(each is not None and each.writer is writer for each in ready):
            return self._put_fresh(writer, ready)
        if found.manifest.foreign_keys or len(works) == 1:
            return None
        frame = self._next_frame()
        try:
            with self._connection.savepoint():
                done = frame.put_many(table, [work.row for work in works])
        except Exception:  # noqa: BLE001 - whose row it is comes out when each is done by itself
            return None
        now = self._around.now()
        return [(self._add_put(each, op, now), None) for each, op in zip(done, frame.ops, strict=True)]

    def _add_put(self, done: Written, operation: log.Op, now: int) -> Written:
        """Puts a frame of one row behind the others."""
        lsn = self.lsn
        self._add(log.encoded(lsn, self._epoch, self._around.name, now, [operation]), now)
        return Written(lsn, done.key, done.version, done.made)

    def _put_fresh(self, writer: RowWriter, rows: Sequence[FreshRow]) -> list[Outcome] | None:
        """As `_put_together`, of rows for which everything but their places in the log is worked out."""
        try:
            self._around.check_quota()
            with self._connection.savepoint():
                self._connection.many(writer.fresh, [each.bound for each in rows])
        except Exception:  # noqa: BLE001 - as above
            return None
        now, tenant = self._around.now(), json.dumps(self._around.name)
        outcomes: list[Outcome] = []
        for row in rows:
            lsn = self.lsn
            self._add(log.framed(lsn, self._epoch, tenant, now, row.operations), now)
            outcomes.append((Written(lsn, row.key, 1, True), None))
        return outcomes

    def _outcome(self, work: Callable[[Frame], Any]) -> Outcome:
        frame = self._next_frame()
        try:
            with self._connection.savepoint():
                outcome = work(frame)
                written = frame.finish()
        except Exception as error:  # noqa: BLE001 - whoever ordered it is told
            return None, error
        self._end_frame(frame, written)
        return outcome, None

    @contextmanager
    def frame(self) -> Iterator[Frame]:
        """A frame, undone if the block raises."""
        frame = self._next_frame()
        with self._connection.savepoint():
            yield frame
            written = frame.finish()
        self._end_frame(frame, written)

    def _next_frame(self) -> Frame:
        return Frame(self._around, self._connection, self.catalog, self.lsn, self._frames, self._epoch)

    def _end_frame(self, frame: Frame, written: bytes | None) -> None:
        if written is not None:
            self._add(written, self._around.now())
        self.catalog = frame.catalog

    def _add(self, written: bytes, now: int) -> None:
        """Puts a frame that is finished behind the others."""
        self._frames.append((self.lsn, now, written))
        self.lsn = log.behind(self.lsn, len(written))

    def end(self) -> None:
        """Writes the log."""
        self.still_allowed()
        if not self._frames:
            return
        log.append(self._connection, self._frames)
        if self.lsn.segment != self._began.segment:
            reading = ReadingHere(self._around, self._connection, self.catalog)
            log.trim(self._connection, self._around.now(), self.lsn, self._needed(reading))

    def still_allowed(self) -> None:
        """Raises Fenced where this server may write no longer."""
        standings = self._around.shared.standings
        if standings:
            standings.allowed()

    def _claimed(self, stored: int) -> int:
        """The epoch of this commit, which the namespace has from now on. Raises Fenced: it has a greater one."""
        standings = self._around.shared.standings
        held = standings.allowed() if standings else None
        if held is None or held == stored:
            return stored
        if held < stored:
            raise Fenced("another server has taken the lease to write since", epoch=stored)
        self._connection.execute("UPDATE _oc_meta SET epoch = ?", (held,))
        return held

    def _needed(self, reading: ReadingHere) -> int | None:
        """The first place of the log that a migration or a follower has yet to see. Raises Unavailable."""
        wanted = steps.needed(reading), self._needed_by_followers()
        return min((each for each in wanted if each is not None), default=None)

    def _needed_by_followers(self) -> int | None:
        confirming = self._around.shared.confirming
        try:
            return confirming.needed(self._around.name) if confirming else None
        except DatabaseError as error:
            raise Unavailable(f"nobody knows how far the followers have come: {error}") from error
