"""One wait of one job, and those who race to end it: an answer, a cancellation, its deadline, each in its own store."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from oql.jobs import answering, journals, records, waits
from oql.jobs.records import Job, JobKeeper
from oql.journal import Fenced, Wait
from substrate.interface import Frame, Namespace

KEY = "1?"
DEADLINE_S = 10.0


@dataclass
class Race:
    """What came of one race: who thinks to have won, and what is in the store. `faults`: what does not fit."""

    job: Job
    wait: str
    entries: list[dict[str, Any]]
    won: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def raced(stores: list[Namespace], job: str, now: float, pool: ThreadPoolExecutor) -> Race:
    """Makes a job that waits, lets all three at it at the same moment, and judges what has come of it."""
    stores[0].write(lambda frame: _suspended(frame, job, now))
    end = now + DEADLINE_S
    racers: dict[str, Callable[[], bool]] = {
        "answer": lambda: _answers(stores[0], job, end - 0.001),
        "cancel": lambda: stores[1].write(lambda frame: records.cancel(frame, job, "canceller", end)) is not None,
        "deadline": lambda: (
            stores[2].write(lambda frame: records.claim_one(frame, job, "worker", end + 0.001)) is not None
        ),
    }
    start = threading.Barrier(len(racers))

    def go(name: str) -> tuple[str, bool]:
        start.wait(30)
        return name, racers[name]()

    won = [name for name, has in pool.map(go, racers) if has]
    return _judged(stores[0], job, won, end)


def _suspended(frame: Frame, job: str, now: float) -> None:
    records.create(frame, id=job, source='CONFIRM "?"', request={}, now=now, holder="first")
    JobKeeper(job, 1).suspend(frame, [Wait(KEY, "confirm", {"prompt": "?"}, DEADLINE_S)], now)


def _answers(namespace: Namespace, job: str, now: float) -> bool:
    answer = answering.Answer(decision={"approved": True})
    try:
        namespace.write(lambda frame: answering.give(frame, job, answer, "somebody", now))
    except answering.Over:
        return False
    return True


def _judged(namespace: Namespace, job_id: str, won: list[str], end: float) -> Race:
    job = records.find(namespace, job_id)
    assert job
    (wait,) = waits.of_job(namespace, job_id)
    entries = [entry for entry in journals.read(namespace, job_id)[0] if entry["k"] == KEY]
    race = Race(job, wait.state, entries, won)
    recorded = ["answered" if "v" in entry else "expired" for entry in entries]
    for fits, text in (
        (wait.state != "open" or not won, "it is open still"),
        (won, "nobody has won"),
        (("answer" in won) == (wait.state == "answered"), "an answer was taken that is not there, or refused and is"),
        (recorded == [wait.state] * (wait.state in ("answered", "expired")), f"recorded {recorded}"),
        (("cancel" in won) == (job.state == "cancelled"), "cancelled, or not, against what was said"),
        (job.state != "cancelled" or not _goes_on(namespace, job, end), "it goes on although it was cancelled"),
        (wait.state != "answered" or wait.answered_by == "somebody", "it does not say who has answered"),
        (wait.answered is not None, "it does not say when"),
    ):
        if not fits:
            race.faults.append(f"{text}: won {won}, the job is {job.state}, its wait {wait.state}")
    return race


def _goes_on(namespace: Namespace, job: Job, end: float) -> bool:
    """Whether anybody may still run a job: take it, or write for it."""

    def work(frame: Frame) -> bool:
        if records.claim_one(frame, job.id, "late", end + 1_000) is not None:
            return True
        try:
            JobKeeper(job.id, job.fence).append(frame, [{"k": "2", "v": 1}], [])
        except Fenced:
            return False
        return True

    return namespace.write(work)
