"""A namespace: snapshots for readers, one writer at a time, and commits that works of several callers share.

    submit(work) ---> queue ---> [ turn: frame, frame, frame, ... commit ] ---> futures

Works that wait while another commit is on its way go into the next one together, each in its own savepoint, with its
own frame in the log: one that raises undoes only itself. So many callers share what the disk needs for one.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from substrate import answers, cache, declare, layout, log, told, usage
from substrate.catalog import Catalog
from substrate.engine import Connection
from substrate.errors import Fenced, StoreError
from substrate.frame import Frame
from substrate.interface import Answered, Call, Cell, Json, JsonRow, Lsn, Pending, Plan, Remembered, Row
from substrate.interface.faults import reach
from substrate.migrating import MigratingNamespace
from substrate.migrations import steps
from substrate.reading import ReadingHere
from substrate.replication.namespaces import ReplicatedNamespace
from substrate.searched import SearchedNamespace
from substrate.surroundings import Surroundings
from substrate.system import SystemTables

T = TypeVar("T")

MOST_IN_A_COMMIT = 256


@dataclass(slots=True)
class _Order:
    work: Callable[[Frame], Any]
    future: Pending[Any]


class Namespace(SearchedNamespace, MigratingNamespace, ReplicatedNamespace):
    """See `substrate.interface.Namespace`. `writers` runs the works of `submit`."""

    def __init__(self, around: Surroundings, writers: ThreadPoolExecutor) -> None:
        self.name = around.name
        self._around = around
        self._engine = around.engine
        self._system = SystemTables(around.engine, around.shared.system)
        self._writers = writers
        self._catalog = Catalog()
        self._loaded = False
        self._orders: deque[_Order] = deque()
        self._busy = False
        self._guard = threading.Lock()
        self.upkeeping = threading.Lock()

    # reading

    @contextmanager
    def snapshot(self) -> Iterator[ReadingHere]:
        """Everything read in the block is of one moment."""
        with self._engine.reading() as connection:
            yield ReadingHere(self._around, connection, self._current(connection))

    def table_ids(self) -> list[str]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.table_ids()

    def databases(self) -> list[str]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.databases()

    def manifest_text(self, table: str) -> str:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.manifest_text(table)

    def get(self, table: str, key: str) -> JsonRow | None:
        """See the protocol."""
        # One statement, which tells whether the tables are still declared as this process knows them.
        known = self._catalog
        with contextlib.suppress(StoreError):
            declarations, row = self._around.writer(known.table(table)).read(self._engine.execute, key)
            if declarations == known.state:
                return row
        with self.snapshot() as reading:
            return reading.get(table, key)

    def cached(self, key: str, now: float) -> bytes | None:
        """See the protocol."""
        with self._engine.reading() as connection:
            return cache.get(connection, key, now)

    def query(self, plan: Plan, call: Call | None = None, *, coerce: bool = False) -> list[JsonRow]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.query(plan, call, coerce=coerce)

    def explain(self, plan: Plan, call: Call | None = None) -> tuple[list[JsonRow], Json]:
        """See the protocol."""
        with self._engine.scratch() as connection:
            return ReadingHere(self._around, connection, self._current(connection)).explain(plan, call)

    def ask(self, text: str, schemas: Sequence[str] = (), call: Call | None = None) -> Answered:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.ask(text, schemas, call)

    def sql(self, text: str, params: Any = (), call: Call | None = None, *, database: str | None = None) -> Json:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.sql(text, params, call, database=database)

    def remembered(self, key: str) -> Remembered | None:
        """See the protocol."""
        now = self._around.now()
        with self._engine.reading() as connection:
            found = answers.find(connection, key, now)
        if found:
            with contextlib.suppress(Fenced):
                self._require_standing()
                with self._engine.writing() as connection:
                    answers.used(connection, key, now)
        return found

    def lsn(self) -> Lsn:
        """See the protocol."""
        with self._engine.reading() as connection:
            return _position(connection)

    def frames(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, bytes]]:
        """See the protocol."""
        with self._engine.reading() as connection:
            if after is not None:
                log.reaches_back_to(connection, after, _position(connection))
            yield from log.frames(connection, after, limit)

    def changes(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, list[Json]]]:
        """See the protocol."""
        with self.snapshot() as reading:
            catalog = reading.catalog
        for lsn, frame in self.frames(after, limit):
            yield lsn, told.operations(frame, catalog, self._around.shared.cipher)

    def usage(self) -> Json:
        """See the protocol."""
        with self.snapshot() as reading:
            return usage.of(reading, self._engine.size())

    def cancel(self, query_id: str) -> bool:
        """See the protocol."""
        return self._around.shared.running.cancel(self.name, query_id)

    def system(self, sql: str, *params: Cell) -> list[Row]:
        """See the protocol."""
        return self._system.read(sql, params)

    def stamp(self) -> Hashable:
        """See the protocol."""
        return self._engine.stamp()

    # writing

    def write(self, work: Callable[[Frame], T]) -> T:
        """See the protocol."""
        order = _Order(work, Pending())
        with self._guard:
            alone, self._busy = not self._busy, True
            if not alone:
                self._orders.append(order)
        if alone:
            try:
                self._commit([order])
            finally:
                self._go_on()
        result: T = order.future.result()
        return result

    def submit(self, work: Callable[[Frame], T]) -> Pending[T]:
        """See the protocol."""
        future: Pending[T] = Pending()
        with self._guard:
            self._orders.append(_Order(work, future))
            if self._busy:
                return future
            self._busy = True
        self._drain_elsewhere()
        return future

    @contextmanager
    def transaction(self) -> Iterator[Frame]:
        """See the protocol."""
        self.make()
        with self._framed(durable=True) as frame:
            yield frame

    @contextmanager
    def _framed(self, durable: bool) -> Iterator[Frame]:
        """One frame in a commit of its own."""
        with self._engine.writing(durable=durable) as connection:
            commit = self._begun(connection)
            with commit.frame() as frame:
                yield frame
            commit.end()
        self._committed(commit)
        confirming = self._around.shared.confirming
        if durable and confirming and commit.changed:
            confirming.confirmed(self.name, commit.lsn)

    def exists(self) -> bool:
        """See the protocol."""
        return self._engine.exists()

    def make(self) -> bool:
        """Makes the namespace where it is not there."""
        if self._engine.exists():
            return False
        self._require_standing()
        return self._engine.create(layout.script(self._engine.dialect, self._around.shared.system))

    def _require_standing(self) -> None:
        """Raises Fenced where this server may not write."""
        if self._around.shared.standings:
            self._around.shared.standings.allowed()

    def close(self) -> None:
        """See the protocol."""
        self._engine.close()

    # inside

    def _go_on(self) -> None:
        """After a commit: whatever has come meanwhile is written by another thread."""
        with self._guard:
            if not self._orders:
                self._busy = False
                return
        self._drain_elsewhere()

    def _drain_elsewhere(self) -> None:
        try:
            self._writers.submit(self._drain)
        except RuntimeError:  # the process is ending, so its pools take nothing more
            self._drain()

    def _drain(self) -> None:
        while True:
            with self._guard:
                orders = [self._orders.popleft() for _ in range(min(len(self._orders), MOST_IN_A_COMMIT))]
                if not orders:
                    self._busy = False
                    return
            self._commit(orders)

    def _commit(self, orders: list[_Order]) -> None:
        """Does the works of some callers in one transaction, and tells each what came of its own."""
        outcomes: list[tuple[Any, BaseException | None]] = []
        commit: _Commit | None = None
        reach("before the write")
        try:
            self.make()
            with self._engine.writing() as connection:
                commit = self._begun(connection)
                for order in orders:
                    try:
                        with commit.frame() as frame:
                            outcome = order.work(frame)
                        outcomes.append((outcome, None))
                    except Exception as error:  # noqa: BLE001 - whoever ordered it is told
                        outcomes.append((None, error))
                commit.end()
                reach("inside the transaction")
            reach("after the commit")
            self._committed(commit)
        except BaseException as error:  # noqa: BLE001 - nothing of it is on disk
            outcomes = [(None, error)] * len(orders)
        confirming = self._around.shared.confirming
        if confirming and commit and commit.changed:
            confirming.when_confirmed(self.name, commit.lsn, lambda late: _tell(orders, outcomes, late))
        else:
            _tell(orders, outcomes)

    def _begun(self, connection: Connection) -> "_Commit":
        """What a connection that has begun to write will commit."""
        catalog = self._current(connection)
        self._system.prepare(connection, catalog.state)
        return _Commit(self._around, connection, catalog)

    def _committed(self, commit: "_Commit") -> None:
        """Raises Fenced where the lease was lost meanwhile: nobody is told that the write is safe."""
        self._know(commit.catalog)
        commit.still_allowed()
        if commit.changed:
            self._around.shared.on_change(self.name)

    def _current(self, connection: Connection) -> Catalog:
        """The tables as the connection's snapshot has them."""
        catalog = self._catalog
        if not self._loaded or catalog.state != declare.declarations(connection):
            catalog = declare.load(connection)
            self._know(catalog)
        return catalog

    def _know(self, catalog: Catalog) -> None:
        self._catalog, self._loaded = catalog, True
        self._around.committed_state = catalog.state


class _Commit:
    """The frames of one transaction, one behind the other in the log."""

    def __init__(self, around: Surroundings, connection: Connection, catalog: Catalog) -> None:
        self.catalog = catalog
        self._around = around
        self._connection = connection
        self._began, stored = _position_and_epoch(connection)
        self.lsn = self._began
        self._epoch = self._claimed(stored)
        self._frames: list[tuple[Lsn, int, bytes]] = []

    @property
    def changed(self) -> bool:
        """Whether there is something for the change log."""
        return bool(self._frames)

    @contextmanager
    def frame(self) -> Iterator[Frame]:
        """A frame, undone if the block raises."""
        frame = Frame(self._around, self._connection, self.catalog, self.lsn, self._frames, self._epoch)
        with self._connection.savepoint():
            yield frame
            written = frame.finish()
        if written is not None:
            self._frames.append((self.lsn, self._around.now(), written))
            self.lsn = log.behind(self.lsn, len(written))
        self.catalog = frame.catalog

    def end(self) -> None:
        """Writes the log, and notes where the next frame will stand."""
        self.still_allowed()
        if not self._frames:
            return
        log.append(self._connection, self._frames)
        self._connection.execute("UPDATE _oc_meta SET segment = ?, place = ?", self.lsn)
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
        """The first place of the log that a migration or a follower has yet to see."""
        confirming = self._around.shared.confirming
        wanted = steps.needed(reading), confirming.needed(self._around.name) if confirming else None
        return min((each for each in wanted if each is not None), default=None)


def _tell(orders: Sequence[_Order], outcomes: Sequence[tuple[Any, BaseException | None]], late: bool = False) -> None:
    """Tells those who have ordered works what came of them. `late`: a follower may lack them."""
    for order, (outcome, failure) in zip(orders, outcomes, strict=True):
        if failure is not None:
            order.future.set_exception(failure)
        else:
            order.future.degraded = late
            order.future.set_result(outcome)


def _position(connection: Connection) -> Lsn:
    return _position_and_epoch(connection)[0]


def _position_and_epoch(connection: Connection) -> tuple[Lsn, int]:
    [row] = connection.execute("SELECT segment, place, epoch FROM _oc_meta")
    segment, offset, epoch = cast("tuple[int, int, int]", row)
    return Lsn(segment, offset), epoch
