"""The process tree of `oql serve`, on one data folder.

serve            claims the folder, takes the port, then becomes
oql: master      gunicorn's master; starts all others, and starts them again when they die
oql: web         each answers requests
oql: worker      each runs jobs; `oql worker` is one without a tree
oql: scheduler   wakes job workers when work becomes due
oql: replication keeps the lease of a server with a `node_id`, or follows another server
oql: valkey      carries the calls that wake them, where no Redis is set

All of them end within a second of their master's death. At SIGUSR2 the master becomes the program that is installed
then (`server.process.handing`).
"""

import os
import resource
import shutil
import signal
import socket
import sys
from pathlib import Path

import oql
from oql.settings import Settings
from server.process import allocator, folder_format, handing
from server.process.folder import Refusal, claim, say
from server.process.handing import Handed
from server.process.listening import given, listen, listen_too, url_of

SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Libraries that would start a thread for each core in every worker."""
ENDING_SECONDS = 5.0
"""What processes may take to end when their grace is over."""


def serve(settings: Settings) -> int:
    """Runs the server until it is told to end. Exit code: 0 ended as asked, 1 cannot run, 2 asked wrongly."""
    os.umask(0o077)
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)  # until the master listens to it
    handed = handing.taken()
    try:
        lock = handed.lock if handed else claim(settings.data)
        changes = folder_format.examine(settings.data)
        listeners = _listeners(settings, handed)
        base_url = (settings.base_url or url_of(listeners[0])).rstrip("/")
        prepare(settings, afresh=handed is None)
        # Only now: the figures look at the environment when they are imported.
        from server.process.former import Former
        from server.process.master import Web

        former = Former(handed)
        if changes or settings.node_id or settings.replicate_from:  # no two programs work beside each other then
            former.end(settings.grace_s + ENDING_SECONDS)
        folder_format.note(settings.data)
        _check_key(settings)
        _make_room(settings)
        _stand(settings)
        say(lock, base_url)
        return Web(settings, listeners, base_url, lock, former).run_to_end()
    except Refusal as refusal:
        sys.stderr.write(f"oql: {refusal}\n")
        return refusal.exit_code
    except KeyboardInterrupt:
        return 0


def check(settings: Settings) -> int:
    """Looks whether `serve` could start here with these settings, and changes nothing. Exit code as that of `serve`."""
    from server.app import create_app
    from worker.keys import key_problem

    try:
        changes = folder_format.examine(settings.data)
    except Refusal as refusal:
        sys.stderr.write(f"oql: {refusal}\n")
        return refusal.exit_code
    problem = key_problem(settings)
    if problem:
        sys.stderr.write(f"oql: {problem}\n")
        return 1
    assert callable(create_app)
    layout = "would be brought up to date" if changes else "is as this version writes it"
    sys.stdout.write(f"OQL {oql.__version__} can start; the data folder {settings.data} {layout}\n")
    return 0


def _listeners(settings: Settings, handed: Handed | None) -> list[socket.socket]:
    """Where to listen: what an earlier program listened to, else what the service manager gives, else the settings."""
    if handed:
        return [socket.socket(fileno=each) for each in handed.listeners]
    private = settings.dev and not settings.allow_public_dev
    first = given(loopback_only=private) or [listen(settings.host, settings.port, loopback_only=private)]
    second = listen_too(settings.rest_address, loopback_only=private)
    return [*first, *([second] if second else [])]


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
    except OSError as error:
        raise Refusal(f"cannot use the data folder {settings.data}: {error.strerror}") from None


def _make_room(settings: Settings) -> None:
    """What the web workers share is there before them, so that a full disk is noticed."""
    from server.store import rates

    try:
        os.close(rates.opened(settings.data / rates.FILE))
    except OSError as error:
        raise Refusal(f"cannot use the data folder {settings.data}: {error.strerror}") from None


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
        folder_format.note(settings.data)
        check_key(settings)
        run_worker(settings)
    except (Refusal, WrongKey) as error:
        sys.stderr.write(f"oql: {error}\n")
        return 1
    except (DatabaseError, StoreError) as error:
        sys.stderr.write(f"oql: cannot open the store: {error}\n")
        return 1
    if figures.is_dir():
        metrics.forget_process(os.getpid())
    return 0


def prepare(settings: Settings, *, afresh: bool = True) -> None:
    """What has to be so before the first process starts. `afresh`: the figures begin again."""
    figures = settings.data / "metrics"
    if afresh:
        shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir(exist_ok=True)
    prepare_process(figures)


def prepare_process(figures: Path | None) -> None:
    """What has to be so before the larger modules are imported. `figures`: where the processes of a tree add theirs."""
    for name in SINGLE_THREADED:
        os.environ.setdefault(name, "1")
    allocator.give_back()
    if figures:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures)
        from server import figure_files

        figure_files.install()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
