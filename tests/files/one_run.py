"""What another process does: it takes the one job of a namespace and runs it to its end, or adds to a file."""

import time
from pathlib import Path

from oql.context import report_fault
from oql.contexts import Contexts
from oql.jobs import records
from oql.jobs.holding import Holding
from oql.jobs.records import Job
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import Limits
from substrate.files.opening import FileStore
from substrate.interface import Frame
from substrate.opening import open_store
from tests.files.asking import ASKER, NAMESPACE


def run(data: Path) -> None:
    """Claims the job, as if its last holder had been silent for long, and runs it."""
    store = open_store("", data, system=MIGRATIONS)
    files = FileStore(data, lambda: "https://oql.example.com")
    contexts = Contexts(Limits(), store.namespace, lambda fault, job_id: report_fault(fault), files.of)
    runner = Runner(Holding(), contexts.make)
    there = store.namespace(NAMESPACE)

    def claim(frame: Frame) -> list[Job]:
        frame.system("UPDATE job SET due = 0 WHERE state = 'running'")
        return records.claim(frame, runner.holding.holder, time.time(), 1)

    [job] = there.write(claim)
    runner.run(there, job)


def append(data: Path, path: str, text: bytes) -> None:
    """Adds to a file."""
    FileStore(data, str).of(NAMESPACE).write(path, text, ASKER, append=True)
