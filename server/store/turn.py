"""What the requests of one turn of the event loop share: what they read of the store, and their way to its writers.

Whatever runs in a turn was queued before it began, so a moment inside it is a fair one for each of its readers: all
that was answered before a request was sent is in a snapshot that is taken after the request has come.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, TypeVar

from server import metrics
from substrate.interface import Frame, Namespace, Outcome, Reading

T = TypeVar("T")
_Told = asyncio.Future[tuple[Outcome, bool]]


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
    """Hands works over to the writers when the turn ends, and brings back what came of all that were handed over.

    So those of one turn find themselves in one commit, and the loop is woken once for it.
    """

    def __init__(self) -> None:
        self._given: dict[Namespace, tuple[list[Callable[[Frame], Any]], list[_Told]]] = {}

    async def write(self, namespace: Namespace, work: Callable[[Frame], T], degrade: Callable[[], None]) -> T:
        """What a work has given, once it is on disk. Raises what the work raised.

        It is done whatever becomes of the request. `degrade` is called where a follower that has to have it may lack it
        for now.
        """
        loop = asyncio.get_running_loop()
        told: _Told = loop.create_future()
        if not self._given:
            loop.call_soon(self._hand_over, loop)
        works, waiting = self._given.setdefault(namespace, ([], []))
        works.append(work)
        waiting.append(told)
        (given, failure), late = await told
        if failure is not None:
            raise failure
        if late:
            degrade()
        return given  # type: ignore[no-any-return] # an outcome is of any type

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        given, self._given = self._given, {}
        for namespace, (works, waiting) in given.items():
            metrics.waiting(len(waiting))
            namespace.submit_all(works, partial(_ended, loop, waiting))


def _ended(loop: asyncio.AbstractEventLoop, waiting: Sequence[_Told], outcomes: Sequence[Outcome], late: bool) -> None:
    """On the thread that writes."""
    with suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(_tell, waiting, outcomes, late)


def _tell(waiting: Sequence[_Told], outcomes: Sequence[Outcome], late: bool) -> None:
    metrics.waiting(-len(waiting))
    for told, outcome in zip(waiting, outcomes, strict=True):
        if not told.cancelled():
            told.set_result((outcome, late))
