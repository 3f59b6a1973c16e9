"""What verbs ask of the run they are part of: output, memory, time, chance; see `oql.verbs.run.Run`."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from oql.budget import Budget
from oql.context import Context
from oql.errors import Code, failed
from oql.records import Group
from oql.slices import SLICES
from oql.tables.access import write
from oql.trace import InnerProgram, Trace, filled_path
from oql.transaction import EndedTransaction, Transaction
from oql.values import Value, to_json
from substrate.interface import Frame

T = TypeVar("T")

ALONE_NS, _SLICE_NS = 1_000_000, 10_000_000
"""So long a run computes by itself, and then in each slice. The main thread, which serves requests, takes no part."""


def size_of(value: Value) -> int:
    """The bytes that a value takes in the output."""
    if type(value) is not str:
        return len(to_json(value))
    return len(value) if value.isascii() else len(value.encode())


class Serving:
    """The side of a machine that verbs see."""

    context: Context
    budget: Budget
    variables: dict[str, Value]
    output: list[Value]
    stack: list[Any]
    passes: tuple[int, ...]
    inner: InnerProgram | None
    transaction: Transaction | EndedTransaction | None
    making: int
    trace: Trace
    look_at: int
    computed: int
    unshared: int

    def emit(self, value: Value) -> None:
        """Adds a value to the output."""
        self.budget.emit(size_of(value))
        self.output.append(value)

    def draw(self, count: int) -> int:
        """A number from 0 to below `count`, by chance; the same in a repetition of the run."""
        if self.context.journal is None:
            return self.context.random.randrange(count)
        branches = [record.index for record in self.stack if isinstance(record, Group)]
        within = self.inner.prefix if self.inner else ""
        place = f"{self.context.job_id} {self.passes} {branches} {len(self.output)}{within}"
        return int.from_bytes(hashlib.sha256(place.encode()).digest()[:8]) % count

    def key_of(self, path: str) -> str:
        """What the journal calls a step of the program that runs at the moment: its path with the passes of loops."""
        return filled_path(self.inner.prefix + path if self.inner else path, self.passes)

    def claim(self, size: int) -> None:
        """Asks for bytes before they are made."""
        self.budget.hold(size)

    def occupy(self, size: int) -> None:
        """Counts memory that is held for the run outside its values."""
        self.budget.occupy(size)

    def charge(self, seconds: float) -> None:
        """Counts computing that another process did for the run."""
        self.budget.compute(int(seconds * 1e9))

    def call_out(self) -> None:
        """Counts a call that may leave the machine."""
        self.budget.call_out()

    def made(self, size: int) -> None:
        """Counts a text that an operand was joined to: it lives until the step has ended, and is held by nothing."""
        self.making += size
        self.look_at = 0  # a look behind the step forgets it
        self.budget.hold(size, coming=self.making)

    def wait(self, seconds: float) -> None:
        """Waits; ends early when the run is cancelled or its wall time is over."""
        left = (self.budget.wall_ends - self.context.monotonic_ns()) / 1e9
        self.context.cancel.wait(max(0.0, min(seconds, left)) + (0.001 if seconds > left else 0))
        self.budget.look()

    def seconds_left(self) -> float:
        """How long the run may go on, or its open transaction where that is less."""
        ends = self.budget.wall_ends if self.transaction is None else min(self.budget.wall_ends, self.transaction.ends)
        return max(0.001, (ends - self.context.monotonic_ns()) / 1e9)

    @property
    def frame(self) -> Frame | None:
        """What database steps belong to while a transaction is open."""
        return self.transaction.frame if self.transaction else None

    def clock(self) -> float:
        """Unix seconds at this moment, for what other runs see too: the life time of cached values."""
        began = self.context.now if self.context.began is None else self.context.began
        return began + (self.context.monotonic_ns() - self.budget.started) / 1e9

    def suspend(self, kind: str, shown: dict[str, Any], seconds: float | None) -> Value:
        """Refuses to wait for a person: this run has no journal, which would remember what it waits for."""
        raise failed(Code.UNSUPPORTED, "this run cannot be suspended to wait for a person")

    def await_chain(self, begin: Callable[[str, str], str], outcome: Callable[[str], Value]) -> Value:
        """Refuses to run a chain: this run has no journal, which would remember it."""
        raise failed(Code.UNSUPPORTED, "chains are run by a server: oql run --server URL")

    def pinned(self, name: str, text: str) -> dict[str, Value]:
        """A text that is to be run as a program: see StepRun."""
        return {"in": name, "text": text}

    def first(self, make: Callable[[], Value]) -> Value:
        """What `make` gives: see StepRun, of which this is the form for runs without a journal."""
        return make()

    @property
    def repeated(self) -> bool:
        """Whether the step has begun before: never without a journal."""
        return False

    @property
    def place(self) -> str:
        """Where the step stands: never asked without a journal, where all steps run one after the other."""
        return ""

    def used(self) -> int:
        """The nanoseconds of processor time since this was last asked."""
        spent = self.context.computing_ns()
        used, self.computed = spent - self.computed, spent
        return used

    def _look(self, now: int) -> None:
        """Charges the processor time since the last look, waits for a slice where it is much, sets the next look."""
        self.making = 0
        used = self.used()
        self.unshared += used
        if self.unshared > ALONE_NS and threading.current_thread() is not threading.main_thread():
            SLICES.turn(self, self.context.namespace)
            now = self.context.monotonic_ns()
        self.budget.look()
        if self.transaction:
            self.transaction.look(now)
        left = self.budget.compute(used)
        self.look_at = now + min(max(left, 1_000_000), _SLICE_NS if self.unshared > ALONE_NS else ALONE_NS)

    def rest(self) -> None:
        """The run is about to wait, or has ended: others may compute."""
        if self.unshared > ALONE_NS:
            SLICES.leave(self)
        self.unshared = 0

    def look(self) -> None:
        """Ends the run when it was cancelled or has used up its time; for verbs that compute long."""
        self._look(self.context.monotonic_ns())

    def charged(self, work: Callable[[Frame], T]) -> Callable[[Frame], T]:
        """The same work for the store, charged to the run also where another thread does it while the run's waits."""
        own = threading.get_ident()

        def done(frame: Frame) -> T:
            with nullcontext() if threading.get_ident() == own else self._on_another_thread():
                return work(frame)

        return done

    @contextmanager
    def _on_another_thread(self) -> Iterator[None]:
        own, self.computed = self.computed, self.context.computing_ns()
        try:
            yield
        finally:
            self.budget.spend(self.used())
            self.computed = own

    def look_if_due(self) -> None:
        """Looks when it is time to; for what may be costly without being a step."""
        now = self.context.monotonic_ns()
        if now > self.look_at:
            self._look(now)

    def with_step(self, work: Callable[[Frame], None]) -> None:
        """Does something in the store: see StepRun."""
        write(self, lambda frame, _: work(frame))

    def commit(self, work: Callable[[Frame], Value]) -> Value:
        """What `work` gives, in the store: see StepRun."""
        return write(self, lambda frame, _: work(frame))

    def remark(self, **remarks: Value) -> None:
        """Adds to the step's entry in the trace."""
        self.trace.remark(remarks)

    def idempotency_key(self) -> str:
        """What belongs to this step alone."""
        return f"{self.context.job_id}:{self.context.new_id(4)}"
