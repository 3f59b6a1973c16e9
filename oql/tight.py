"""Loops whose passes are nothing but steps: once the trace has no room left, they run without the machine in between.

What a pass costs the machine besides its steps (looking the next instruction up, keeping the time of each) is then
most of it. Everything else stays as it was: the budget, the sums of the trace, and where a failure is found.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from oql.budget import weigh
from oql.evaluate import Predicate
from oql.values import SCALARS, Value

if TYPE_CHECKING:
    from oql.machine import Machine

Begin: TypeAlias = Callable[["Machine"], Predicate]
"""Goes on with the innermost loop of a machine: gives what takes its next element, or tests whether there is a pass."""
Steps: TypeAlias = list[tuple[int, Callable[..., Value]]]
"""The places and closures of the steps of a pass."""

MEMORY_GRAIN = 1 << 16
"""So many bytes are made before they are charged."""
_LOOK_EVERY = 16


def run_tight(machine: "Machine", begin: Begin, steps: Steps) -> None:
    """Runs the innermost loop from the start of a pass until there is none left.

    A failure inside a step leaves its place and the time when its step began in `machine.inside`.
    """
    variables, record, clock = machine.variables, machine.stack[-1], machine.context.monotonic_ns
    counts, times = machine.trace.counts, machine.trace.times
    goes_on, cost, each_timed = begin(machine), len(steps) + 1, len(steps) > 1
    first, value, left, held = record.passes, machine.value, 0, 0
    at, begun, done = steps[0][0], first, first
    start = now = clock()
    try:
        while True:
            left -= cost
            while left < 0:
                left += machine.more_steps()
            if not goes_on(variables):
                break
            begun += 1
            for at, act in steps:
                value = act(variables, machine)
                if value.__class__ not in SCALARS:
                    held += len(value) if value.__class__ is str else weigh(value)
                if each_timed:
                    ended = clock()
                    counts[at] += 1
                    times[at] += ended - now
                    now = ended
            done = begun
            if not done % _LOOK_EVERY or held > MEMORY_GRAIN:
                machine.value = value
                held = machine.settle(held)
    except BaseException:
        if begun > done:
            machine.inside = at, now if each_timed else clock()
        raise
    finally:
        if not each_timed:
            counts[at] += done - first
            times[at] += clock() - start
        machine.value, record.passes = value, begun
        machine.budget.give_back(max(left, 0))
