"""Graphs of tasks: each begins as soon as those that it needs have ended; those that wait run at once, on threads.

    graph   begin   tasks that are ready -> threads, or right here where they only compute   end -> the result

What the tasks are is not known here: `Tasks` does them. When one fails, or says that this is the end, no further one
begins; those that run come to their end. A task that is suspended is asked again when its answer is there, while others
still run; when none does, the run is suspended.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from oql import pool
from oql.context import Context
from oql.errors import OqlError, as_error
from oql.journal import Fenced, Interrupted, Suspended
from oql.trace import ERROR, OK, SUSPENDED
from oql.values import Value
from substrate.errors import StoreError

if TYPE_CHECKING:
    from oql.machine import Machine

LOOK_S = 0.05
"""How often answers are looked for while other tasks run."""


class Tasks(Protocol):
    """Does the tasks of one graph, which are known by their numbers, from 0. Safe to use from several threads."""

    def begin(self, machine: "Machine") -> bool:
        """Before the first task; False where none is to run, since the graph had come to its end before."""

    def computes(self, number: int) -> bool:
        """Whether a task only computes, so that it needs no thread of its own."""

    def perform(self, number: int, machine: "Machine") -> str:
        """Does a task: its status in the trace, OK or SKIPPED. Raises OqlError where it fails."""

    @property
    def over(self) -> bool:
        """Whether no further task is to begin."""

    def end(self, failure: OqlError | None) -> Value:
        """After the last task: the result. Raises `failure`, or what it comes to."""


class Graph:
    """One graph while it runs. `needs`: for each task the numbers of those that must have ended."""

    def __init__(self, machine: "Machine", tasks: Tasks, needs: Sequence[Sequence[int]], first: int) -> None:
        """`first`: the place of the first task in the machine's program."""
        self._machine = machine
        self._tasks = tasks
        self._first = first
        self._missing = [len(needed) for needed in needs]
        self._followers: list[list[int]] = [[] for _ in needs]
        for number, needed in enumerate(needs):
            for each in needed:
                self._followers[each].append(number)
        self._ready = [number for number, count in enumerate(self._missing) if not count]
        self._running = 0
        self._suspended: dict[int, Suspended] = {}
        self._failure: OqlError | None = None
        self._changed = threading.Condition()

    def run(self) -> Value:
        """The result of the graph. Raises the first failure, and Suspended where nothing can go on."""
        if self._tasks.begin(self._machine):
            self._follow()
        if self._suspended and not self._stopped:
            raise next(iter(self._suspended.values()))
        return self._tasks.end(self._failure)

    @property
    def _stopped(self) -> bool:
        return self._failure is not None or self._tasks.over

    def _follow(self) -> None:
        while True:
            while (number := self._next()) is not None:
                self._start(number)
            with self._changed:
                if not self._ready and not self._running:
                    return
                if self._running and (not self._ready or self._stopped):
                    self._changed.wait(LOOK_S if self._suspended else None)
                elif self._stopped:
                    return
            self._look_for_answers()

    def _next(self) -> int | None:
        with self._changed:
            return None if self._stopped or not self._ready else self._ready.pop(0)

    def _start(self, number: int) -> None:
        with self._changed:
            self._running += 1
        alone = self._machine.aside()
        task = partial(self._perform, number, alone)
        if self._tasks.computes(number) or pool.try_start(task) is None:
            task()

    def _perform(self, number: int, machine: "Machine") -> None:
        clock = machine.context.monotonic_ns
        started, status, failure = clock(), OK, None
        try:
            status = self._tasks.perform(number, machine)
        except Exception as raised:  # noqa: BLE001 - a fault of ours is reported, the server goes on
            failure = as_error(raised, machine.context.report)
            failure.__traceback__ = failure.__context__ = None
            status = SUSPENDED if isinstance(failure, Suspended) else ERROR
        machine.trace.note(self._first + number, started, clock(), status, ())
        self._ended(number, machine, failure)

    def _ended(self, number: int, machine: "Machine", failure: OqlError | None) -> None:
        with self._changed:
            self._machine.take(machine)
            self._running -= 1
            if isinstance(failure, Suspended):
                self._suspended[number] = failure
            elif failure is not None:
                self._note_failure(number, failure)
            else:
                self._release(number)
            self._changed.notify_all()

    def _note_failure(self, number: int, failure: OqlError) -> None:
        if failure.span is None:
            failure.span = self._machine.program.code[self._first + number].span
        if self._failure is None or (_cuts_off(failure) and not _cuts_off(self._failure)):
            self._failure = failure

    def _release(self, number: int) -> None:
        for follower in self._followers[number]:
            self._missing[follower] -= 1
            if not self._missing[follower]:
                self._ready.append(follower)

    def _look_for_answers(self) -> None:
        """Lets tasks go on whose answers have come."""
        journal = self._machine.context.journal
        if not self._suspended or self._stopped or not journal:
            return
        try:
            answered = journal.refresh()
        except StoreError as error:
            self._cut_off(Interrupted(f"the store cannot be used: {error.message}"))
        except (Fenced, Interrupted) as ended:
            self._cut_off(ended)
        else:
            with self._changed:
                self._ready += self._suspended if answered else []
                self._suspended = {} if answered else self._suspended

    def _cut_off(self, failure: OqlError) -> None:
        """Ends the run when what runs now has come to its end."""
        with self._changed:
            self._failure = failure


def _cuts_off(failure: OqlError) -> bool:
    return isinstance(failure, (Fenced, Interrupted))


def run(machine: "Machine", needs: Sequence[Sequence[int]], first: int, context: Context) -> Value:
    """Runs the tasks of a program's graph."""
    assert context.tasks is not None
    return Graph(machine, context.tasks, needs, first).run()
