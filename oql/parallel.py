"""What runs at once: the branches of an AND group that wait, and a step with a multivariable as its operand."""

import threading
from functools import partial
from typing import TYPE_CHECKING

from oql import pool, verbs
from oql.budget import weigh
from oql.calls import bind, branch_call, with_branch
from oql.recording import recorded
from oql.records import Group
from oql.trace import OK
from oql.values import Multi, Value

if TYPE_CHECKING:
    from oql.machine import Machine


def run_branches(machine: "Machine", starts: list[int], group: Group) -> None:
    """Runs the branches at once, as far as there are threads, and gathers in order what they leave."""
    ended: list[Machine | None] = [None] * len(starts)
    gathering = threading.Lock()

    def one(index: int) -> None:
        branch = machine.branch(index, group)
        machine.budget.machines.append(branch)
        branch.follow(starts[index])
        with gathering:
            ended[index] = branch
            _gather(machine, ended, group)

    machine.budget.spend(machine.used())
    pool.all_at_once([partial(one, index) for index in range(len(starts))])
    machine.used()  # what ran on this thread has charged its time itself


def _gather(machine: "Machine", ended: list["Machine | None"], group: Group) -> None:
    """Takes over from the machines that have ended, as far as all before them have ended too."""
    while len(group.branches) < len(ended) and (branch := ended[len(group.branches)]):
        group.branches.append(branch.ended_branch())
        machine.trace.take(branch.trace)
        machine.failures += branch.failures
        machine.budget.machines.remove(branch)


def fan_out(machine: "Machine", at: int, multi: Multi, started: int) -> int:
    """Runs a step once for each branch of its main operand, at once when it waits; the place behind the step.

    All results are bound together, as a multivariable.
    """
    item = machine.program.code[at]
    verb = verbs.table()[item.data["verb"]]
    act, journal = branch_call(item, verb), machine.context.journal
    if journal and verb.recorded(item.data["modifiers"]):
        act = recorded(item, verb, act)
    results: list[Value] = [None] * len(multi.branches)
    machine.partial = results

    def one(index: int) -> None:
        results[index] = act(with_branch(machine.variables, multi.branches[index], index), machine)

    tasks = [partial(one, index) for index in range(len(results))]
    if verb.waits and machine.transaction is None:
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
