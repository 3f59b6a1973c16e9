"""Tables of the store's own that stand only in the namespaces that use them: made in the frame that first does."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from substrate import declare
from substrate.layout import WORDS

if TYPE_CHECKING:
    from substrate.frame import Frame
    from substrate.reading import ReadingHere

_PROBE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
    "postgres": "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?",
}


@dataclass(frozen=True, slots=True)
class OwnTables:
    """The tables of one capability. `probe`: one of them; `script`: makes all, with the words of `substrate.layout`."""

    probe: str
    script: str

    def there(self, reading: "ReadingHere") -> bool:
        """Whether they have been made. Costs nothing where this is known of the present count of declarations."""
        around, state = reading.around, reading.catalog.state
        known = around.own_tables.get(self.probe)
        if known is not None and known[0] == state:
            return known[1]
        found = bool(reading.connection.execute(_PROBE[reading.dialect], (self.probe,)))
        if state == around.committed_state:  # what a frame declares may still be undone
            around.own_tables[self.probe] = (state, found)
        return found

    def make(self, frame: "Frame") -> None:
        """Makes them where they are not there, and counts a declaration, so that other processes look again."""
        if not self.there(frame):
            frame.connection.script(self.script.format(**WORDS[frame.dialect]))
            frame.own_tables_made(declare.counted(frame.connection, frame.catalog))
