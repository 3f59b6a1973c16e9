"""CHAIN RUN: an execution that a program starts, and whose end answers what the program waits for.

It takes no slot, since whoever waits for it may hold one. Its id comes from the step that starts it, so that a
repetition of the step finds it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chains import library
from chains.executions.records import find
from chains.lowering import ChainRefused
from chains.running.nested import MOST_DEPTH
from chains.starting import start
from oql.errors import Code, failed
from oql.jobs import records as jobs, waits
from oql.jobs.executions import answer_of
from oql.journal import Wait
from oql.local import wall_clock
from oql.values import Value
from substrate.errors import StoreError
from substrate.interface import Frame, Namespace


@dataclass(frozen=True, slots=True)
class ChainCall:
    """One execution that a program wants. `mark(namespace, at)` has workers look for it."""

    namespace: Namespace
    name: str
    inputs: Mapping[str, Value]
    size_of: Callable[[str], int | None]
    mark: Callable[[str, float], None]

    def begin(self, job: str, key: str) -> str:
        """See `oql.context.StartedChain`."""
        execution = hashlib.sha256(f"{job}:{key}".encode()).hexdigest()[:16]
        now = wall_clock()
        try:
            self.namespace.write(lambda frame: self._start(frame, execution, job, key, now))
        except StoreError as error:
            raise failed(Code.CHAIN_FAILED, f"the chain cannot be started: {error.message}") from None
        self.mark(self.namespace.name, now)
        return execution

    def outcome(self, execution: str) -> Value:
        """See `oql.context.StartedChain`."""
        found = find(self.namespace, execution)
        return None if found is None or found.job.finished is None else answer_of(found.job.answer)

    def _start(self, frame: Frame, execution: str, job: str, key: str, now: float) -> None:
        if find(frame, execution):
            return
        saved = library.find(frame, "chain", self.name)
        if saved is None:
            raise failed(Code.CHAIN_FAILED, f'Chain "{self.name}" not found')
        outer = jobs.find(frame, job)
        depth = int(outer.options.get("depth", 0)) + 1 if outer else 1
        if depth > MOST_DEPTH:
            raise failed(Code.CHAIN_FAILED, "Subchain depth limit reached")
        try:
            start(
                frame, kind="chain", name=self.name, text=saved.text, values=self.inputs, now=now, limit=0,
                size_of=self.size_of, execution=execution, parent=job,
                options={"depth": depth, "answers": [job, key]},
            )  # fmt: skip
        except ChainRefused as error:
            raise failed(Code.CHAIN_FAILED, error.message, error.hint) from None
        waits.open_all(frame, job, [Wait(key, "chain", {"execution": execution}, None)], now)
