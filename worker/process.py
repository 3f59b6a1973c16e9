"""The main parts of a job worker's process and of a scheduler's: title, signals, the watch on the parent, the end."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from setproctitle import setproctitle

from accounts.opening import open_accounts
from oql.context import report_fault
from oql.jobs.due import next_due
from oql.jobs.schema import MIGRATIONS
from oql.settings import Settings
from substrate.opening import open_store
from worker.deliveries import open_deliverer
from worker.dispatch import Dispatcher
from worker.drain import NamespaceDrain
from worker.opening import open_hints, open_workshop
from worker.scheduler import Scheduler

THREADS = 32
"""Drains at once in one process; a job mostly waits."""
PARENT_SECONDS = 1.0
"""How often a process looks whether its parent is there."""

_log = logging.getLogger("oql.worker")


def _report(fault: BaseException, job_id: str = "") -> str:
    """Logs a fault of ours; the id that it returns is all that people see of it."""
    return report_fault(fault)


def run_worker(settings: Settings, parent: int | None = None, base_url: str | None = None) -> None:
    """A job worker, until it is told to end or its parent is gone. Returns within the grace time.

    base_url: how links to the server begin, where the settings do not say.
    """
    with process("oql: worker", parent) as stopping:
        hints = open_hints(settings)
        links = (base_url or settings.base_url or "").rstrip("/")
        shop = open_workshop(settings, open_accounts(settings), links, _report, hints)
        shop.store.ready()
        drain = NamespaceDrain(
            shop.store.namespace, shop.runner, open_deliverer(settings, shop.outbound), hints.mark,
            launcher=shop.launcher,
            keep_executions_s=settings.execution_max_age_days * 86_400 or None,
        )  # fmt: skip
        dispatcher = Dispatcher(drain.drain, hints, THREADS)
        dispatcher.start()
        wait(stopping, parent)
        dispatcher.stop()
        drain.stop()
        if not dispatcher.join(settings.grace_s if stopping.is_set() else PARENT_SECONDS):
            _log.warning("jobs that do not stop are left to other workers")
        shop.close()


def run_scheduler(settings: Settings, parent: int | None = None) -> None:
    """A scheduler, until it is told to end or its parent is gone."""
    with process("oql: scheduler", parent) as stopping:
        store, hints = open_store(settings.store or "", settings.data, system=MIGRATIONS), open_hints(settings)
        scheduler = Scheduler(hints, store.names, lambda name: next_due(store.namespace(name), time.time()))
        for work in (scheduler.keep_sending, scheduler.keep_walking):
            threading.Thread(target=work, args=(stopping,), daemon=True).start()
        wait(stopping, parent)
        hints.close()


@contextmanager
def process(title: str, parent: int | None) -> Iterator[threading.Event]:
    """Title and signals. Of a tree, the master alone decides what Ctrl-C and a closed terminal mean."""
    setproctitle(title)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN if parent else lambda *_: stopping.set())
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    for number in (signal.SIGQUIT, signal.SIGCHLD, signal.SIGUSR2, signal.SIGWINCH):
        signal.signal(number, signal.SIG_DFL)
    yield stopping


def wait(stopping: threading.Event, parent: int | None) -> None:
    """Returns when the process is told to end, or its parent is gone."""
    while not stopping.wait(PARENT_SECONDS):
        if parent and os.getppid() != parent:
            return


def in_child(main: Callable[[], None]) -> int:
    """Forks, and runs `main` in the child, which ends after it without touching what it has from its parent."""
    sys.stdout.flush()
    sys.stderr.flush()
    # The parent's handlers only note a signal; in the child nobody would read that.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        return pid
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        main()
        code = 0
    except BaseException as error:  # noqa: BLE001 - nothing of the parent's may run in the child
        _log.error("a process has failed", exc_info=error)
    finally:
        os._exit(code)
