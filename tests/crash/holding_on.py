"""Who holds a job of a running server, and the ways in which it loses it."""

import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from oql.jobs import records
from oql.jobs.records import Job
from oql.jobs.schema import MIGRATIONS
from oql.jobs.states import FINAL
from substrate.errors import NotFound
from substrate.files.opening import FileStore
from substrate.interface import Store
from substrate.opening import open_control, open_store
from tests.crash.clients import Client, Given, Login
from tests.crash.killing import Target
from tests.crash.oracle import Oracle
from tests.crash.sink import Sink
from tests.crash.works import Work, rows_of
from tests.http.running import until
from worker.hints import Hints
from worker.marks import DATABASE, MIGRATIONS as MARKS

PATIENCE_S = 60.0


@dataclass
class Watched:
    """One work on a server, seen from its store."""

    target: Target
    login: Login
    work: Work
    store: Store
    job_id: str = ""

    def give(self) -> None:
        """Has the server accept it."""
        client = Client(self.login, iter(()), self.target.url)
        given = client.give(self.work, "async")
        assert not client.faults, client.faults
        assert given.job
        self.job_id = given.job

    def job(self) -> Job | None:
        """Its record, where there is one yet."""
        try:
            return records.find(self.store.namespace(self.login.namespace), self.job_id)
        except NotFound:
            return None

    def rows(self) -> int:
        """How many rows it has inserted."""
        return len(rows_of(self.store.namespace(self.login.namespace), self.work.tag))

    def holder(self) -> int:
        """The process that runs it, once it has done something."""
        until(lambda: self.rows() > 1, PATIENCE_S)
        job = until(lambda: (found := self.job()) and found.holder and found, PATIENCE_S)
        return int(job.holder.split(":")[1])

    def taken_over_after(self, fence: int) -> float:
        """Waits until somebody has claimed it again; the seconds."""
        began = time.monotonic()
        until(lambda: (job := self.job()) and job.fence > fence, PATIENCE_S)
        return time.monotonic() - began

    def fence(self) -> int:
        """How often it was claimed."""
        job = self.job()
        assert job
        return job.fence

    def ended(self) -> Job:
        """The record once it is over."""
        found: Job = until(lambda: (job := self.job()) and job.state in FINAL and job, PATIENCE_S)
        return found


def kill_holder(watched: Watched) -> float:
    """Kills the process that runs a job; the seconds until another runs it."""
    pid, fence = watched.holder(), watched.fence()
    watched.target.note(f"kill {pid}, the holder of {watched.work.tag}")
    os.kill(pid, signal.SIGKILL)
    return watched.taken_over_after(fence)


def freeze_holder(watched: Watched, at_least_s: float = 0.0) -> float:
    """Stops the process that runs a job until another does, then lets it go on; the seconds until then."""
    pid, fence = watched.holder(), watched.fence()
    watched.target.note(f"freeze {pid}, the holder of {watched.work.tag}")
    began = time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        taken = watched.taken_over_after(fence)
        time.sleep(max(0.0, began + at_least_s - time.monotonic()))
    finally:
        os.kill(pid, signal.SIGCONT)
    watched.target.note(f"{pid} goes on")
    return taken


def opened(target: Target) -> Store:
    """The store of a server, for the eyes of a test."""
    return open_store(target.store, target.data, system=MIGRATIONS)


def judged(works: list[Watched], sink: Sink) -> list[str]:
    """Waits for the end of all of them; what is wrong then."""
    target, store = works[0].target, works[0].store
    hints = Hints(open_control(target.store, target.data, DATABASE, MARKS), None)
    oracle = Oracle(store, FileStore(target.data, target.url), hints, sink)
    oracle.wait_for_the_end([one.login.namespace for one in works], PATIENCE_S)
    oracle.judge([Given(one.work, one.login.namespace, "async", {"job_id": one.job_id, "status": "accepted"}, 202)
                  for one in works])  # fmt: skip
    hints.close()
    return oracle.faults


def target_in(folder: Path, sink: Sink, seed: int = 1, **environment: str) -> Target:
    """A server whose workers may call the sink."""
    return Target(folder / "data", {"outbound_allow": sink.at, "grace_s": "10"} | environment, random.Random(seed))
