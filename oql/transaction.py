"""TRANSACTION: while its block is open the database steps of the machine belong to one frame of the store.

What may not stand inside is known before the run: see oql/transaction_rules.py.
"""

import contextlib
import sys
from typing import TYPE_CHECKING

from oql.errors import Code, OqlError, failed, timed_out
from oql.journal import Entry, failure_entry, given
from oql.tables.access import failure
from substrate.errors import StoreError
from substrate.interface import Frame

if TYPE_CHECKING:
    from oql.machine import Machine
    from oql.records import Opened

_SECOND = 1_000_000_000


class Uncommitted(OqlError):
    """A transaction whose end failed: nothing of it was done. `at` is the place of its TRANSACTION."""

    def __init__(self, error: OqlError, at: int) -> None:
        super().__init__(error.code, error.message, error.span, error.hint, final=error.final)
        self.at = at


class _RolledBackError(Exception):
    pass


class Transaction:
    """An open transaction: its frame, and when it has to be over. With a journal its end is recorded under `key`."""

    def __init__(self, machine: "Machine", key: str) -> None:
        context = machine.context
        self.entries: list[Entry] = []  # of its steps; they are recorded when it ends
        self._key = key
        self._journal = context.journal
        if context.store is None:
            raise failed(Code.UNSUPPORTED, "this run has no databases")
        self._seconds = context.limits.transaction_s
        self._block = context.store.transaction()
        try:
            self.frame: Frame = self._block.__enter__()
        except StoreError as error:
            raise failure(error) from None
        self.ends = context.monotonic_ns() + int(self._seconds * _SECOND)

    def look(self, now: int) -> None:
        """Ends the run when the transaction takes too long: others wait for it."""
        if now > self.ends:
            raise timed_out("time for a transaction", self._seconds)

    def commit(self, at: int) -> None:
        """Makes everything take effect; Uncommitted when that fails, and nothing has. Raises Fenced, Interrupted."""
        journal = self._journal
        try:
            if journal:
                journal.write(self.frame, *self.entries, {"k": self._key, "v": True})
        except BaseException:
            self._undo()
            raise
        try:
            self._block.__exit__(None, None, None)
        except StoreError as error:
            if journal and journal.keeper:
                raise journal.lose(error) from None
            if journal:
                journal.withdraw(self._key)
                journal.note(failure_entry(self._key, failure(error)))
            raise Uncommitted(failure(error), at) from None

    def roll_back(self, *, goes_on: bool) -> list[str]:
        """Undoes everything. Where the run `goes_on`, that and what failed are recorded, under the keys it gives."""
        self._undo()
        if not self._journal or not goes_on:
            return []
        recorded = [*self.entries, {"k": self._key, "v": False}]
        for entry in recorded:
            self._journal.note(entry)
        return [entry["k"] for entry in recorded]

    def _undo(self) -> None:
        why = _RolledBackError()
        with contextlib.suppress(_RolledBackError, StoreError):
            self._block.__exit__(_RolledBackError, why, None)


class EndedTransaction:
    """A transaction that ended in an earlier run of the job: its steps are recorded, and it ends as it did then."""

    frame = None
    ends = sys.maxsize

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def look(self, now: int) -> None:
        """Takes no time."""

    def commit(self, at: int) -> None:
        """Fails where it failed."""
        try:
            given(self._entry)
        except OqlError as error:
            raise Uncommitted(error, at) from None

    def roll_back(self, *, goes_on: bool) -> list[str]:
        """Nothing is left to undo."""
        return []


def begin(machine: "Machine", at: int) -> None:
    """Opens a TRANSACTION at its place: a block whose database steps take effect when it ends, or never."""
    machine.open_block(at, None)
    key = machine.key_of(machine.program.code[at].path)
    journal = machine.context.journal
    ended = journal.recall(key) if journal else None
    machine.transaction = EndedTransaction(ended) if ended else Transaction(machine, key)
    machine.stack[-1].at_end = end
    machine.look()  # it may have waited for others


def end(machine: "Machine", record: "Opened", committed: bool) -> None:
    """Ends the open transaction, which is that of the record. Raises Uncommitted."""
    record.at_end = None
    ending, machine.transaction = machine.transaction, None
    if ending and committed:
        ending.commit(record.at)
    elif ending:
        machine.failures += ending.roll_back(goes_on=machine.error is None)
