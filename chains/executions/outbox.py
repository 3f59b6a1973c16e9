"""What an execution has to write beside its journal: events and the rows of steps, in the order in which they came."""

import threading
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from chains.executions import steps
from chains.executions.events import Event
from chains.executions.steps import StepState
from oql.jobs.executions import add_events
from oql.journal import LOST, Interrupted
from substrate.interface import Frame


@dataclass
class Outbox:
    """Of one execution and those inside it. `numbers`: the last event of each. Safe to use from several threads."""

    numbers: dict[str, int] = field(default_factory=dict)
    _added: dict[str, int] = field(default_factory=dict)
    """The first of the events that were written last, by execution."""
    _events: dict[str, list[Event]] = field(default_factory=dict)
    _steps: dict[tuple[str, int], StepState] = field(default_factory=dict)
    _works: list[Callable[[Frame], Any]] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.Lock)

    def put(
        self,
        execution: str,
        *events: Event,
        state: StepState | None = None,
        work: Callable[[Frame], Any] | None = None,
    ) -> None:
        """Adds what is written together: events, the row of a step as it is now, and what else belongs to them."""
        with self._lock:
            if events:
                self._events.setdefault(execution, []).extend(events)
            if state:
                self._steps[execution, state.number] = copy(state)
            if work:
                self._works.append(work)

    @property
    def waiting(self) -> bool:
        """Whether there is something to write."""
        return bool(self._events or self._steps or self._works)

    def write(self, frame: Frame) -> None:
        """Writes it. Raises Interrupted where an earlier commit has failed, and its events are not there."""
        with self._lock:
            works, self._works = self._works, []
            states, self._steps = self._steps, {}
            events, self._events = self._events, {}
        for work in works:
            work(frame)
        for (execution, _), state in states.items():
            steps.write(frame, execution, state)
        for execution, some in events.items():
            first = self.numbers.get(execution, 0) + 1
            if not add_events(frame, execution, first, some, self._added.get(execution)):
                raise Interrupted(LOST)
            self._added[execution], self.numbers[execution] = first, first + len(some) - 1
