"""What storage promises, whatever keeps the bytes. Rooms above are written against this.

    Store           all namespaces of one server, and its control database     substrate.opening.open_store(url)
    Namespace       one namespace: its tables, rows, queries, log              store.namespace("user_ada")
    Frame           one unit of change inside a namespace: all of it or nothing, one frame of its change log
    ControlDatabase small relational data that the server itself lives by
    Files           the files of one namespace, in substrate/interface/files.py

Everything here is synchronous, safe to share between threads, and may wait; only `Namespace.submit` never does.
Values of rows are JSON values; a table is named `namespace.table` ("shop.orders"), of which the first part is what
programs call a database. Refusals are `substrate.errors.StoreError`s, those of the control database DatabaseErrors.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias, TypeVar

from substrate.interface.files import Asker as Asker, FileEntry as FileEntry, Files as Files
from substrate.interface.migrations import ChangesMigrations, ReadsMigrations, Upkeep
from substrate.interface.outcomes import Outcome as Outcome, Pending as Pending, Told as Told
from substrate.interface.puts import PutRow as PutRow
from substrate.interface.replication import Replicates
from substrate.interface.searches import Searches
from substrate.interface.texts import ChangesTexts, FindsTexts, TextField as TextField, TextHit as TextHit

if TYPE_CHECKING:
    from substrate.interface.vectors import Vector

Json: TypeAlias = Any
"""A value as JSON has it: None, bool, int, float, str, list, dict."""
JsonRow: TypeAlias = dict[str, Json]
Plan: TypeAlias = Mapping[str, Json]
"""A plan as the published API has it: `{"Scan": {"schema": "shop.orders"}}`."""

Cell = None | int | float | str | bytes
Row = tuple[Cell, ...]
T = TypeVar("T")

ROW_VERSION = "_oc_row_version"
"""The column in which a row shows its version."""


class Lsn(NamedTuple):
    """A place in the change log of a namespace: where a frame begins. Later frames have greater places."""

    segment: int
    offset: int


class Written(NamedTuple):
    """What a write has done: the row's key as JSON, an array where it has several columns, and the row's new version.

    `made`: whether the key is one that the store has made.
    """

    lsn: Lsn
    key: Json
    version: int
    made: bool = False


@dataclass(frozen=True, slots=True)
class Registered:
    """A table as it is now declared. `version` grows by one with every change."""

    id: str
    version: int


class NotQuick(Exception):
    """A call that was to be answered only if that is quick. Ask again, on a thread."""


@dataclass(slots=True)
class Call:
    """What one reading call may use, and how to end it.

    `seconds`: its run time; `rows`, `read_bytes`: what it may return, beyond which it is refused. `query_id` makes it
    known to `Namespace.cancel` in every process. `nodes`: how many a walk along relations may come to. `cancel()` ends
    it from any thread: the engine itself stops. `weigh` is told how many bytes the rows have as JSON so far, and ends
    the call by what it raises.

    `only_if_quick`, of `query` and `sql`: NotQuick is raised where the answer is not known to take a fraction of a
    millisecond, or takes longer now, so that an event loop may ask. Nobody can cancel such a call by its id.
    """

    seconds: float = 30.0
    rows: int | None = None
    read_bytes: int = 256 * 2**20
    query_id: str | None = None
    nodes: int = 100_000
    only_if_quick: bool = False
    weigh: Callable[[int], None] | None = None
    on_cancel: list[Callable[[], None]] = field(default_factory=list)
    cancelled: bool = False

    def cancel(self) -> None:
        """Ends the call, now or before it begins."""
        self.cancelled = True
        for stop in tuple(self.on_cancel):
            stop()


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows that answer a question, the plan that was run, and whether that was there ("hit") or made ("miss")."""

    rows: list[JsonRow]
    plan: Plan
    cache: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer to a request that changed something, kept with the change under the caller's key."""

    fingerprint: str
    status: int
    body: bytes


class Reading(ReadsMigrations, FindsTexts, Searches, Protocol):
    """What can be read in a namespace, or inside a frame, which sees its own changes."""

    def table_ids(self) -> list[str]:
        """The ids of all tables, sorted."""

    def databases(self) -> list[str]:
        """The first parts of table ids that exist, sorted; `Frame.create_database` makes empty ones."""

    def manifest_text(self, table: str) -> str:
        """The manifest of a table, byte for byte as it was registered. Raises NotFound."""

    def get(self, table: str, key: str) -> JsonRow | None:
        """The row with this key's text, and its version under `ROW_VERSION`; None where there is none.

        Raises NotFound (table), Invalid (text that is no key; a key of several columns).
        """

    def query(self, plan: Plan, call: Call | None = None, *, coerce: bool = False) -> list[JsonRow]:
        """The rows of a plan. Raises Invalid, NotFound, Cancelled.

        `coerce`: operands of comparisons take the column's type where that loses nothing, as programs have it.
        """

    def explain(self, plan: Plan, call: Call | None = None) -> tuple[list[JsonRow], Json]:
        """The rows of a plan, and what each of its nodes has cost. Raises as `query`."""

    def ask(self, text: str, schemas: Sequence[str] = (), call: Call | None = None) -> Answered:
        """The answer to a question in words about these tables (none: all). Raises Invalid, NotFound, Cancelled."""

    def cached(self, key: str, now: float) -> bytes | None:
        """What the cache keeps under a key, unless it has expired. Times are Unix seconds."""

    def sql(
        self, text: str, params: Sequence[Json] = (), call: Call | None = None, *, database: str | None = None
    ) -> Json:
        """The answer to a SQL statement that reads, or what one that writes would do (published in docs/store.md).

        database: the one whose tables the statement may name without it.
        """


class SystemTables(Protocol):
    """Where the system tables of a namespace are reached: those that `open_store` was given migrations of.

    They belong to the rooms above the store, and change with the rows of a namespace in one commit. No plan, no SQL of
    users and no list of tables knows them, they are not in the change log, and the quota does not stop them.
    """

    def system(self, sql: str, *params: Cell) -> list[Row]:
        """The rows of one statement in the SQL that both engines share, with `?` for each value (a bool is 1 or 0).

        In a frame it may write. One that is refused leaves the frame as it was: Raises NotUniqueError where it breaks a
        unique index or primary key, else Invalid. A namespace only reads, what anyone committed before the call: raises
        NotFound before it was made, Invalid, and Unavailable for a statement that writes.
        """


class Frame(Reading, ChangesMigrations, ChangesTexts, SystemTables, Protocol):
    """One unit of change. What raises in it leaves the frame as it was before that call."""

    def put(self, table: str, row: JsonRow, *, version: int | None = None, insert: bool = False) -> Written:
        """Writes a whole row over what has its key. Raises NotFound, Invalid naming column, Conflict, QuotaExceeded.

        version: the version that the row must have, 0 for none; insert: a row with its key is a Conflict.
        The Lsn is that of the frame, as everywhere in it.
        """

    def put_many(self, table: str, rows: Sequence[JsonRow], *, insert: bool = False) -> Sequence[Written]:
        """Writes rows, all or none; Invalid has the index of the bad one in `detail["row"]`."""

    def replace(self, table: str, key: str, row: JsonRow, *, version: int | None = None) -> Written:
        """As `put`, of the row whose key has this text; the row may leave its key out, another one is Invalid."""

    def delete(self, table: str, key: str, *, version: int | None = None) -> bool:
        """Deletes the row whose key has this text; False where there is none."""

    def delete_key(self, table: str, key: Sequence[Json]) -> bool:
        """Deletes the row with these values of its key's columns."""

    def update(self, table: str, values: JsonRow, predicate: Json, call: Call | None = None) -> int:
        """Sets columns of the rows that fit a plan's predicate, compared as programs do; how many these were."""

    def purge(self, table: str, predicate: Json | None, call: Call | None = None) -> int:
        """Deletes the rows that fit (None: all of them); how many these were."""

    def register(self, text: str) -> Registered:
        """Declares a table, or changes it where the change is compatible. Raises Invalid, Conflict."""

    def drop(self, table: str) -> bool:
        """Deletes a table with its rows; False where there is none. Raises Conflict under a foreign key."""

    def create_database(self, name: str) -> bool:
        """Makes an empty database; False where it was there."""

    def delete_database(self, name: str) -> bool:
        """Deletes a database with its tables; False where there is none. Raises Conflict under a foreign key."""

    def execute(self, text: str, params: Sequence[Json] = (), call: Call | None = None) -> Json:
        """Runs a SQL INSERT or DELETE, as `put_many` and `delete_key` do, and gives its answer."""

    def vector_put(self, table: str, vector: "Vector") -> None:
        """Puts a vector in place of the one of its id. The first of a table settles what the others have to be like.

        Raises Invalid, QuotaExceeded.
        """

    def vector_put_many(self, table: str, vectors: Sequence["Vector"]) -> None:
        """Puts vectors, all or none, of equal ids the last; Invalid has the index of the bad one in `detail["row"]`."""

    def vector_delete(self, table: str, ids: Sequence[str]) -> int:
        """Deletes the vectors of these ids, at most 10,000; how many were there. A table without vectors stays."""

    def vector_drop(self, table: str) -> bool:
        """Deletes a table of vectors with all of them; False where there is none."""

    def cache(self, key: str, value: bytes, now: float, seconds: float | None) -> None:
        """Keeps a value, for ever or for some seconds; an earlier one under the key is replaced."""

    def cache_for(self, key: str, now: float, seconds: float) -> bool:
        """Gives a kept value a new life time; False when there is none."""

    def uncache(self, key: str, now: float) -> bool:
        """Forgets the value under a key; False when there was none."""

    def remembered(self, key: str) -> Remembered | None:
        """What `remember` kept under the key in the last day, by this frame or an earlier one."""

    def remember(self, key: str, answer: Remembered) -> None:
        """Keeps the answer to a request under the caller's key, for a day."""

    def check_quota(self) -> None:
        """Raises QuotaExceeded when the namespace holds as much as it may: for system tables that users fill."""

    lsn: Lsn
    """Where this frame stands in the log, once it is committed."""


class Namespace(Reading, Upkeep, Replicates, SystemTables, Protocol):
    """One namespace; a handle reaches no other. What reads it before it was made raises NotFound; a write makes it."""

    name: str

    def exists(self) -> bool:
        """Whether the namespace has been made. Cheap where it is in use."""

    def make(self) -> bool:
        """Makes the namespace where it is not there; False where it was. Cheap where it was."""

    def snapshot(self) -> AbstractContextManager[Reading]:
        """Everything read in the block is of one moment."""

    def write(self, work: Callable[[Frame], T]) -> T:
        """Runs `work` in a frame, and returns when that is on disk. One that raises leaves no trace.

        `work` may be run with the works of others in one commit, and again should that fail; it waits for nothing.
        """

    def submit(self, work: Callable[[Frame], T]) -> Pending[T]:
        """As `write`, done by another thread; this never waits."""

    def submit_all(self, works: Sequence[Callable[[Frame], Any]], told: Told) -> None:
        """As `submit`, of some works for the same commit. `told` is called once, by the thread that writes."""

    def transaction(self) -> AbstractContextManager[Frame]:
        """A frame that is open as long as the block: no other writer comes in meanwhile."""

    def remembered(self, key: str) -> Remembered | None:
        """What `Frame.remember` kept under the key in the last day."""

    def lsn(self) -> Lsn:
        """Where the next frame will stand."""

    def frames(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, bytes]]:
        """The frames of the log behind (not at) a place, or from the first that is kept, as they were written.

        Raises Conflict where frames behind the place are kept no longer, with `detail["oldest"]`.
        """

    def changes(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, list[Json]]]:
        """The operations of the same frames, secrets in clear, for those who may read the rows. Raises as `frames`."""

    def usage(self) -> Json:
        """`{"used": {"rows", "bytes", "vectors", "documents"}, "schemas": [{"schema", "rows", "bytes"}]}`."""

    def stamp(self) -> Hashable:
        """A value that differs from an earlier one if anyone has committed in between. Cheap. Raises NotFound.

        Only equality means anything, and only within one process.
        """

    def cancel(self, query_id: str) -> bool:
        """Ends a running call of this namespace, in whatever process it runs; False where none has this id."""

    def close(self) -> None:
        """Lets go of connections; the next use opens them again."""


class Store(Protocol):
    """All namespaces of one server."""

    def namespace(self, name: str) -> Namespace:
        """The handle of a namespace, made at first write where `exists` did not hold."""

    def exists(self, name: str) -> bool:
        """Whether the namespace has been made."""

    def create(self, name: str) -> bool:
        """Makes a namespace; False where it was there. Raises Invalid (its name)."""

    def delete(self, name: str) -> bool:
        """Deletes a namespace with all that it holds; False where there is none."""

    def names(self) -> list[str]:
        """All namespaces, sorted."""

    def control(self, name: str, migrations: Sequence[str] = ()) -> "ControlDatabase":
        """The control database of this name. `migrations` are scripts; each is run once, in a transaction."""

    def ready(self) -> None:
        """Returns if the store can be used now. Raises Unavailable."""

    def close(self) -> None:
        """Lets go of everything."""


class DatabaseError(Exception):
    """The database cannot do what it was asked: unreachable, full, damaged, or busy for too long."""


class DiskFull(DatabaseError):
    """There is no room on the disk for what was to be written."""


class NotUniqueError(DatabaseError):
    """A row was refused because a column that must be unique already holds the value."""


class Transaction(Protocol):
    """One unit of change. Statements see each other's effects; nobody else sees any before the end."""

    def execute(self, sql: str, *params: Cell) -> list[Row]:
        """The rows of one statement with `?` for parameters. Raises NotUniqueError, DatabaseError."""


class ControlDatabase(Protocol):
    """Small relational data that the server itself lives by: accounts, tokens, failures.

    Safe to share between threads, and to carry over a fork. Statements use the SQL that SQLite and
    PostgreSQL have in common. A thread inside `write` uses its transaction and nothing else.
    """

    def read(self, sql: str, *params: Cell) -> list[Row]:
        """The rows of one query, which sees all that anyone committed before the call."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that excludes every other writer, of any process, and is granted in turn.

        Leaving the block commits: on return the change is on disk and survives the loss of power. An
        exception in the block, or the death of the process, undoes all of it.
        """

    def state(self) -> Hashable:
        """A value that differs from an earlier one if anyone committed anything in between. Microseconds.

        Only equality means anything, and only within one process.
        """

    def close(self) -> None:
        """Lets go of every connection; the next use opens new ones."""
