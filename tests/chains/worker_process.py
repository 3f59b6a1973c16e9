"""A job worker of one namespace that runs chains: within a test, or as a process of its own, which a test may kill.

Arguments: the URL of the store, its folder, and how many seconds its clock is ahead. On its input come Unix times, on a
line each: it starts what is scheduled until then, and says so. Then it runs what is due until nothing is.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chains.launching import Launcher, launcher
from chains.running.forms import forms
from chains.schedules.firing import fire_due
from oql.chain_options import ChainOptions
from oql.context import Environment, report_fault
from oql.contexts import Contexts
from oql.jobs.due import next_job
from oql.jobs.holding import Holding
from oql.jobs.runner import Runner
from oql.jobs.schema import MIGRATIONS
from oql.limits import DEFAULT
from oql.models import Models
from oql.outbound import Outbound
from oql.settings import Settings
from substrate.files.opening import FileStore
from substrate.interface import Namespace, Store
from substrate.opening import open_store
from worker.deliveries import Deliverer
from worker.drain import NamespaceDrain

NAMESPACE = "user_chains"
SLOTS = 5


@dataclass(frozen=True, slots=True)
class Worker:
    """The parts of a job worker, without hints and marks."""

    store: Store
    files: FileStore
    drain: NamespaceDrain
    clock: Callable[[], float]

    @property
    def namespace(self) -> Namespace:
        """The namespace whose jobs it runs."""
        return self.store.namespace(NAMESPACE)

    @property
    def launch(self) -> Launcher:
        """Starts executions there."""
        return launcher(SLOTS, self.files.of(NAMESPACE))

    def run(self, seconds: float = 30.0) -> None:
        """Does what is due until no job is any more, nor soon will be."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            self.drain.drain(NAMESPACE)
            due = next_job(self.namespace, self.clock())
            if due is None or due > self.clock() + 60:  # only people are waited for
                return
            time.sleep(0.01)


@contextmanager
def working(
    url: str, folder: Path, clock: Callable[[], float] = time.time, models: Models | None = None
) -> Iterator[Worker]:
    """A worker, whose clock may go ahead: then it takes over at once what others have held."""
    store = open_store(url, folder, system=MIGRATIONS)
    files, outbound = FileStore(folder, lambda: "http://localhost"), Outbound([])
    options = ChainOptions.of(Settings(data=folder), {})
    contexts = Contexts(
        DEFAULT, store.namespace, lambda fault, **_: report_fault(fault), files.of,
        Environment(outbound, models=models, chains=options),
    )  # fmt: skip
    runner = Runner(Holding(), contexts.make, clock, forms=forms(SLOTS, "resume"))
    deliverer = Deliverer(outbound, None, lambda _: "whsec_c2VjcmV0")
    starts: Callable[[str], Launcher] = lambda namespace: launcher(SLOTS, files.of(namespace))  # noqa: E731 - one line
    drain = NamespaceDrain(store.namespace, runner, deliverer, lambda *_: None, clock, launcher=starts)
    yield Worker(store, files, drain, clock)
    outbound.close()
    files.close()
    store.close()


def start(url: str, folder: Path, ahead: float = 0.0) -> subprocess.Popen[str]:
    """Such a worker as a process of its own."""
    command = [sys.executable, "-m", "tests.chains.worker_process", url, str(folder), str(ahead)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Starts what is scheduled, then runs what is due until nothing is."""
    ahead = float(sys.argv[3])
    with working(sys.argv[1], Path(sys.argv[2]), lambda: time.time() + ahead) as worker:
        _say("ready")
        for line in sys.stdin:
            fire_due(worker.namespace, float(line), worker.launch)
            _say("fired")
        worker.run()


if __name__ == "__main__":
    main()
