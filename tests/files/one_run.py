"""A process that takes the one job of a namespace and runs it to its end, or dies where OQL_KILL_AT says."""

import sys
import time
from pathlib import Path

from oql.context import report_fault
from oql.contexts import Contexts
from oql.jobs import records
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import Limits
from substrate.files.opening import FileStore
from substrate.opening import open_store
from tests.files.asking import NAMESPACE


def run(data: Path) -> None:
    """Claims the job, as if its last holder had been silent for long, and runs it."""
    store = open_store("", data, system=MIGRATIONS)
    files = FileStore(data, lambda: "https://oql.example.com")
    contexts = Contexts(Limits(), store.namespace, lambda fault, job_id: report_fault(fault), files.of)
    runner = Runner(Holding(), contexts.make)
    there = store.namespace(NAMESPACE)
    now = time.time() + 2 * records.LEASE_S
    [job] = there.write(lambda frame: records.claim(frame, runner.holding.holder, now, 1))
    runner.run(there, job)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
