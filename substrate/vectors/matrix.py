"""A table of vectors as a matrix in files, derived from its rows and shared by all processes of a machine.

    head      what of the columns counts (substrate/vectors/head.py)
    lock      held by the process that adds rows
    1, 2 ...  the columns of a generation; one whose rows are mostly gone is followed by another

Whoever searches first looks up the table's count of changes, in the snapshot that it reads. Where the matrix has not
come that far it adds what is missing, for all processes; what a transaction has not committed it only adds to its own
answer, and so it does with everything where the matrix cannot be used: it costs time then, and never a hit. A matrix
keeps several moments, since rows that go away only say when: a reader whose snapshot is older sees those of its own.
What went away behind the last such moment is asked of the table, which knows it, and not of the matrix, which may have
been brought further by a copy of the data that is used no more.
"""

import contextlib
import os
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from substrate.engine import Connection
from substrate.errors import Unavailable
from substrate.sqlite.file_turn import FileTurn
from substrate.turns import Patience, Turns
from substrate.vectors import head as heads
from substrate.vectors.coding import coded
from substrate.vectors.columns import Columns, ColumnWriter, Places, delete
from substrate.vectors.head import Head, Mark
from substrate.vectors.layout import Table
from substrate.vectors.stored import Put, gone_between, numbers_at, put_between

if TYPE_CHECKING:
    from substrate.vectors.sketch import Sketch
    from substrate.vectors.sketches import Sketches

_MOST_DEAD = 1_000
_TRIES = 20


@dataclass(frozen=True, slots=True)
class View:
    """What of a matrix is right for one snapshot: the first `rows`, but for those that are not alive (None: all are).

    since: vectors that were put behind this change are not in it. sketch: of its columns, where it was asked for.
    """

    columns: Columns | None
    rows: int
    alive: np.ndarray[tuple[int], np.dtype[np.bool_]] | None
    since: int
    sketch: "Sketch | None" = None


NOTHING = View(None, 0, None, 0)


class Matrix:
    """The matrix of one table, in the folder of its own. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._head = os.open(folder / "head", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        weakref.finalize(self, os.close, self._head)
        self._turns = Turns()
        self._turn: FileTurn | None = None
        self._columns: tuple[int, Columns] | None = None
        self._sketches: Sketches | None = None

    def is_there(self) -> bool:
        """Whether the folder is still the one that was opened; somebody may have deleted it."""
        with contextlib.suppress(OSError):
            return os.path.samestat(os.stat(self._folder / "head"), os.fstat(self._head))
        return False

    def view(self, connection: Connection, table: Table, *, committed: bool, sketched: bool = False) -> View:
        """What of the matrix is right for a connection's snapshot.

        committed: nothing in it may still be undone. sketched: with the sketch, if there is one.
        """
        head = heads.read(self._head)
        for _ in range(_TRIES):
            if committed and (head is None or not _is_at(head, table)):
                head = self._brought_up(connection, table)
            if head is None:
                return NOTHING
            with contextlib.suppress(FileNotFoundError):
                view = self._seen(connection, table, head)
                return self._sketched(view, table, head) if sketched and view.columns else view
            head = heads.read(self._head)
        return NOTHING

    # looking

    def _seen(self, connection: Connection, table: Table, head: Head) -> View:
        mark = head.mark_at(table.changes)
        if mark is None or not self._is_of(connection, table, head, mark):
            return NOTHING
        columns = self._mapped(table, head)
        rows = int(np.searchsorted(columns.places[: head.rows], mark.change, "right"))
        alive = None
        if head.dead:
            died = columns.died[:rows]
            alive = (died == 0) | (died > mark.change)
        if mark.change < table.changes:
            _, gone = gone_between(connection, table, mark.change, table.changes)
            alive = np.ones(rows, np.bool_) if alive is None else alive
            alive[_rows_of(columns.places[:rows], gone)] = False
        return View(columns, rows, alive, mark.change)

    def _sketched(self, view: View, table: Table, head: Head) -> View:
        # What few need takes memory of each process.
        from substrate.vectors.sketches import Sketches

        assert view.columns is not None
        sketches = self._sketches = self._sketches or Sketches()
        sketch = sketches.of(self._columns_in(head), view.columns, head.rows, table.metric)
        return replace(view, sketch=sketch)

    def _is_of(self, connection: Connection, table: Table, head: Head, mark: Mark) -> bool:
        """Whether the matrix tells of the same past as the table, which may be that of an older copy."""
        if mark.change == table.changes:
            return mark.stamp == table.stamp
        if mark.change < table.gone_since:
            return False
        columns = self._mapped(table, head)
        rows = int(np.searchsorted(columns.places[: head.rows], mark.change, "right"))
        living = np.flatnonzero(columns.died[max(0, rows - _MOST_DEAD) : rows] == 0)
        if not len(living):
            return rows == 0
        row = int(living[-1]) + max(0, rows - _MOST_DEAD)
        numbers = numbers_at(connection, table, int(columns.places[row]))
        if numbers is None:  # it may have gone away since
            _, gone = gone_between(connection, table, mark.change, table.changes)
            return bool(np.any(gone == columns.places[row]))
        expected = coded(numbers[None, :], table.metric).numbers[0]
        return np.array_equal(expected, columns.numbers[row])

    def _mapped(self, table: Table, head: Head) -> Columns:
        known = self._columns
        if known is None or known[0] != head.generation or known[1].rows < head.rows:
            known = (head.generation, Columns(self._columns_in(head), table.dim, head.rows))
            self._columns = known
        return known[1]

    def _columns_in(self, head: Head) -> Path:
        return self._folder / str(head.generation)

    # adding

    def _brought_up(self, connection: Connection, table: Table) -> Head | None:
        """The head, once the matrix has come to the table's moment, or cannot be brought there."""
        try:
            with self._its_turn():
                head = heads.read(self._head)
                if head is not None and (_is_at(head, table) or self._is_ahead(connection, table, head)):
                    return head
                return self._extended(connection, table, head)
        except (OSError, Unavailable, TimeoutError):
            return heads.read(self._head)

    def _is_ahead(self, connection: Connection, table: Table, head: Head) -> bool:
        """Whether others have brought the matrix further than this snapshot; not so where it is that of a copy."""
        if head.known <= table.changes:
            return False
        mark = head.mark_at(table.changes)
        return mark is None or self._is_of(connection, table, head, mark)

    @contextlib.contextmanager
    def _its_turn(self) -> Iterator[None]:
        patience = Patience()
        with self._turns.turn(patience):
            turn = self._turn = self._turn or self._made_turn()
            turn.take(patience)
            try:
                yield
            finally:
                turn.give()

    def _made_turn(self) -> FileTurn:
        turn = FileTurn(self._folder / "lock")
        weakref.finalize(self, turn.close)
        return turn

    def _extended(self, connection: Connection, table: Table, head: Head | None) -> Head:
        if head is None or not self._can_go_on(connection, table, head):
            head = self._begun_anew(head)
        with ColumnWriter(self._columns_in(head), table.dim) as writer:
            head = self._bury(connection, table, head, writer)
            for put in put_between(connection, table, head.filled, table.changes):
                head = self._add(table, head, put, writer)
        mark = Mark(table.changes, table.stamp)
        head = replace(head, filled=table.changes, marks=(*head.marks, mark)[-heads.MOST_MARKS :])
        self._write(head)
        return head

    def _can_go_on(self, connection: Connection, table: Table, head: Head) -> bool:
        """Whether what is missing can be added, and what there is deserves it."""
        if head.known < table.gone_since or head.dead > max(_MOST_DEAD, head.rows // 2):
            return False
        try:
            return not head.marks or self._is_of(connection, table, head, head.marks[-1])
        except FileNotFoundError:
            return False

    def _begun_anew(self, before: Head | None) -> Head:
        numbers = [int(each.name) for each in self._folder.iterdir() if each.name.isdigit()]
        head = Head(max([*numbers, before.generation if before else 0]) + 1)
        self._write(head)
        for number in numbers:
            delete(self._folder / str(number))
        return head

    def _bury(self, connection: Connection, table: Table, head: Head, writer: ColumnWriter) -> Head:
        """Notes what went away since the matrix last heard of it."""
        if not head.rows:
            return replace(head, known=table.changes)
        at, gone = gone_between(connection, table, head.known, table.changes)
        places = self._mapped(table, head).places[: head.rows]
        buried = 0
        for change, put in zip(at.tolist(), gone.tolist(), strict=True):
            for row in _rows_of(places, np.array([put])).tolist():
                writer.bury(row, change)
                buried += 1
        head = replace(head, known=table.changes, dead=head.dead + buried)
        self._write(head)
        return head

    def _add(self, table: Table, head: Head, put: Put, writer: ColumnWriter) -> Head:
        places = {"places": put.changes}
        writer.add(head.rows, coded(put.numbers, table.metric).columns() | places)
        head = replace(head, rows=head.rows + len(put.changes), filled=int(put.changes[-1]))
        self._write(head)
        return head

    def _write(self, head: Head) -> None:
        heads.write(self._head, head)


def _is_at(head: Head, table: Table) -> bool:
    return Mark(table.changes, table.stamp) in head.marks


def _rows_of(places: Places, changes: Places) -> Places:
    """The rows of those of the changes that have one."""
    if not len(places):
        return np.empty(0, np.int64)
    rows = np.minimum(np.searchsorted(places, changes), len(places) - 1)
    found: Places = rows[places[rows] == changes]
    return found
