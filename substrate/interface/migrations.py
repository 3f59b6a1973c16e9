"""Changes of tables that take a while: made beside the rows while these are read and written, then swapped.

    Backfilling --ready--> ReadyToCutover --cutover, auto-cutover--> Completed
         |                       |
         +--------- abort -------+--> Aborted         a row that cannot be converted --fail--> Failed

Until the cut-over everybody sees the old table, and from then on the new one. A record is `{"id", "tenant", "schema",
"state", "diff", "progress": {"rows_seen", "rows_total"}}`, with `reason` where it has failed.
"""

from collections.abc import Sequence
from typing import Any, Protocol

Record = dict[str, Any]


class ReadsMigrations(Protocol):
    """What can be asked of migrations. They are kept for ever."""

    def migrations(self) -> list[Record]:
        """The records of all migrations, oldest first."""

    def migration(self, id: str) -> Record:  # noqa: A002 - its name everywhere
        """One record. Raises NotFound."""

    def migration_audit(self) -> list[Record]:
        """Every transition `{"id", "schema", "state", "at_secs", "actor", "event"}`, oldest first."""


class ChangesMigrations(Protocol):
    """What a frame does with migrations. `actor` stands in the audit."""

    def migrate(self, id: str, table: str, diff: Sequence[Any], actor: str, *, auto_cutover: bool = False) -> Record:  # noqa: A002 - its name everywhere
        """Begins a migration. Raises NotFound (table), Invalid, Conflict (one is open on the table)."""

    def cut_over(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """Swaps the tables. Raises NotFound, Conflict in another state than ReadyToCutover.

        Where a row written late cannot be converted, the record has the state Failed, which is then true for good.
        """

    def abort(self, id: str, actor: str) -> Record:  # noqa: A002 - its name everywhere
        """Leaves the table as it is. Raises NotFound, Conflict where it is over already."""


class Upkeep(Protocol):
    """What the store has to do in a namespace beside answering; who has a moment lets it."""

    def upkeep_due(self) -> float | None:
        """When there is something to do next, in Unix seconds; None for never, 0 for at once."""

    def upkeep(self, seconds: float) -> None:
        """Does what is due, for about so long. Whoever dies in it is followed by whoever calls it next."""
