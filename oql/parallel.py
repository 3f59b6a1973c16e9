"""What runs at once: the branches of an AND group that wait, and a step with a multivariable as its operand."""

import threading
from functools import partial
from typing import TYPE_CHECKING

from oql import pool, verbs
from oql.budget import weigh
from oql.calls import bind, branch_operand, step_call, with_branch
from oql.records import Branch, Group
from oql.trace import OK
from oql.values import Multi, Value

if TYPE_CHECKING:
    from oql.machine import Machine

_WAITING_TRACES = 20
"""How many traces of full length may wait for an earlier branch; what ends behind them is only summed up."""


def run_branches(machine: "Machine", starts: list[int], group: Group) -> None:
    """Runs the branches at once, as far as there are threads, and gathers in order what they leave."""
    gathering = _Gathering(machine, group, len(starts))

    def one(index: int) -> None:
        branch = machine.branch(index, group, gathering.room())
        machine.budget.machines.append(branch)
        branch.follow(starts[index])
        gathering.take(index, branch)

    machine.budget.spend(machine.used())
    pool.all_at_once([partial(one, index) for index in range(len(starts))])
    machine.used()  # what ran on this thread has charged its time itself


class _Gathering:
    """Takes over from the machines of branches in their order; one that ends before an earlier one has to wait."""

    def __init__(self, machine: "Machine", group: Group, branches: int) -> None:
        self.machine = machine
        self.group = group
        self.ended: list[tuple[Machine, Branch] | None] = [None] * branches
        self.lock = threading.Lock()
        self.entries = 0  # of the trace, that wait

    def room(self) -> int:
        """How many entries of the trace the next branch may note: all that fit, unless too many wait already."""
        most = _WAITING_TRACES * self.machine.context.limits.trace_entries
        return min(self.machine.trace.room, max(most - self.entries, 0))

    def take(self, index: int, branch: "Machine") -> None:
        """Takes what a branch leaves, and what waits behind it."""
        with self.lock:
            self.ended[index] = branch, branch.ended_branch()
            self.entries += len(branch.trace.entries)
            while (place := len(self.group.branches)) < len(self.ended) and (done := self.ended[place]):
                self.ended[place] = None
                self.entries -= len(done[0].trace.entries)
                self.group.branches.append(done[1])
                self.machine.trace.take(done[0].trace)
                self.machine.budget.machines.remove(done[0])


def fan_out(machine: "Machine", at: int, multi: Multi, started: int) -> int:
    """Runs a step once for each branch of its main operand, at once when it waits; the place behind the step.

    All results are bound together, as a multivariable.
    """
    item = machine.program.code[at]
    verb = verbs.table()[item.data["verb"]]
    call, operand = step_call(item), branch_operand(verb)
    results: list[Value] = [None] * len(multi.branches)
    machine.partial = results

    def one(index: int) -> None:
        results[index] = call(operand, with_branch(machine.variables, multi.branches[index]), machine)

    tasks = [partial(one, index) for index in range(len(results))]
    if verb.waits:
        pool.all_at_once(tasks)
    else:
        for task in tasks:
            task()
    machine.value, machine.partial = Multi(results), []
    machine.budget.hold(sum(map(weigh, results)), coming=0)
    if item.data["target"]:
        bind(item)(machine.variables, machine.value)
    machine.trace.note(at, started, machine.context.monotonic_ns(), OK, machine.passes)
    return machine.program.linked[at][2]
