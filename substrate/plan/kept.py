"""What was made for an object and is good as long as that object is: statements for a catalog or a table."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import ref

from substrate.counts import Count

Owner = TypeVar("Owner")
Made = TypeVar("Made")


class Kept(Generic[Owner, Made]):
    """Keeps up to `most` things for each owner, known by identity. Safe to share between threads.

    `hits` counts how often something was kept already.
    """

    def __init__(self, most: int, hits: Count | None = None) -> None:
        self._most = most
        self._hits = hits
        self._guard = threading.Lock()
        self._of: dict[int, tuple[ref[Owner], dict[Hashable, Made]]] = {}

    def get(self, owner: Owner, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept for the owner under the key, made now if nothing is."""
        made = self.find(owner, key)
        if made is None:
            made = make()
            found = self._of.get(id(owner))
            kept = found[1] if found and found[0]() is owner else self._begin(owner)
            with self._guard:
                while len(kept) >= self._most:
                    kept.pop(next(iter(kept)))
                kept[key] = made
        elif self._hits:
            self._hits.add()
        return made

    def find(self, owner: Owner, key: Hashable) -> Made | None:
        """What is kept for the owner under the key, if anything is. It counts as no hit."""
        found = self._of.get(id(owner))
        return found[1].get(key) if found and found[0]() is owner else None

    def _begin(self, owner: Owner) -> dict[Hashable, Made]:
        number = id(owner)

        def forget(gone: "ref[Owner]") -> None:
            # Another object may have the number by now.
            found = self._of.get(number)
            if found and found[0] is gone:
                self._of.pop(number, None)

        with self._guard:
            kept: dict[Hashable, Made] = {}
            self._of[number] = (ref(owner, forget), kept)
            return kept
