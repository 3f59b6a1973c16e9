"""A connection inside one transaction: what the store works with.

In a transaction that reads there is always a savepoint, so that a statement that fails, or a stream that is left
early, does not end the transaction; in one that writes whoever wants to go on opens one.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias, cast

import psycopg
from psycopg.pq import TransactionStatus

from substrate.engine import Params, Values
from substrate.errors import stopped
from substrate.interface import NotQuick
from substrate.postgres.interruption import Interruption
from substrate.postgres.refusals import translated_errors
from substrate.postgres.savepoints import Mark, Savepoints
from substrate.postgres.statements import translated

Rows: TypeAlias = Generator[Values, None, None]

CHUNK = 500
"""Rows that a stream takes from the server at a time."""

OUTERMOST = "oc"
"""The savepoint of a transaction that reads: whoever begins one opens it."""


class Raw(psycopg.Connection[Any]):
    """A connection of psycopg that knows its search path outside of transactions; "" as long as nobody has set it."""

    search_path = ""

    def use(self, schema: str) -> None:
        """Sets the search path to this schema alone."""
        if self.search_path != schema:
            self.search_path = ""
            self.execute(f"SET search_path TO {schema}".encode())
            self.search_path = schema


class Connection:
    """See `substrate.engine.Connection`. `schema` is the one on the search path."""

    undoes_statements = False

    def __init__(self, raw: Raw, schema: str, *, writes: bool) -> None:
        self._raw = raw
        self._schema = schema
        self._writes = writes
        self._savepoints = Savepoints(None if writes else OUTERMOST)
        self._interruption = Interruption(raw)
        self._stream: _Stream | None = None

    def execute(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol."""
        with self._statement():
            cursor = self._raw.cursor(binary=True)
            if self._savepoints.waiting:
                with self._raw.pipeline():
                    self._send_waiting()
                    cursor.execute(translated(sql, self._schema), tuple(params))
            else:
                cursor.execute(translated(sql, self._schema), tuple(params))
            return cursor.fetchall() if cursor.description else []

    def script(self, text: str) -> None:
        """See the protocol."""
        with self._statement():
            self._raw.execute("; ".join([*self._savepoints.take(), text]).encode())

    def brief(self, sql: str, params: Params = ()) -> list[Values]:
        """See the protocol. The server is another process, which nobody waits for on an event loop."""
        raise NotQuick

    def many(self, sql: str, rows: Iterable[Params]) -> list[Values]:
        """See the protocol."""
        with self._statement():
            cursor = self._raw.cursor(binary=True)
            with self._raw.pipeline():
                self._send_waiting()
                cursor.executemany(translated(sql, self._schema), rows, returning=True)
            return [row for result in cursor.results() if result.description for row in result]

    def stream(self, sql: str, params: Params = ()) -> Iterator[Values]:
        """See the protocol. Another statement ends it; who goes on reading after that gets a RuntimeError."""
        with self._statement():
            self._stream = stream = _Stream(self._savepoints.open() if self._writes else None)
            if self._savepoints.waiting:
                self._raw.execute("; ".join(self._savepoints.take()))
            cursor = self._raw.cursor(binary=True)
            stream.rows = cast(Rows, cursor.stream(translated(sql, self._schema), tuple(params), size=CHUNK))
            batch = list(islice(stream.rows, CHUNK))
        if len(batch) < CHUNK:
            self._end_stream()
            return iter(batch)
        return self._rest(stream, batch)

    def interrupt(self) -> None:
        """See the protocol."""
        self._interruption.interrupt()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """See the protocol."""
        self._end_stream()
        with self._savepoints.around():
            try:
                yield
            finally:
                self._end_stream()

    def commit(self) -> None:
        """Ends the transaction; the change is on disk on return."""
        self._end_stream()
        with translated_errors():
            cursor = self._raw.execute("; ".join([*self._savepoints.before_commit(), "COMMIT"]))
            while cursor.nextset():
                pass
        if cursor.statusmessage != "COMMIT":
            raise RuntimeError("a statement failed outside of a savepoint, so nothing can be committed")

    def rollback(self) -> None:
        """Ends the transaction as if it had never been; nothing happens where there is none.

        A connection that is not fit for that is closed.
        """
        self._end_stream()
        status = self._raw.info.transaction_status
        if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.Error):
                self._raw.execute("ROLLBACK")
                return
        if status != TransactionStatus.IDLE:
            self._raw.close()

    def _send_waiting(self) -> None:
        for statement in self._savepoints.take():
            self._raw.execute(statement)

    @contextmanager
    def _statement(self) -> Iterator[None]:
        """Around all that is sent for one statement."""
        self._end_stream()
        self._interruption.begin()
        try:
            with self._interruption.waiting(), translated_errors():
                yield
        except BaseException:
            self._end_stream()
            if not self._writes and self._failed():
                self._savepoints.go_back()
            raise

    def _rest(self, stream: "_Stream", batch: list[Values]) -> Iterator[Values]:
        """The rows of a stream, beginning with those that are here."""
        try:
            yield from batch
            while len(batch) == CHUNK:
                if self._stream is not stream:
                    raise RuntimeError("another statement has ended this stream")
                with self._interruption.waiting(), translated_errors():
                    batch = list(islice(stream.rows, CHUNK))
                if self._interruption.asked:
                    raise stopped()
                yield from batch
        finally:
            if self._stream is stream:
                self._end_stream()

    def _end_stream(self) -> None:
        """Ends the stream that is open, if one is: where the server still computes rows, it stops."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        stream.rows.close()
        if stream.mark:
            self._savepoints.close(stream.mark, undo=self._failed())
        elif self._failed():
            self._savepoints.go_back()

    def _failed(self) -> bool:
        return self._raw.info.transaction_status == TransactionStatus.INERROR


def _no_rows() -> Rows:
    yield from ()


@dataclass(eq=False)
class _Stream:
    """A statement whose rows are not all here yet; `mark`: of the savepoint around it in a transaction that writes."""

    mark: Mark | None
    rows: Rows = field(default_factory=_no_rows)
