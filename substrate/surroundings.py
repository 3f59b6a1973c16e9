"""What the parts of one namespace share: its name, clock, cipher, limits, and what was worked out for its tables."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from substrate.catalog import Table
from substrate.cipher import Cipher
from substrate.engine import Connection, Engine
from substrate.errors import QuotaExceeded
from substrate.interface import Call
from substrate.rows import RowWriter
from substrate.running import Running

MAX_WRITERS = 1_000
ROOM_SECONDS = 1.0
"""How long a namespace that had room is taken to have some."""


@dataclass(eq=False)
class Surroundings:
    """One namespace as its parts see it. `quota_bytes` gives what it may hold, None for any amount."""

    name: str
    engine: Engine
    cipher: Cipher
    running: Running
    quota_bytes: Callable[[str], int | None] = lambda name: None
    clock: Callable[[], float] = time.time
    epoch: int = 0
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
            found = RowWriter(table, self.engine.dialect, self.cipher)
            with self._guard:
                if len(self._writers) >= MAX_WRITERS:
                    self._writers.clear()
                self._writers[table.number, table.version] = found
        return found

    def check_quota(self) -> None:
        """Raises QuotaExceeded when the namespace holds as much as it may."""
        if time.monotonic() < self._room_until:
            return
        limit = self.quota_bytes(self.name)
        if limit is not None and self.engine.size() >= limit:
            message = f"the namespace holds {limit:,} bytes, as much as it may: delete something first"
            raise QuotaExceeded(message, limit=limit)
        self._room_until = time.monotonic() + ROOM_SECONDS

    def tracked(self, call: Call | None, connection: Connection) -> AbstractContextManager[None]:
        """While the block runs, the call can be cancelled, and is when its time is over."""
        return self.running.tracked(self.name, call or Call(), connection.interrupt)
