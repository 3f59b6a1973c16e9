"""Ending what runs on a connection from another thread, and nothing else that may run on it before or afterwards.

A request to cancel travels on a connection of its own. It may come before the statement does, and is lost then: so it
is repeated. It must not come when the next statement runs: so nothing begins on the connection until the server has
taken it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

_TIMEOUT_S = 5.0
_FIRST_PAUSE_S = 0.005
_TRIES = 8


class Interruption:
    """What runs on one connection, and how it is ended."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw
        self._guard = threading.Lock()
        self._number = 0
        self._waits = False
        self.asked = False
        """Whether somebody wanted to end what was begun last."""

    def begin(self) -> None:
        """Something else begins: what was asked before is over."""
        with self._guard:
            self._number += 1
            self.asked = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The block waits for the server."""
        with self._guard:
            self._waits = True
        try:
            yield
        finally:
            with self._guard:
                self._waits = False

    def interrupt(self) -> None:
        """Ends what runs; nothing happens where nothing does."""
        number = self._number
        for attempt in range(_TRIES):
            with self._guard:
                if self._number != number:
                    return
                self.asked = True
                if not self._waits:
                    return
                with suppress(psycopg.Error):
                    self._raw.cancel_safe(timeout=_TIMEOUT_S)
            time.sleep(_FIRST_PAUSE_S * 2**attempt)
