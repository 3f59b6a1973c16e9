"""The process tree of `oql serve`, on one data folder.

serve            claims the folder, takes the port, then becomes
oql: master      gunicorn's master; starts all others, and starts them again when they die
oql: web         each answers requests
oql: worker      each runs jobs; `oql worker` is one without a tree
oql: scheduler   wakes job workers when work becomes due
oql: replication keeps the lease of a server with a `node_id`, or follows another server
oql: valkey      carries the calls that wake them, where no Redis is set

All of them end within a second of their master's death.
"""

import os
import resource
import shutil
import sys
from pathlib import Path

from oql.settings import Settings
from server.process.folder import Refusal, claim, say
from server.process.listening import listen, listen_too, url_of

SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Libraries that would start a thread for each core in every worker."""


def serve(settings: Settings) -> int:
    """Runs the server until it is told to end. Exit code: 0 ended as asked, 1 cannot run, 2 asked wrongly."""
    os.umask(0o077)
    try:
        lock = claim(settings.data)
        private = settings.dev and not settings.allow_public_dev
        listener = listen(settings.host, settings.port, loopback_only=private)
        second = listen_too(settings.rest_address, loopback_only=private)
        base_url = (settings.base_url or url_of(listener)).rstrip("/")
        prepare(settings)
        _check_key(settings)
        _stand(settings)
        # Only now: the figures look at the environment when they are imported.
        from server.process.master import Web

        say(lock, base_url)
        return Web(settings, [listener, *([second] if second else [])], base_url).run_to_end()
    except Refusal as refusal:
        sys.stderr.write(f"oql: {refusal}\n")
        return refusal.exit_code
    except KeyboardInterrupt:
        return 0


def _check_key(settings: Settings) -> None:
    from substrate.errors import StoreError
    from substrate.interface import DatabaseError
    from worker.keys import WrongKey, check_key

    try:
        check_key(settings)
    except WrongKey as error:
        raise Refusal(str(error)) from None
    except (DatabaseError, StoreError) as error:
        raise Refusal(f"cannot open the store: {error}") from None


def _stand(settings: Settings) -> None:
    from substrate.errors import StoreError
    from substrate.interface import DatabaseError
    from worker.backup.restoring import INCOMPLETE
    from worker.replication.process import begin

    if (settings.data / INCOMPLETE).exists():
        raise Refusal("a backup was not restored to its end: run `oql restore --force` again")
    try:
        begin(settings)
    except (DatabaseError, StoreError, OSError) as error:
        raise Refusal(f"cannot open the store: {error}") from None


def work(settings: Settings) -> int:
    """Runs one more job worker until it is told to end. Exit code: 0 ended as asked, 1 cannot run."""
    os.umask(0o077)
    figures = settings.data / "metrics"
    prepare_process(figures if figures.is_dir() else None)
    from server import logs, metrics
    from substrate.errors import StoreError
    from substrate.interface import DatabaseError
    from worker.keys import WrongKey, check_key
    from worker.process import run_worker

    logs.configure(settings)
    try:
        check_key(settings)
        run_worker(settings)
    except WrongKey as error:
        sys.stderr.write(f"oql: {error}\n")
        return 1
    except (DatabaseError, StoreError) as error:
        sys.stderr.write(f"oql: cannot open the store: {error}\n")
        return 1
    if figures.is_dir():
        metrics.forget_process(os.getpid())
    return 0


def prepare(settings: Settings) -> None:
    figures = settings.data / "metrics"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir()
    prepare_process(figures)


def prepare_process(figures: Path | None) -> None:
    """What has to be so before the larger modules are imported. `figures`: where the processes of a tree add theirs."""
    for name in SINGLE_THREADED:
        os.environ.setdefault(name, "1")
    if figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
