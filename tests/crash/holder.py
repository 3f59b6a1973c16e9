"""A worker that runs the due jobs of one namespace: here, or as `tests.crash.forked` has it in a process that dies."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chains.running.forms import forms
from oql.context import Environment, report_fault
from oql.contexts import Contexts
from oql.jobs.due import next_job
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import DEFAULT
from oql.models import Endpoint, Models
from oql.outbound import Outbound
from substrate.files.opening import FileStore
from substrate.interface import Namespace, Store
from substrate.opening import open_store
from worker.deliveries import Deliverer
from worker.drain import NamespaceDrain

NAMESPACE = "user_crash"
LONG_S = 1_000.0
"""What is due so late is due because somebody is asked."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts of a job worker that this process has for itself, without hints and marks."""

    store: Store
    files: FileStore
    runner: Runner
    drain: NamespaceDrain

    @property
    def namespace(self) -> Namespace:
        """The namespace whose jobs it runs."""
        return self.store.namespace(NAMESPACE)


@contextmanager
def working(
    url: str, folder: Path, sink: str, clock: Callable[[], float] = time.time, *, model: str = ""
) -> Iterator[Worker]:
    """A worker, whose clock may go ahead: then it takes over at once what others have held.

    model: the host and port of a service that speaks for models.
    """
    store = open_store(url, folder, system=MIGRATIONS)
    files, outbound = FileStore(folder, lambda: "http://localhost"), Outbound([sink])
    contexts = Contexts(
        DEFAULT, store.namespace, lambda fault, **_: report_fault(fault), files.of,
        Environment(outbound, models=_models(model)),
    )  # fmt: skip
    runner = Runner(Holding(), contexts.make, clock, forms=forms(5, "resume"))
    deliverer = Deliverer(outbound, None, lambda _: "whsec_c2VjcmV0")
    yield Worker(store, files, runner, NamespaceDrain(store.namespace, runner, deliverer, lambda *_: None, clock))
    outbound.close()
    files.close()
    store.close()


def _models(at: str) -> Models | None:
    return Models(Endpoint(f"http://{at}/v1", "openai", default="small"), Outbound([at])) if at else None


def run_on(worker: Worker, seconds: float) -> None:
    """Runs jobs until none is due any more, or asks somebody, or the time is over."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        worker.drain.drain(NAMESPACE)
        due = next_job(worker.namespace, worker.runner.clock())
        if due is None or due > worker.runner.clock() + LONG_S:
            return
        time.sleep(0.02)


def work_off(url: str, folder: Path, sink: str, model: str = "") -> None:
    """Runs jobs until nothing is due, or somebody kills the process.

    sink, model: the hosts and ports that webhooks may reach, and of a service of language models, where there is one.
    """
    with working(url, folder, sink, model=model) as worker:
        run_on(worker, 30.0)
