"""How many rows the turns of a migration copy, and how long they are apart, so that writers notice little of it.

While others write, a row takes ROW_SECONDS with the rest behind its turn, however the rows are shared among turns. Who
comes while a turn lasts waits for it. So turns are short; or, where that makes hardly one of WRITES writes wait, they
are longer and as rare as that: a turn costs something however few its rows.
"""

from dataclasses import dataclass

from substrate.migrations.shadow import CHUNK

ROW_SECONDS = 8.5e-6
"""How long a row takes at least while others write: faster, they would wait more."""
WRITES, LEAST_WRITES = 250, 150
"""Of how many writes one should wait for a long turn, and of how many at least."""
SHORT_SECONDS, LONG_SECONDS = 1e-3, 10e-3
"""How long a short turn should last, and the copying of a long one at most."""
LEAST_ROWS = 100
LESS, MORE = 0.8, 1.25
_KNOWN_SECONDS = 0.25
"""About how far back turns count, for what is known of them and of the writers."""
_QUIET_SECONDS = 2e-3
"""How long nobody has written before the first turn: so long that one write then does not look like very many."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that is over: when it began, and for how many seconds it was waited for, lasted, and copied its rows."""

    began: float
    waited: float
    held: float
    copying: float
    rows: int


class Pace:
    """How many rows the next turn copies: a chunk where nobody writes."""

    def __init__(self) -> None:
        self.rows = CHUNK
        self._short = CHUNK
        self._last: float | None = None
        self._seconds = _QUIET_SECONDS
        self._writes = self._turns = self._waited = self._copying = self._rows = 0.0

    def after(self, turn: Turn, writes: int) -> float:
        """Fits the next turn, and tells when it should begin at the earliest. `writes`: those since the turn before."""
        self._note(turn, writes)
        if not writes:
            self.rows = self._short = CHUNK
            return turn.began
        if turn.rows <= CHUNK:
            # Step by step, so that one that had to wait for the processor does not count for more than the others.
            change = LESS if turn.held > SHORT_SECONDS else MORE
            self._short = min(CHUNK, max(LEAST_ROWS, int(self._short * change)))
        self.rows = max(self._short, self._long())
        asked = turn.began - turn.waited
        return max(asked + turn.rows * ROW_SECONDS, turn.began + 2 * turn.held)

    def _note(self, turn: Turn, writes: int) -> None:
        seconds = 0.0 if self._last is None else turn.began - turn.waited - self._last
        self._last = turn.began + turn.held  # nobody writes while it lasts
        kept = _KNOWN_SECONDS / (_KNOWN_SECONDS + seconds)
        self._seconds = self._seconds * kept + seconds
        self._writes = self._writes * kept + (writes if seconds else 0)
        self._turns = self._turns * kept + 1
        self._waited = self._waited * kept + turn.waited
        self._copying = self._copying * kept + turn.copying
        self._rows = self._rows * kept + turn.rows

    def _long(self) -> int:
        """The rows of a turn so long and rare that one of WRITES waits for it; 0 where it would be too long.

        As many wait for a turn as it has to wait for itself, which is one at least.
        """
        if not (self._writes and self._rows):
            return 0
        between = max(self._seconds / self._writes, self._waited / self._turns)
        most = int(LONG_SECONDS * self._rows / self._copying)
        rows = min(int(WRITES * between / ROW_SECONDS), most)
        return rows if rows * ROW_SECONDS > LEAST_WRITES * between else 0
