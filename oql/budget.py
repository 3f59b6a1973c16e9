"""What a run has left: steps, time, memory and output, shared by all the threads that work on it."""

import sys
import threading
from typing import TYPE_CHECKING, Any

from oql.context import Context
from oql.errors import Code, OqlError, limit_reached, timed_out
from oql.program import Program
from oql.values import SCALARS, Image, Multi, Value

if TYPE_CHECKING:
    from oql.machine import Machine

QUANTUM = 1_024
"""How many steps a machine takes at a time; so often it looks whether it should stop."""

MEMORY_GRAIN = 1 << 16
"""So many bytes are made before they are charged."""

_SHARES = 64
"""When steps run low, none of this many machines takes more than its share, so that they all get to the limit."""

_SECOND = 1_000_000_000


class Budget:
    """The limits of one run, counted down. All machines of the run share it.

    `programs`: those that were run inside it, by their texts.
    """

    __slots__ = (
        "audit_at", "calls", "code", "computing_ns", "context", "held", "lock", "machines", "output", "outside",
        "programs", "started", "steps", "wall_ends",
    )  # fmt: skip

    def __init__(self, context: Context) -> None:
        limits = context.limits
        self.context = context
        self.started = context.monotonic_ns()
        self.wall_ends = self.started + int(limits.wall_s * _SECOND)
        self.computing_ns = int(limits.computing_s * _SECOND)
        self.steps = limits.steps
        self.output = limits.output_bytes
        self.calls = limits.outbound_calls - (context.journal.calls if context.journal else 0)
        self.held = 0
        self.outside = 0
        self.programs: dict[str, Program] = {}
        self.code = limits.memory_bytes
        self.audit_at = limits.memory_bytes
        self.machines: list[Machine] = []
        self.lock = threading.Lock()

    def take_steps(self) -> int:
        """Some steps for a machine to go on with; the run's end when none are left or it was cancelled."""
        self.look()
        with self.lock:
            if self.steps <= 0:
                raise limit_reached("steps", f"{self.context.limits.steps:,}")
            taken = min(QUANTUM, self.steps // _SHARES + 1)
            self.steps -= taken
        return taken

    def call_out(self) -> None:
        """One more call that may leave the machine; the run's end when it may make no more."""
        with self.lock:
            if self.calls <= 0:
                raise limit_reached("calls that leave the machine", f"{self.context.limits.outbound_calls:,}")
            self.calls -= 1
        if self.context.journal:
            self.context.journal.count_call()

    def settle(self, steps: int, used_ns: int = 0) -> None:
        """Takes back the steps that a machine took and did not use, and charges its processor time."""
        with self.lock:
            self.steps += steps
            self.computing_ns -= used_ns

    def look(self) -> None:
        """Ends the run when it was cancelled or its wall time is over."""
        if self.context.cancel.is_set():
            raise OqlError(Code.TIMEOUT, "the run was cancelled", final=True)
        if self.context.monotonic_ns() > self.wall_ends:
            raise timed_out("wall time", self.context.limits.wall_s)

    def compute(self, used_ns: int) -> int:
        """Charges processor time; the nanoseconds that are left."""
        left = self.spend(used_ns)
        if left <= 0:
            raise timed_out("computing time", self.context.limits.computing_s)
        return left

    def spend(self, used_ns: int) -> int:
        """Charges processor time without ending the run; the nanoseconds that are left, below zero when too many."""
        with self.lock:
            self.computing_ns -= used_ns
            return self.computing_ns

    def emit(self, size: int) -> None:
        """Charges output."""
        with self.lock:
            self.output -= size
            left = self.output
        if left < 0:
            raise limit_reached("bytes of output", f"{self.context.limits.output_bytes:,}")

    def hold(self, size: int, coming: int | None = None) -> None:
        """Charges memory; when it looks like too much, what is really held is counted.

        `coming` is how much of it no variable holds yet: all, unless something else is said.
        """
        coming = size if coming is None else coming
        if coming > self.context.limits.memory_bytes:
            raise self._too_much()
        with self.lock:
            self.held += size
            audit = self.held > self.audit_at
        if audit:
            self._audit(coming)

    def hold_code(self, size: int) -> None:
        """Charges the memory of one more program that runs inside this one."""
        with self.lock:
            self.code -= size
            left = self.code
        if left < 0:
            allowed = f"{self.context.limits.memory_bytes:,}"
            raise limit_reached("bytes of programs that run inside the program", allowed)

    def occupy(self, size: int) -> None:
        """Charges memory that is held for the run outside its values, until as much is given back: `size` below 0."""
        with self.lock:
            self.outside += size
        if size > 0:
            self.hold(size, coming=0)

    def _audit(self, coming: int) -> None:
        limit = self.context.limits.memory_bytes
        roots = [root for machine in list(self.machines) for root in machine.roots()]
        live = coming + self.outside + measure(roots, limit)
        if live > limit:
            raise self._too_much()
        with self.lock:
            self.held = live
            self.audit_at = max(limit, live + limit // 8)

    def _too_much(self) -> OqlError:
        return limit_reached("bytes of values", f"{self.context.limits.memory_bytes:,}")


def weigh(value: Value) -> int:
    """About how many bytes a value takes itself, its elements not counted."""
    kind = type(value)
    if kind is list:
        return 56 + 8 * len(value)
    if kind is dict:
        return 64 + 100 * len(value)
    return sys.getsizeof(value) if kind in _SIZED else 32


_SIZED = frozenset({str, bytes, int, Image})
_LONG_KEY = 64


def measure(roots: list[Any], enough: int) -> int:
    """About how many bytes all values reachable from the roots take, shared ones once; stops when it is enough."""
    seen: set[int] = set()
    waiting = list(roots)
    total = 0
    while waiting and total <= enough:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        total += weigh(value)
        if type(value) is list:
            total += _collect(value, waiting)
        elif type(value) is dict:
            waiting.extend(value.values())
            waiting.extend([key for key in value if len(key) > _LONG_KEY])
        elif type(value) is Multi:
            waiting.extend(value.branches)
    return total


def _collect(array: list[Any], waiting: list[Any]) -> int:
    """What the elements of an array take when all are scalars; else they are left to be looked at one by one."""
    if SCALARS.issuperset(map(type, array)):
        return sum(map(sys.getsizeof, array))
    waiting.extend(array)
    return 0
