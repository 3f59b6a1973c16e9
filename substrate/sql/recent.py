"""Checked statements that were used lately, so that most are checked once."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from substrate.catalog import Catalog

T = TypeVar("T")
MOST_CHARACTERS = 128 * 1024
"""How long all kept statements may be together; what is kept of one takes up to a thousand times its length."""
LONGEST = 8 * 1024
"""Longer statements are not kept: whoever sends them spends more on running them than on checking."""


class Recent(Generic[T]):
    """What was made of texts under catalogues; the one that was not used for the longest time goes first."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[tuple[Catalog, str], T] = OrderedDict()
        self._characters = 0

    def get(self, catalog: Catalog, text: str) -> T | None:
        """What is kept for a text, if anything is."""
        with self._guard:
            found = self._kept.get((catalog, text))
            if found is not None:
                self._kept.move_to_end((catalog, text))
            return found

    def keep(self, catalog: Catalog, text: str, made: T) -> None:
        """Keeps something, unless the text is too long."""
        if len(text) > LONGEST:
            return
        with self._guard:
            if (catalog, text) not in self._kept:
                self._characters += len(text)
            self._kept[catalog, text] = made
            while self._characters > MOST_CHARACTERS:
                (_, gone), _ = self._kept.popitem(last=False)
                self._characters -= len(gone)
