"""TRANSACTION: while its block is open the database steps of the machine belong to one frame of the store.

What may not stand inside is known before the run: nothing that waits, since no other writer of the namespace comes in
meanwhile, and no second transaction.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oql import ast, verbs
from oql.errors import Code, OqlError, failed, not_allowed, timed_out
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
    """An open transaction: its frame, and when it has to be over."""

    def __init__(self, machine: "Machine") -> None:
        context = machine.context
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
        """Makes everything take effect; Uncommitted when that fails, and nothing has."""
        try:
            self._block.__exit__(None, None, None)
        except StoreError as error:
            raise Uncommitted(failure(error), at) from None

    def roll_back(self) -> None:
        """Undoes everything."""
        why = _RolledBackError()
        with contextlib.suppress(_RolledBackError, StoreError):
            self._block.__exit__(_RolledBackError, why, None)


def begin(machine: "Machine", at: int) -> None:
    """Opens a TRANSACTION at its place: a block whose database steps take effect when it ends, or never."""
    machine.open_block(at, None)
    machine.transaction = Transaction(machine)
    machine.stack[-1].transacts = True
    machine.look()  # it may have waited for others


def end(machine: "Machine", record: "Opened", *, committed: bool) -> None:
    """Ends the open transaction, which is that of the record. Raises Uncommitted."""
    record.transacts = False
    ending, machine.transaction = machine.transaction, None
    if ending and committed:
        ending.commit(record.at)
    elif ending:
        ending.roll_back()


def transaction_errors(step: ast.VerbStep) -> Iterator[OqlError]:
    """The static errors of what stands inside a TRANSACTION; those of one inside another are its own."""
    table = verbs.table()
    pending = [step.block] if isinstance(step.block, ast.Block) else []
    while pending:
        block = pending.pop()
        for inner in (inner for chain in block.chains for group in chain.groups for inner in group.steps):
            if not isinstance(inner, ast.VerbStep):
                pending.extend(ast.blocks_of(inner))
                continue
            verb = table[inner.verb]
            if verb.transacts:
                hint = "leave it out: the steps of its block belong to the TRANSACTION around it"
                yield _inside(inner, hint)
            elif verb.exec_class in ("Net", "Wait"):
                yield _inside(inner, "do what waits before or behind it: no other program can write meanwhile")
            elif verb.runs_text:
                yield _inside(inner, "write its steps here: only steps that are known beforehand can stand inside")


def _inside(step: ast.VerbStep, hint: str) -> OqlError:
    return not_allowed(Code.PARSE_ERROR, f"`{step.verb}`", "inside TRANSACTION", step.verb_span, hint)
