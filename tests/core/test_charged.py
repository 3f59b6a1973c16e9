"""What a run computes inside the store is charged by the clock of the thread that does it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, cast

from oql import program
from oql.budget import Budget
from oql.limits import DEFAULT
from oql.local import local_context
from oql.machine import Machine

HERE = threading.get_ident()
FRAME: Any = None


class Clock:
    """The processor time of each thread, in nanoseconds: that of others began long ago."""

    def __init__(self) -> None:
        self.spent = 0

    def __call__(self) -> int:
        return self.spent + (0 if threading.get_ident() == HERE else 3_600 * 10**9)


def test_another_thread_is_charged_for_what_it_computes_and_for_nothing_before() -> None:
    clock = Clock()
    context = replace(local_context(), computing_ns=cast(Any, clock))
    budget = Budget(context)
    machine = Machine(program.load("EMIT 1", DEFAULT), context, budget, {}, 0)
    all_of_it = budget.computing_ns

    def work(_: Any) -> str:
        clock.spent += 5
        machine.look()
        clock.spent += 7
        return "done"

    with ThreadPoolExecutor(1) as others:
        assert others.submit(machine.charged(work), FRAME).result() == "done"
    assert all_of_it - budget.computing_ns == 12
    clock.spent = 20
    machine.look()
    assert all_of_it - budget.computing_ns == 32, "the thread of the run has its own count, also while it waited"
    assert machine.charged(work)(FRAME) == "done"
    assert all_of_it - budget.computing_ns == 32 + 5
