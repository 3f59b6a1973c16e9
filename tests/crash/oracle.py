"""What must be true of every work in the end, however often everything was killed meanwhile."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from oql import deliveries
from oql.jobs import records
from oql.jobs.records import Job
from oql.jobs.states import FINAL
from oql.stored import StoredCache
from substrate.errors import NotFound, StoreError
from substrate.files.opening import FileStore
from substrate.interface import Frame, Namespace, Store
from tests.crash.clients import Given
from tests.crash.sink import Sink
from tests.crash.works import TABLE, Work
from worker.marks import Marks


class Patient:
    """Has any amount of time."""

    def look(self) -> None:
        """Never ends."""

    def claim(self, size: int) -> None:
        """Never too much."""


@dataclass
class Oracle:
    """Judges the works of some namespaces."""

    store: Store
    files: FileStore
    hints: Marks
    sink: Sink
    faults: list[str] = field(default_factory=list)

    def wait_for_the_end(self, names: list[str], seconds: float) -> None:
        """Waits until every job has ended and every webhook has arrived; a fault for each that does not."""
        give_up = time.monotonic() + seconds
        while (left := [text for name in names for text in self._left(name)]) and time.monotonic() < give_up:
            time.sleep(0.1)
        self.faults += [f"not over after {seconds:g} s: {text}" for text in left]

    def judge(self, given: list[Given]) -> None:
        """Compares what each work has left with what it must leave."""
        by_namespace: dict[str, list[Given]] = defaultdict(list)
        for one in given:
            by_namespace[one.namespace].append(one)
        for name, works in by_namespace.items():
            namespace = self.store.namespace(name)
            rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for row in namespace.query({"Scan": {"schema": TABLE}}):
                rows[row["tag"]].append(row)
            for one in works:
                self._judge(namespace, one, rows[one.work.tag])

    def _left(self, name: str) -> list[str]:
        namespace = self.store.namespace(name)
        try:
            jobs = namespace.system(
                "SELECT id, state, due FROM job WHERE state NOT IN ('complete', 'error', 'cancelled')"
            )
            sent = namespace.system("SELECT id, due, state FROM delivery WHERE state = 'pending'")
            if sent and not jobs:
                self._hasten(namespace)
        except (NotFound, StoreError) as error:
            return [str(error)]
        now = time.time()
        return [f"job {job!s} of {name} is {state!s}, due in {_seconds(due, now)}" for job, state, due in jobs] + [
            f"delivery {delivery!s} of {name}, due in {_seconds(due, now)}" for delivery, due, _ in sent
        ]

    def _hasten(self, namespace: Namespace) -> None:
        """A webhook that could not be sent is tried again after some time, at last minutes; here that has passed."""
        now = time.time()

        def work(frame: Frame) -> None:
            frame.system("UPDATE delivery SET due = ? WHERE state = 'pending' AND due > ?", now, now + 10)

        namespace.write(work)
        self.hints.mark(namespace.name, now)

    def _judge(self, namespace: Namespace, one: Given, rows: list[dict[str, Any]]) -> None:
        work = one.work
        found = Counter(int(row["step"]) for row in rows)
        twice = {step: count for step, count in found.items() if count > 1}
        if twice or set(found) - set(work.steps):
            self._fault(one, f"rows by step {dict(found)}, expected each of {work.steps} once at most")
        if one.mode == "plain" and (one.answer is None or one.answer["status"] in ("ok", "error")):
            self._judge_answer(one, found)
            return
        job = records.find(namespace, one.job or "") or records.find_by_key(namespace, work.tag)
        if job is None:
            self._fault(one, "accepted, but there is no such job")
        elif job.state == "cancelled" and work.cancels:
            self._judge_cancelled(one, sum(found.values()))
        elif job.state in FINAL:
            self._judge_job(namespace, one, job, found, rows)

    def _judge_answer(self, one: Given, found: Counter[int]) -> None:
        """Of a run that was no job: what was answered as done is done."""
        answer = one.answer
        if (
            answer
            and answer["status"] == "ok"
            and (set(found) != set(one.work.steps) or answer["result"] != one.work.result)
        ):
            self._fault(one, f"answered {answer['result']!r} with rows {dict(found)}")

    def _judge_cancelled(self, one: Given, rows: int) -> None:
        """Nothing was done behind the answer, where that was seen."""
        if one.rows is not None and rows != one.rows:
            self._fault(one, f"{rows} rows, {one.rows} when it was said to be cancelled")

    def _judge_job(
        self, namespace: Namespace, one: Given, job: Job, found: Counter[int], rows: list[dict[str, Any]]
    ) -> None:
        work, answer = one.work, job.answer or {}
        result = answer.get("result") if job.state == "complete" else (answer.get("error") or {}).get("code")
        if (job.state, result) != (work.state, work.result):
            self._fault(one, f"ended as {job.state} with {answer!r:.500}, expected {work.state} with {work.result!r}")
        if found != Counter(work.steps):
            self._fault(one, f"rows by step {dict(found)}, expected {work.steps} once each; job {job.id}")
        if work.same and len({row["value"] for row in rows}) > 1:
            self._fault(one, "what was random has changed on the way")
        self._judge_rest(namespace, one, job)

    def _judge_rest(self, namespace: Namespace, one: Given, job: Job) -> None:
        work = one.work
        if work.cached is not None and (kept := StoredCache(namespace).get(work.tag, time.time())) != work.cached:
            self._fault(one, f"cached {kept!r}, expected {work.cached!r}")
        if work.file is not None:
            self._judge_file(one, f"/root/{work.tag}/result", work.file)
        queued = {delivery.id for delivery in deliveries.listed(namespace, job.id)}
        came = self.sink.of(work.tag)
        if len(queued) != work.hooks or set(came) != queued:
            self._fault(one, f"queued {sorted(queued)}, expected {work.hooks}; came {sorted(came)}")
        self.faults += [
            f"{work.tag}: {name} came with different bodies" for name, kept in came.items() if len(kept) > 1
        ]

    def _judge_file(self, one: Given, path: str, expected: str) -> None:
        try:
            text = self.files.of(one.namespace).read(path, 10_000, Patient()).decode()
        except StoreError as error:
            text = error.message
        if text != expected:
            self._fault(one, f"{path} holds {text!r}, expected {expected!r}")

    def _fault(self, one: Given, text: str) -> None:
        self.faults.append(f"{one.namespace} {_told(one.work)} ({one.mode}): {text}")


def _told(work: Work) -> str:
    return f"{work.tag} [{work.kind}]"


def _seconds(due: Any, now: float) -> str:
    return "never" if due is None else f"{due - now:.1f} s"
