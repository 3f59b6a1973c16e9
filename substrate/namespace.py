"""A namespace: snapshots for readers, one writer at a time, and commits that works of several callers share.

    submit(work) ---> queue ---> [ turn: frame, frame, frame, ... commit ] ---> outcomes

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
from typing import Any, TypeVar

from substrate import answers, cache, declare, layout, log, told, usage
from substrate.catalog import Catalog
from substrate.commit import Commit
from substrate.engine import Connection
from substrate.errors import Fenced, StoreError
from substrate.frame import Frame
from substrate.interface import (
    Answered,
    Call,
    Cell,
    Json,
    JsonRow,
    Lsn,
    Outcome,
    Pending,
    Plan,
    PutRow,
    Remembered,
    Row,
    Told,
)
from substrate.interface.faults import reach
from substrate.migrating import MigratingNamespace
from substrate.reading import ReadingHere
from substrate.replication.namespaces import ReplicatedNamespace
from substrate.rows import FreshRow
from substrate.searched import SearchedNamespace
from substrate.surroundings import Surroundings
from substrate.system import SystemTables

T = TypeVar("T")

MOST_IN_A_COMMIT = 256
"""How many works a commit has at least when it takes no more orders."""


@dataclass(slots=True)
class _Order:
    works: Sequence[Callable[[Frame], Any]]
    told: Told


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
            return log.position(connection)[0]

    def frames(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, bytes]]:
        """See the protocol."""
        with self._engine.reading() as connection:
            if after is not None:
                log.reaches_back_to(connection, after, log.position(connection)[0])
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
        pending: Pending[T] = Pending()
        if self._ordered(_Order([work], pending.tell)):
            try:
                self._commit()
            finally:
                self._go_on()
        return pending.result()

    def submit(self, work: Callable[[Frame], T]) -> Pending[T]:
        """See the protocol."""
        pending: Pending[T] = Pending()
        self.submit_all([work], pending.tell)
        return pending

    def submit_all(self, works: Sequence[Callable[[Frame], Any]], told: Told) -> None:
        """See the protocol."""
        for work in works:
            if isinstance(work, PutRow):
                work.ready = self._ready(work)
        if self._ordered(_Order(works, told)):
            self._drain_elsewhere()

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

    def _ordered(self, order: _Order) -> bool:
        """Adds an order; whether nobody is about the orders, so that whoever asks has to be."""
        with self._guard:
            self._orders.append(order)
            alone, self._busy = not self._busy, True
        return alone

    def _has_more(self) -> bool:
        """Whether there are orders; where there are none, nobody is about them any longer."""
        with self._guard:
            self._busy = bool(self._orders)
        return self._busy

    def _go_on(self) -> None:
        """After a commit: whatever has come meanwhile is written by another thread."""
        if self._has_more():
            self._drain_elsewhere()

    def _ready(self, work: PutRow) -> FreshRow | None:
        """The row of a work, by what this process knows of the tables; None where it is read in its turn only."""
        table = self._catalog.tables.get(work.table)
        try:
            return self._around.writer(table).fresh_row(work.row) if table else None
        except Exception:  # noqa: BLE001 - what is wrong with it comes out in its turn
            return None

    def _drain_elsewhere(self) -> None:
        try:
            self._writers.submit(self._drain)
        except RuntimeError:  # the process is ending, so its pools take nothing more
            self._drain()

    def _drain(self) -> None:
        while self._has_more():
            self._commit()

    def _commit(self) -> None:
        """Does the works of some callers in one transaction, and tells each what came of its own.

        They are taken when the turn to write has come: while another process has it, more of them gather.
        """
        waiting, orders = len(self._orders), list[_Order]()
        outcomes: list[Outcome] = []
        commit: Commit | None = None
        reach("before the write")
        try:
            self.make()
            with self._engine.writing() as connection:
                commit = self._begun(connection)
                while some := self._next_orders(MOST_IN_A_COMMIT - len(outcomes)):
                    orders += some
                    outcomes += commit.outcomes([work for order in some for work in order.works])
                commit.end()
                reach("inside the transaction")
            reach("after the commit")
            self._committed(commit)
        except BaseException as error:  # noqa: BLE001 - nothing of it is on disk
            commit = None
            # Whoever came later is for the next commit.
            orders = orders or [self._orders.popleft() for _ in range(waiting)]
            outcomes = [(None, error)] * sum(len(order.works) for order in orders)
        confirming = self._around.shared.confirming
        if confirming and commit and commit.changed:
            confirming.when_confirmed(self.name, commit.lsn, lambda late: _tell(orders, outcomes, late))
        else:
            _tell(orders, outcomes)

    def _next_orders(self, most: int) -> list[_Order]:
        """Takes orders that wait, up to so many works. Whoever writes asks again, for those that came meanwhile."""
        taken: list[_Order] = []
        while self._orders and most > 0:
            taken.append(self._orders.popleft())
            most -= len(taken[-1].works)
        return taken

    def _begun(self, connection: Connection) -> Commit:
        """What a connection that has begun to write will commit."""
        catalog = self._current(connection)
        self._system.prepare(connection, catalog.state)
        return Commit(self._around, connection, catalog)

    def _committed(self, commit: Commit) -> None:
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


def _tell(orders: Sequence[_Order], outcomes: Sequence[Outcome], late: bool = False) -> None:
    """Tells those who have ordered works what came of them. `late`: a follower may lack them."""
    end = 0
    for order in orders:
        begin, end = end, end + len(order.works)
        order.told(outcomes[begin:end], late)
