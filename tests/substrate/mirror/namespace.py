"""One namespace on both sides: `Namespace` of substrate.interface. A frame of it is a frame on each side.

    write(work)     left.write [ right.write [ work(frame of both) ] ]
    transaction()   left.transaction [ right.transaction [ block ] ]

What the end of a frame says (its foreign keys are looked at there) is compared as well. Writers of the left side wait
for each other before they come to the right one, so that two of them never wait crosswise.
"""

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from substrate import interface
from substrate.interface import Json, Lsn, Namespace, Pending, Remembered
from substrate.interface.replication import Window
from tests.substrate.mirror import alike
from tests.substrate.mirror.frame import MirrorFrame
from tests.substrate.mirror.lockstep import Difference, Outcome, agreed, both
from tests.substrate.mirror.reading import MirrorReading

T = TypeVar("T")


class MirrorNamespace(MirrorReading):
    """See `substrate.interface.Namespace`. `writers` does what is submitted."""

    def __init__(self, left: Namespace, right: Namespace, writers: ThreadPoolExecutor) -> None:
        super().__init__(left, right)
        self.name = left.name
        self._writers = writers

    def exists(self) -> bool:
        """See the protocol."""
        return self._both(Namespace.exists)()

    def make(self) -> bool:
        """See the protocol."""
        return self._both(Namespace.make)()

    @contextmanager
    def snapshot(self) -> Iterator[MirrorReading]:
        """See the protocol."""
        with entered("snapshot", self.left.snapshot(), self.right.snapshot()) as (left, right):
            yield MirrorReading(left, right)

    @contextmanager
    def transaction(self) -> Iterator[MirrorFrame]:
        """See the protocol."""
        with entered("transaction", self.left.transaction(), self.right.transaction()) as (left, right):
            yield MirrorFrame(left, right)

    def write(self, work: Callable[[Any], T]) -> T:
        """See the protocol."""
        nested = _Nested(work)
        left = Outcome.of(lambda: self.left.write(lambda frame: nested.on_left(frame, self.right)))
        if nested.began and nested.raised is None:
            agreed("the end of a frame", nested.end_of(left), nested.end_of(nested.right))
        elif not nested.began:
            agreed("write", left, Outcome.of(lambda: self.right.write(lambda frame: None)))
        given: T = left.given()
        return given

    def submit(self, work: Callable[[Any], T]) -> Pending[T]:
        """See the protocol."""
        pending: Pending[T] = Pending()
        self.submit_all([work], pending.tell)
        return pending

    def submit_all(self, works: Sequence[Callable[[Any], Any]], told: interface.Told) -> None:
        """See the protocol. One work is done after the other."""
        self._writers.submit(lambda: told([self._tried(work) for work in works], False))

    def _tried(self, work: Callable[[Any], Any]) -> interface.Outcome:
        try:
            return self.write(work), None
        except BaseException as failure:  # noqa: BLE001 - whoever waits for the work gets it
            return None, failure

    def remembered(self, key: str) -> Remembered | None:
        """See the protocol."""
        return self._both(Namespace.remembered)(key)

    def lsn(self) -> Lsn:
        """See the protocol."""
        return self._both(Namespace.lsn)()

    def frames(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, bytes]]:
        """See the protocol."""
        left, right = (lambda side=side: list(side.frames(after, limit)) for side in (self.left, self.right))
        return iter(both(f"frames({after}, {limit})", left, right, alike.framed))

    def changes(self, after: Lsn | None, limit: int) -> Iterator[tuple[Lsn, list[Json]]]:
        """See the protocol."""
        left, right = (lambda side=side: list(side.changes(after, limit)) for side in (self.left, self.right))
        return iter(both(f"changes({after}, {limit})", left, right, alike.changed))

    def usage(self) -> Json:
        """See the protocol."""
        return self._both(Namespace.usage, alike.used)()

    def stamp(self) -> Hashable:
        """See the protocol."""
        return self.left.stamp(), self.right.stamp()

    def cancel(self, query_id: str) -> bool:
        """See the protocol. A call runs on one side after the other."""
        return any([self.left.cancel(query_id), self.right.cancel(query_id)])

    def upkeep_due(self) -> float | None:
        """See the protocol."""
        return min((due for due in (self.left.upkeep_due(), self.right.upkeep_due()) if due is not None), default=None)

    def upkeep(self, seconds: float) -> None:
        """See the protocol."""
        self._both(Namespace.upkeep)(seconds)

    def window(self, begin: Lsn, limit: int | None) -> Window:
        """See the protocol."""
        return self._both(Namespace.window)(begin, limit)

    def frames_between(self, begin: Lsn, end: Lsn, limit: int) -> list[tuple[Lsn, bytes]]:
        """See the protocol."""
        left, right = (lambda side=side: side.frames_between(begin, end, limit) for side in (self.left, self.right))
        found: list[tuple[Lsn, bytes]] = both(f"frames_between({begin}, {end}, {limit})", left, right, alike.framed)
        return found

    def dump(self, *, whole: bool) -> Iterator[bytes]:
        """See the protocol. A dump is of one side: the times in it are its own."""
        dumped: Iterator[bytes] = self.left.dump(whole=whole)
        return dumped

    def load(self, frames: Iterable[bytes], *, whole: bool) -> Lsn:
        """See the protocol."""
        return self._both(Namespace.load)(list(frames), whole=whole)

    def apply(self, frames: Sequence[bytes], epoch: int) -> Lsn:
        """See the protocol."""
        return self._both(Namespace.apply)(frames, epoch)

    def raise_epoch(self) -> None:
        """See the protocol."""
        self._both(Namespace.raise_epoch)()

    def close(self) -> None:
        """See the protocol."""
        self._both(Namespace.close)()


class _Nested:
    """A work in a frame of the right side inside a frame of the left one."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self.began = False
        self.raised: BaseException | None = None
        self.right = Outcome()

    def on_left(self, left: Any, namespace: Any) -> Any:
        """The work; what the right side says at its end is kept for later."""
        self.right = Outcome.of(lambda: namespace.write(lambda right: self._on_both(left, right)))
        if self.raised is not None:
            raise self.raised
        return self.right.answer

    def _on_both(self, left: Any, right: Any) -> Any:
        self.began, self.raised = True, None
        try:
            return self._work(MirrorFrame(left, right))
        except BaseException as error:
            self.raised = error
            raise

    @staticmethod
    def end_of(outcome: Outcome) -> Outcome:
        """How a side ended, whatever the work has given."""
        return Outcome(refusal=outcome.refusal)


@contextmanager
def entered(
    asked: str, left: AbstractContextManager[Any], right: AbstractContextManager[Any]
) -> Iterator[tuple[Any, Any]]:
    """Both blocks entered, and left at the end, the right one first."""
    entered = [Outcome.of(side.__enter__) for side in (left, right)]
    try:
        agreed(asked, entered[0], entered[1], lambda _: None)
    except Difference:
        for side, outcome in zip((left, right), entered, strict=True):
            if outcome.refusal is None:
                side.__exit__(None, None, None)
        raise
    entered[0].given()
    try:
        yield entered[0].answer, entered[1].answer
    except BaseException:
        for side in (right, left):
            side.__exit__(*sys.exc_info())
        raise
    right_end = Outcome.of(lambda: right.__exit__(None, None, None))
    left_end = Outcome.of(lambda: left.__exit__(None, None, None))
    agreed(f"the end of a {asked}", left_end, right_end, lambda _: None).given()
