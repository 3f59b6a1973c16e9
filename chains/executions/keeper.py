"""Writes for one run of one execution: its journal, and beside it what the outbox holds, in the same commits."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chains.executions.events import Event
from chains.executions.outbox import Outbox
from oql.jobs.executions import answer_of, hand_slot_on
from oql.jobs.records import JobKeeper, answer as answer_job
from oql.jobs.states import State
from oql.jobs.waits import OpenWait, open_all, settled
from oql.journal import CALLS, Entry, Wait
from oql.progress import Told
from substrate.interface import Frame, Namespace


class ExecutionKeeper(JobKeeper):
    """See `oql.journal.Keeper`. `clock` gives Unix seconds."""

    def __init__(
        self,
        job: str,
        fence: int,
        written: int,
        outbox: Outbox,
        clock: Callable[[], float],
        answers: tuple[str, str] | None = None,
    ) -> None:
        """`answers`: the job and the key of the wait that this execution answers, where one waits for it."""
        super().__init__(job, fence, written)
        self._answers = answers
        self.outbox = outbox
        self._clock = clock

    @property
    def waiting(self) -> bool:
        """Whether the outbox holds something."""
        return self.outbox.waiting

    def opened(self, wait: Wait) -> None:
        """Lets people see at once what a step waits for."""
        self.outbox.put(self.job, work=lambda frame: open_all(frame, self.job, [wait], self._clock()))

    def answers(self, store: Namespace, keys: Sequence[str]) -> list[Entry]:
        """Answers that have come, and deadlines that have passed."""
        return settled(store, self.job, keys, self._clock())

    def append(self, frame: Frame, entries: list[Entry], told: list[Told], *, last: bool = False) -> None:
        """Adds to the journal, and writes what the outbox holds. Raises Fenced, LimitExceeded."""
        super().append(frame, entries, told, last=last)
        if any("v" in entry and entry["k"] != CALLS for entry in entries):  # not what only says that something began
            frame.system("UPDATE execution SET stalls = 0 WHERE job = ? AND stalls > 0", self.job)
        self.outbox.write(frame)

    def end(self, frame: Frame, state: State, answer: Mapping[str, Any], now: float) -> None:
        """Ends the job, tells how, and frees its slot. Raises Fenced."""
        super().end(frame, state, answer, now)
        self.outbox.put(self.job, self._final(frame, state, answer, now))
        self.outbox.write(frame)
        if self._answers:
            job, key = self._answers
            answer_job(frame, job, key, answer_of(answer), self.job, now)
        hand_slot_on(frame, self.job, now)

    def _final(self, frame: Frame, state: State, answer: Mapping[str, Any], now: float) -> Event:
        if state != "complete":
            return {"type": "execution_error", "executionId": self.job, "error": answer["error"]["message"]}
        [(created,)] = frame.system("SELECT created FROM execution WHERE job = ?", self.job)
        duration = max(0, round((now - float(created)) * 1_000))  # type: ignore[arg-type] # a number
        return {
            "type": "execution_done", "executionId": self.job, "result": answer["result"], "durationMs": duration,
        }  # fmt: skip

    def release(self, frame: Frame, due: float) -> None:
        """Gives the job back. Raises Fenced."""
        super().release(frame, due)
        self._given_up(frame)

    def suspend(self, frame: Frame, waits: Sequence[Wait], now: float) -> list[OpenWait]:
        """Lets the job wait, without its slot. Raises Fenced."""
        found = super().suspend(frame, waits, now)
        self._given_up(frame)
        frame.system("UPDATE execution SET decided = 1 WHERE job = ? AND slot IS NOT NULL", self.job)
        hand_slot_on(frame, self.job, now)
        return found

    def _given_up(self, frame: Frame) -> None:
        frame.system("UPDATE execution SET given_up = ? WHERE job = ?", self.fence, self.job)
