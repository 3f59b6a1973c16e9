"""Works that a namespace can read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from substrate.interface import Frame, JsonRow, Written


@dataclass(frozen=True, slots=True)
class PutRow:
    """A work that puts a row and gives `Written`. Namespaces do many of them together."""

    table: str
    row: "JsonRow"

    def __call__(self, frame: "Frame") -> "Written":
        """Puts it."""
        return frame.put(self.table, self.row)
