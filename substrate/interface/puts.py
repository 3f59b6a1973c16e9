"""Works that a namespace can read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from substrate.interface import Frame, JsonRow, Written


@dataclass(slots=True)
class PutRow:
    """A work that puts a row and gives `Written`. Namespaces do many of them together.

    ready: what the namespace has worked out of the row when the work was handed over, so that it takes less time in its
    turn to write, for which others wait. So it is for rows that are not very long.
    """

    table: str
    row: "JsonRow"
    ready: Any = None

    def __call__(self, frame: "Frame") -> "Written":
        """Puts it."""
        return frame.put(self.table, self.row)
