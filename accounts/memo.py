"""What was read from the database and still holds, because nobody has committed anything since."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from substrate.interface import ControlDatabase

Value = TypeVar("Value")

MAX_ENTRIES = 10_000


class CurrentState:
    """The state of a database, read once for all that an event loop does in one turn.

    What one turn handles had arrived before that reading, so nobody can tell it from a reading for each request.
    """

    def __init__(self, database: ControlDatabase) -> None:
        self._database = database
        self._read: Hashable = None

    def __call__(self) -> Hashable:
        """See `ControlDatabase.state`."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._database.state()
        if self._read is None:
            self._read = self._database.state()
            loop.call_soon(self._forget)
        return self._read

    def _forget(self) -> None:
        self._read = None


class Memo(Generic[Value]):
    """Readings by key. Any commit, by whatever process, forgets them all. Safe to share between threads."""

    def __init__(self, database: ControlDatabase) -> None:
        self._state = CurrentState(database)
        self._current: tuple[Hashable, dict[str, Value]] = (None, {})

    def get(self, key: str, read: Callable[[str], Value | None]) -> Value | None:
        """What `read(key)` gives now. Only findings are kept, so that guessed keys take no memory."""
        state = self._state()
        kept_state, kept = self._current
        if state != kept_state or len(kept) >= MAX_ENTRIES:
            # Whoever still reads under the old state fills the old dictionary, which nobody looks at again.
            kept = {}
            self._current = (state, kept)
        found = kept.get(key)
        if found is None:
            found = read(key)
            if found is not None:
                kept[key] = found
        return found
