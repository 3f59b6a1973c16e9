"""Executions run right here: a namespace of a real store, and the runner that job workers have."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chains import library
from chains.calling import ChainCall
from chains.executions import events, records, steps
from chains.running.forms import forms
from chains.starting import start
from oql.context import Environment
from oql.contexts import Contexts
from oql.jobs import records as jobs
from oql.jobs.holding import Holding
from oql.jobs.records import Job
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import DEFAULT
from oql.models import Models
from substrate.interface import Files
from substrate.opening import open_store


class Here:
    """One namespace and its worker. `ahead`: how many seconds its clock is ahead of the machine's."""

    def __init__(
        self,
        folder: Path,
        url: str = "",
        *,
        models: Models | None = None,
        slots: int = 5,
        on_restart: Any = "resume",
        files: Callable[[str], Files] | None = None,
        **around: Any,
    ) -> None:
        """around: further fields of `oql.context.Environment`."""
        self.store = open_store(url, folder, system=MIGRATIONS)
        self.namespace = self.store.namespace("t")
        self.namespace.make()
        self.slots = slots
        self.ahead = 0.0
        self.faults: list[BaseException] = []
        environment = Environment(models=models, start_chain=lambda namespace, name, inputs: ChainCall(
            self.namespace, name, inputs, lambda path: None, lambda namespace, at: None), **around)  # fmt: skip
        contexts = Contexts(DEFAULT, self.store.namespace, self._report, files, environment)
        self.runner = Runner(Holding(), contexts.make, self.now, forms=forms(slots, on_restart))

    def now(self) -> float:
        """The time."""
        return time.time() + self.ahead

    def _report(self, fault: BaseException, job_id: str = "") -> str:
        self.faults.append(fault)
        return "a fault"

    def save(self, name: str, text: str) -> None:
        """Keeps a chain under a name."""
        self.namespace.write(lambda frame: library.save(frame, "chain", name, text, self.now(), {}))

    def start(self, text: str, kind: str = "chain", **values: Any) -> str:
        """Starts a chain; its id."""
        return self.namespace.write(
            lambda frame: start(
                frame, kind=kind, name="x", text=text, values=values, now=self.now(), limit=self.slots,
                size_of=lambda path: None,
            )
        )  # fmt: skip

    def queue(self, text: str) -> str:
        """Starts a chain that waits for a slot where none is free."""
        return self.namespace.write(
            lambda frame: start(
                frame, kind="chain", name="x", text=text, values={}, now=self.now(), limit=self.slots,
                size_of=lambda path: None, waits=True,
            )
        )  # fmt: skip

    def claim(self) -> Job | None:
        """Takes what is due next."""
        found = self.namespace.write(lambda frame: jobs.claim(frame, self.runner.holding.holder, self.now(), 1))
        return found[0] if found else None

    def drive(self) -> None:
        """Does all that is due."""
        while (job := self.claim()) is not None:
            self.runner.run(self.namespace, job)
        assert not self.faults

    def run(self, text: str, **values: Any) -> str:
        """Runs a chain until it has ended or waits; its id."""
        execution = self.start(text, **values)
        self.drive()
        return execution

    def beside(self) -> threading.Thread:
        """Does all that is due on a thread of its own."""
        thread = threading.Thread(target=self.drive)
        thread.start()
        return thread

    def decide(self, execution: str, step: str, approved: bool = True, reason: str | None = None) -> None:
        """Decides at a gate."""
        self.namespace.write(lambda frame: records.decide(frame, execution, step, approved, reason, "ada", self.now()))

    def cancel(self, execution: str) -> bool:
        """Cancels an execution."""
        return self.namespace.write(lambda frame: records.cancel(frame, execution, "ada", self.now()))

    def resume(self, execution: str) -> None:
        """Resumes an execution."""
        self.namespace.write(lambda frame: records.resume(frame, execution, self.now(), self.slots))

    def found(self, execution: str) -> records.Execution:
        """An execution."""
        found = records.find(self.namespace, execution)
        assert found
        return found

    def inside(self, execution: str) -> list[str]:
        """The ids of the executions inside one, the first ones first."""
        rows = self.namespace.system(
            "SELECT job FROM execution WHERE root = ? AND job <> ? ORDER BY created, place", execution, execution
        )
        return [str(job) for (job,) in rows]

    def events(self, execution: str) -> list[dict[str, Any]]:
        """All that was told."""
        found = events.after(self.namespace, execution, 0, 10_000)
        assert [number for number, _ in found] == list(range(1, len(found) + 1))
        return [event for _, event in found]

    def told(self, execution: str, *kinds: str) -> list[str]:
        """What was told, a line each: the type, the step, and what it says."""
        return [_line(event) for event in self.events(execution) if not kinds or event["type"] in kinds]

    def outputs(self, execution: str) -> dict[str, str | None]:
        """The outputs of all steps; of those that have none, their status."""
        return {
            state.id: state.output if state.status == "done" else state.status
            for state in steps.of(self.namespace, execution)
        }

    def answer(self, execution: str) -> Any:
        """What the job has answered: its result, or [code, message]."""
        answer = self.found(execution).job.answer
        if answer is None or "result" in answer:
            return answer and answer["result"]
        return [answer["error"]["code"], answer["error"]["message"]]

    def until(self, holds: Callable[[], Any]) -> None:
        """Returns once something holds."""
        ends = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < ends
            time.sleep(0.01)


def _line(event: dict[str, Any]) -> str:
    names = ("type", "stepId", "message", "chunk", "error", "result", "prompt", "action", "reason")
    return " ".join(str(event[name]) for name in names if event.get(name))
