"""Migrations of tables, as a frame changes them and a namespace reads and fills them; and walks along relations."""

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

from substrate.catalog import Catalog
from substrate.columns import Json
from substrate.engine import Engine
from substrate.errors import Fenced, NotFound
from substrate.fulltext import upkeep as texts
from substrate.interface import Call
from substrate.interface.graph import Walk
from substrate.interface.migrations import Record
from substrate.migrations import acts, steps
from substrate.reading import ReadingHere
from substrate.searched import SearchedFrame
from substrate.surroundings import Surroundings
from substrate.upkeeping import Place, alone

if TYPE_CHECKING:
    from substrate.frame import Frame


class MigratingFrame(SearchedFrame):
    """The part of `substrate.frame.Frame` that is about migrations."""

    @abstractmethod
    def _declare(self, catalog: Catalog) -> None:
        """The tables of the namespace are these now."""

    def migrate(self, id: str, table: str, diff: Sequence[Any], actor: str, *, auto_cutover: bool = False) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        self.check_quota()
        with self._undone_on_failure():
            return acts.submit(self._frame, id, table, diff, actor, auto=auto_cutover).record(self.around.name)

    def cut_over(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        with self._undone_on_failure():
            return acts.cut_over(self._frame, id, actor).record(self.around.name)

    def abort(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        with self._undone_on_failure():
            return acts.abort(self._frame, id, actor).record(self.around.name)

    def now_declared(self, catalog: Catalog) -> None:
        """For `substrate.migrations`: the tables of the namespace are these now."""
        self._declare(catalog)


class MigratingNamespace:
    """The part of `substrate.namespace.Namespace` that is about migrations and relations."""

    _around: Surroundings
    _engine: Engine

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[ReadingHere]:
        """See `substrate.interface.Namespace`."""

    @abstractmethod
    def _framed(self, durable: bool) -> AbstractContextManager["Frame"]:
        """One frame in a commit of its own."""

    @abstractmethod
    def _require_standing(self) -> None:
        """Raises Fenced where this server may not write."""

    def graph(self, asked: Walk, call: Call | None = None) -> Json:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.graph(asked, call)

    def migrations(self) -> list[Record]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.migrations()

    def migration(self, id: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.migration(id)

    def migration_audit(self) -> list[Record]:
        """See the protocol."""
        with self.snapshot() as reading:
            return reading.migration_audit()

    def upkeep_due(self) -> float | None:
        """See the protocol."""
        try:
            self._require_standing()
            with self.snapshot() as reading:
                return 0.0 if texts.due(reading) else steps.due(reading)
        except (NotFound, Fenced):  # who may not write leaves it to who may
            return None

    def upkeep(self, seconds: float) -> None:
        """See the protocol. One at a time is about it; others wait so long, and do not ask again and again."""
        with alone(self._around.shared.folder, self._around.name, seconds) as mine:
            if mine:
                place = Place(self.snapshot, self._framed, self._engine.settle, self._around.clock)
                with suppress(Fenced):  # who may write goes on
                    steps.work(place, seconds)
                    texts.work(place, seconds)
