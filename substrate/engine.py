"""What the store asks of a database engine, for one namespace: connections, turns, snapshots, interruption.

There are two, substrate/sqlite/engine.py and substrate/postgres/engine.py; everything above is written once. A
statement has `?` for each bound value, and no `?` elsewhere: text never stands in it as a literal. Identifiers are in
double quotes. Table names stand alone: the engine keeps each namespace apart (a file, a schema on the search path).
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from substrate.cipher import Cipher
from substrate.columns import Bound, ColumnType, Json, Storage, unchanged
from substrate.errors import StoreError

DialectName: TypeAlias = Literal["sqlite", "postgres"]
Params: TypeAlias = Sequence[Bound | None]
Values: TypeAlias = tuple[Bound | None, ...]


class Violation(StoreError):
    """A row breaks a unique index: that of these columns. Whoever writes rows says it as Invalid."""

    code = "validation_failed"

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(f"{', '.join(columns)} must be unique", columns=list(columns))
        self.columns = tuple(columns)


class Connection(Protocol):
    """One connection, used by one thread at a time. Raises StoreErrors: Violation, Invalid (a value that the
    statement cannot compute with), Cancelled (interrupted), Unavailable."""

    undoes_statements: bool
    """Whether a statement that fails leaves nothing behind by itself; else it needs a savepoint for that."""

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """All rows of a statement."""

    def script(self, text: str) -> None:
        """Runs statements without values, which stand one after the other with semicolons between them."""

    def stream(self, sql: str, params: Params = ()) -> Iterator[Values]:
        """The rows of a statement as they come; the memory that they take does not grow with their number."""

    def brief(self, sql: str, params: Params = ()) -> list[Values]:
        """All rows of a statement that reads. Raises NotQuick: it computes for more than about a millisecond."""

    def many(self, sql: str, rows: Iterable[Params]) -> list[Values]:
        """A statement for each of the parameters: the rows that all of them return, in their order."""

    def interrupt(self) -> None:
        """Ends what runs on it, from any thread: that raises Cancelled. Nothing happens where nothing runs."""

    def savepoint(self) -> AbstractContextManager[object]:
        """Undoes what the block has written if it raises, and only that."""


class Engine(Protocol):
    """The engine of one namespace. Safe to share between threads, and to carry over a fork while not in use."""

    dialect: DialectName

    def exists(self) -> bool:
        """Whether the namespace has been made."""

    def create(self, script: Sequence[str]) -> bool:
        """Makes the namespace and runs the scripts in it, all or nothing; False where it was there."""

    def drop(self) -> bool:
        """Deletes the namespace with all that it holds; False where there is none."""

    def reading(self, *, snapshot: bool = True) -> AbstractContextManager[Connection]:
        """A connection that cannot write; all statements in the block see one committed snapshot.

        Without `snapshot` each statement sees the newest one when it begins, which costs less.
        """

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """All rows of one statement that reads, as `reading` without a snapshot; it costs least."""

    def scratch(self) -> AbstractContextManager[Connection]:
        """As `reading`, but temporary tables can be made; nothing of the block remains."""

    def writing(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """A transaction that excludes every other writer of the namespace, in whatever process, and is granted in turn.

        Leaving the block commits, and the change is on disk then; an exception undoes all of it. Without `durable` it
        is on disk no later than the next one that is; the loss of power may undo it as a whole.
        """

    def settle(self) -> None:
        """Does beside the writers what one of them would have to do, once much was written; cheap where it was not."""

    def stamp(self) -> Hashable:
        """A value that differs from an earlier one if anyone has committed in between. Cheap."""

    def size(self) -> int:
        """About how many bytes the namespace takes. Cheap enough for every write."""

    def close(self) -> None:
        """Lets go of idle connections."""


@dataclass(frozen=True, slots=True)
class Output:
    """A column of an answer: its key, and the type of its values."""

    key: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that reads, written for one engine. Its rows have the values of `outputs`, in their order."""

    sql: str
    params: Values
    outputs: tuple[Output, ...]

    def reader(self, dialect: DialectName, cipher: Cipher) -> Callable[[Values], dict[str, Json]]:
        """What makes a row of the engine the object of an answer."""
        keys = [output.key for output in self.outputs]
        converters = enumerate(to_json(output.type, dialect, cipher) for output in self.outputs)
        converting = [(index, convert) for index, convert in converters if convert is not unchanged]
        if not converting:
            return lambda row: dict(zip(keys, row, strict=True))

        def read(row: Values) -> dict[str, Json]:
            values: list[Json] = list(row)
            for index, convert in converting:
                if (value := values[index]) is not None:
                    values[index] = convert(value)
            return dict(zip(keys, values, strict=True))

        return read


def storage(column_type: ColumnType, dialect: DialectName) -> Storage:
    """How an engine keeps values of a type."""
    return column_type.sqlite if dialect == "sqlite" else column_type.postgres


def to_json(column_type: ColumnType, dialect: DialectName, cipher: Cipher) -> Callable[[Bound], Json]:
    """The conversion of an engine's value to that of an answer; `unchanged` where they are the same."""
    read: Callable[[Any], Any] = storage(column_type, dialect).read
    shows = column_type.shows
    if column_type.secret:
        return lambda value: cipher.decrypt(read(value))
    if read is unchanged or shows is unchanged:
        return shows if read is unchanged else read
    return lambda value: shows(read(value))


def to_engine(column_type: ColumnType, dialect: DialectName, cipher: Cipher) -> Callable[[Bound], Bound]:
    """The conversion of a canonical value to that of an engine; `unchanged` where they are the same."""
    if column_type.secret:
        return lambda value: cipher.encrypt(str(value))
    return storage(column_type, dialect).write
