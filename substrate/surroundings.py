"""What the parts of one namespace share: its name, what is the same for all, and what was worked out for its tables."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from substrate.catalog import Table
from substrate.cipher import Cipher
from substrate.engine import Connection, Engine
from substrate.errors import QuotaExceeded
from substrate.interface import Call
from substrate.memory import Memory
from substrate.quick import QuickStatements
from substrate.replication.confirming import Confirming
from substrate.replication.standing import Standings
from substrate.rows import RowWriter
from substrate.running import Running

MAX_WRITERS = 1_000
ROOM_SECONDS = 1.0
"""How long a namespace that had room is taken to have some."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all namespaces of a store have in common; see `substrate.opening.open_store`."""

    cipher: Cipher
    running: Running
    quota_bytes: Callable[[str], int | None]
    system: Sequence[str]
    on_change: Callable[[str], None]
    memory: Memory
    folder: Path
    standings: Standings | None = None
    confirming: Confirming | None = None

    def require_standing(self) -> None:
        """Raises Fenced where this server may not write."""
        if self.standings:
            self.standings.allowed()


@dataclass(eq=False)
class Surroundings:
    """One namespace as its parts see it."""

    name: str
    engine: Engine
    shared: Shared
    clock: Callable[[], float] = time.time
    committed_state: int = -1
    """The count of declarations that was last seen in something committed."""
    own_tables: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """For `substrate.own_tables`: whether they were there, and at which count of declarations."""
    quick: QuickStatements = field(default_factory=QuickStatements)
    _room_until: float = 0.0
    _writers: dict[tuple[int, int], RowWriter] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def writer(self, table: Table) -> RowWriter:
        """The statements of a table, made once for each of its versions."""
        found = self._writers.get((table.number, table.version))
        if found is None or found.table is not table:
            found = RowWriter(table, self.engine.dialect, self.shared.cipher)
            with self._guard:
                if len(self._writers) >= MAX_WRITERS:
                    self._writers.clear()
                self._writers[table.number, table.version] = found
        return found

    def check_quota(self) -> None:
        """Raises QuotaExceeded when the namespace holds as much as it may."""
        if time.monotonic() < self._room_until:
            return
        limit = self.shared.quota_bytes(self.name)
        if limit is not None and self.engine.size() >= limit:
            message = f"the namespace holds {limit:,} bytes, as much as it may: delete something first"
            raise QuotaExceeded(message, limit=limit)
        self._room_until = time.monotonic() + ROOM_SECONDS

    def tracked(self, call: Call | None, connection: Connection) -> AbstractContextManager[None]:
        """While the block runs, the call can be cancelled, and is when its time is over."""
        return self.shared.running.tracked(self.name, call or Call(), connection.interrupt)
