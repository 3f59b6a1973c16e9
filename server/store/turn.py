"""What the requests of one turn of the event loop share: what they read of the store, and their way to its writers.

Whatever runs in a turn was queued before it began, so a moment inside it is a fair one for each of its readers: all
that was answered before a request was sent is in a snapshot that is taken after the request has come.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar

from server import metrics
from substrate.interface import Frame, Namespace, Pending, Reading

T = TypeVar("T")
_Told = asyncio.Future[Any]


class Turn:
    """The present turn of the one loop that uses it."""

    def __init__(self) -> None:
        self._namespaces: dict[str, Namespace] = {}
        self._readings: dict[str, Reading] = {}
        self._open = ExitStack()

    def namespace(self, tenant: str, opened: Callable[[str], Namespace]) -> Namespace:
        """The world of a tenant, which is looked for once."""
        found = self._namespaces.get(tenant)
        if found is None:
            found = opened(tenant)
            self._ends()
            self._namespaces[tenant] = found
        return found

    def reading(self, namespace: Namespace) -> Reading:
        """A snapshot of a namespace, for reads that take microseconds."""
        found = self._readings.get(namespace.name)
        if found is None:
            found = self._open.enter_context(namespace.snapshot())
            self._ends()
            self._readings[namespace.name] = found
        return found

    def _ends(self) -> None:
        """Sees that all of this is forgotten at the end of the turn."""
        if not self._namespaces and not self._readings:
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._namespaces.clear()
        self._readings.clear()
        self._open.close()


class Writes:
    """Hands works over to the writers when the turn ends, and brings back what came of all that a commit has done.

    So those of one turn find themselves in one commit, and the loop is woken once for it.
    """

    def __init__(self) -> None:
        self._given: list[tuple[Namespace, Callable[[Frame], Any], _Told]] = []
        self._done: deque[tuple[_Told, Pending[Any]]] = deque()
        self._called = False

    async def write(self, namespace: Namespace, work: Callable[[Frame], T]) -> Pending[T]:
        """Waits until a work is on disk, or has failed. It is done whatever becomes of the request."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Pending[T]] = loop.create_future()
        if not self._given:
            loop.call_soon(self._hand_over, loop)
        self._given.append((namespace, work, told))
        return await told

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        given, self._given = self._given, []
        metrics.waiting(len(given))
        for namespace, work, told in given:
            namespace.submit(work).add_done_callback(partial(self._ended, loop, told))

    def _ended(self, loop: asyncio.AbstractEventLoop, told: _Told, done: Any) -> None:
        """On the thread that writes. The flag is looked at behind the new entry, and taken down before all are read."""
        self._done.append((told, done))
        if not self._called:
            self._called = True
            try:
                loop.call_soon_threadsafe(self._tell)
            except RuntimeError:  # the loop has ended
                self._called = False

    def _tell(self) -> None:
        self._called = False
        number = 0
        while self._done:
            number += 1
            told, done = self._done.popleft()
            if not told.cancelled():
                told.set_result(done)
        metrics.waiting(-number)
