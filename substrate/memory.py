"""What a process keeps of what it has read and worked out: bounded, and forgotten in the order of its last use.

Everything is kept under a key that stands for one value for ever, so nothing in it is ever out of date.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Memory:
    """Values by their keys, at most so many bytes of them. Safe to share between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The value of a key, None where it is not kept."""
        with self._guard:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        """Keeps a value of about so many bytes; what is larger than a quarter of all room is not kept."""
        if size * 4 > self._most:
            return
        with self._guard:
            before = self._kept.pop(key, None)
            self._size += size - (before[1] if before else 0)
            self._kept[key] = (value, size)
            while self._size > self._most:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._size -= dropped
