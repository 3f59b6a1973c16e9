"""What a frame does with migrations of tables."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from substrate.catalog import Catalog
from substrate.interface.migrations import Record
from substrate.migrations import acts
from substrate.searched import SearchedFrame


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
