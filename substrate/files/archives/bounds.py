"""How much an archive may hold, and what its names may be. What is unpacked was perhaps made to do harm."""

from substrate.errors import Invalid, shown
from substrate.files.ledger import shown_size
from substrate.files.paths import MAX_DEPTH, Names, below
from substrate.interface import Asker

MAX_ENTRIES = 10_000
"""How many files and folders an archive may hold."""
MAX_BYTES = 2**30
"""How many bytes an archive may hold, unpacked."""
MAX_RATIO = 100
"""How many times longer than the archive its content may be,"""
FREE_BYTES = 64 * 2**20
"""unless that is no longer than this."""


class Bounds:
    """Counts what comes out of an archive of `packed` bytes, and refuses what is too much, before it is written."""

    def __init__(self, packed: int, depth: int, asker: Asker) -> None:
        self._most = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * packed))
        self._depth = depth
        self._entries = 0
        self._bytes = 0
        self._asker = asker

    def entry(self, name: str) -> Names:
        """Where an entry goes, as names below the target. Raises Invalid."""
        self._asker.look()
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise Invalid(f"the archive has more than {MAX_ENTRIES:,} entries")
        if name.startswith("/"):
            raise Invalid(f"the archive has an absolute name: {shown(name)}")
        names = below((), name)
        if self._depth + len(names) > MAX_DEPTH:
            raise Invalid(f"the archive has a path that is too deep: {shown(name)}")
        return names

    def take(self, data: bytes) -> bytes:
        """The data, once it is counted. Raises Invalid."""
        self._asker.look()
        self._bytes += len(data)
        if self._bytes > self._most:
            raise Invalid(
                f"the archive unpacks to more than {shown_size(self._most)}, which is suspicious for its size"
            )
        return data
