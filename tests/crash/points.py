"""One job whose process dies at a named point; another process takes it over, and the judgement of that."""

import time
from pathlib import Path

from oql.jobs import records
from oql.jobs.records import Job
from tests.crash.clients import Given
from tests.crash.forked import dies
from tests.crash.holder import NAMESPACE, Worker, run_on, work_off, working
from tests.crash.oracle import Oracle
from tests.crash.sink import Sink
from tests.crash.works import SET_UP, Work
from worker.marks import Marks

AHEAD_S = 60.0
"""How far the clock of whoever takes over is ahead: every lease is over."""
EVERY_COMMIT = ("before the write", "inside the transaction", "after the commit")
OF_JOBS = ("after the claim of a job", "before the end of a job", "after the end of a job")
OF_FILES = ("before an effect outside", "inside an append", "after an effect outside")


def killed_at(url: str, folder: Path, sink: Sink, work: Work, point: str) -> tuple[bool, list[str]]:
    """Runs a work in a process that dies at the point, and takes it over; whether it died, and what is wrong then."""
    with working(url, folder, sink.at) as before:
        make(before, "set-up", Work("set-up", "set-up", SET_UP))
        run_on(before, 20.0)
        make(before, work.tag, work)
    died = dies(point, work_off, url, folder, sink.at)
    with working(url, folder, sink.at, lambda: time.time() + AHEAD_S) as after:
        run_on(after, 30.0)
        after.drain.drain(NAMESPACE)
        return died, faults(after, sink, work)


def make(worker: Worker, job: str, work: Work) -> None:
    """Makes the job of a work."""
    worker.namespace.write(
        lambda frame: records.create(
            frame, id=job, source=work.source, request={}, now=time.time(), options=work.options
        )
    )


def faults(worker: Worker, sink: Sink, work: Work) -> list[str]:
    """What a work has left that it should not have, or the other way round."""
    oracle = Oracle(worker.store, worker.files, _NO_MARKS, sink)
    oracle.wait_for_the_end([NAMESPACE], 0.0)
    oracle.judge([Given(work, NAMESPACE, "async", {"job_id": work.tag, "status": "accepted"}, 202)])
    return oracle.faults


def found(worker: Worker, job: str) -> Job:
    """The record of a job."""
    one = records.find(worker.namespace, job)
    assert one
    return one


class _NoMarks(Marks):
    """Nobody is to be told."""

    def __init__(self) -> None:
        pass

    def mark(self, namespace: str, at: float) -> None:
        """Does nothing."""


_NO_MARKS = _NoMarks()
