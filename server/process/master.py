"""The master process: gunicorn without a configuration file, starting and watching all others."""

import gc
import logging
import math
import os
import signal
import socket
import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from setproctitle import setproctitle

from accounts.opening import open_accounts
from oql import program
from oql.settings import Settings
from server import logs, metrics
from server.app import create_app
from server.process import handing
from server.process.banner import Banner
from server.process.children import Children
from server.process.folder import Refusal
from server.process.former import Arrivals, Former
from server.process.handing import Handed
from server.process.listening import url_of
from server.process.proxies import BehindProxies
from server.process.worker import CALL_OFF_SECONDS, COUNTS, WebWorker
from substrate.interface import DatabaseError
from worker import valkey

_log = logging.getLogger("oql.master")

HUNG_SECONDS = 60
"""A worker whose event loop stands still for so long is killed and replaced."""
IDLE_SECONDS = 75
"""How long an idle connection is kept."""
INHERITED = ("GUNICORN_PID", "GUNICORN_FD", "LISTEN_FDS", "LISTEN_PID")
"""What an earlier gunicorn or systemd may have left in the environment; it is not meant for this master."""


class Web(BaseApplication):
    """The web part of the process tree."""

    def __init__(
        self, settings: Settings, listeners: Sequence[socket.socket], base_url: str, lock: int, former: Former
    ) -> None:
        """`lock`: the open file that keeps the data folder. `former`: what an earlier program of this process left."""
        self._settings = settings
        self._lock = lock
        self._former = former
        self._arrivals = Arrivals()
        self._banner = Banner(settings, base_url, [url_of(listener) for listener in listeners[1:]])
        self._bind = [f"fd://{listener.detach()}" for listener in listeners]
        self._base_url = base_url
        super().__init__()

    def load_config(self) -> None:
        """Gunicorn's settings, all from ours."""
        chosen: dict[str, Any] = {
            "bind": self._bind,
            "workers": self._settings.workers,
            "worker_class": WebWorker,
            "timeout": HUNG_SECONDS,
            "keepalive": IDLE_SECONDS,
            "graceful_timeout": math.ceil(self._settings.grace_s) + CALL_OFF_SECONDS,
            "logger_class": Forwarded,
            "control_socket_disable": True,
            "child_exit": _forget,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker, in its process."""
        app = create_app(self._settings, self._base_url, when_ready=self._ready)
        return BehindProxies(app, self._settings.trusted_proxies) if self._settings.trusted_proxies else app

    def _ready(self) -> None:
        self._banner.show_once()
        self._arrivals.tell()

    def run_to_end(self) -> int:
        """Runs the tree; returns in the master only. Raises Refusal."""
        for name in INHERITED:
            os.environ.pop(name, None)
        logs.configure(self._settings)
        self._warm_up()
        master = os.getpid()
        try:
            Master(self, self._settings, self._base_url, self._lock, self._former, self._arrivals).run()
        except SystemExit as ended:
            if os.getpid() != master:
                raise
            return int(ended.code or 0)
        return 0

    def _warm_up(self) -> None:
        """Does once what every worker would do, so that they share its memory and start at once."""
        try:
            accounts = open_accounts(self._settings)
            accounts.ready()
            accounts.close()
        except DatabaseError as error:
            raise Refusal(f"cannot open the control database: {error}") from error
        program.load('EMIT "Hello"').linked  # noqa: B018 - the tables of the language are made on the way
        for name in LOADED_LATER:
            import_module(name)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLD)


LOADED_LATER = ("oql.generate", "oql.hosts", "oql.messages", "oql.tables.declaration")
"""What a program loads when it comes to need it, and workers are to share."""

GC_THRESHOLD = (20_000, 20, 50)
"""Python's own looks for cycles after every 700 new objects, several times in each request, and finds none."""


class Master(Arbiter):
    """Gunicorn's master with our title and more children. Ctrl-C and a closed terminal end it as gently as SIGTERM."""

    def __init__(
        self, app: BaseApplication, settings: Settings, base_url: str, lock: int, former: Former, arrivals: Arrivals
    ) -> None:
        super().__init__(app)
        self._lock, self._former, self._arrivals = lock, former, arrivals
        self._children = Children(settings, base_url, self._close_port, former.kept)

    def init_signals(self) -> None:
        """Takes the signals over; a hang-up stays without effect where `nohup` asked for that."""
        self._stays = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        super().init_signals()
        handing.listen_again()

    def manage_workers(self) -> None:
        """Keeps the number of workers, and every other process."""
        setproctitle("oql: master")
        super().manage_workers()
        self._children.keep()
        if self._all_answer():
            self._former.ask_to_end(self.cfg.graceful_timeout)
        self._former.keep()

    def _all_answer(self) -> bool:
        return self._arrivals.count() >= self.num_workers

    def stop(self, graceful: bool = True) -> None:
        """Ends all processes; those that have something to finish get the same time for it."""
        deadline = time.monotonic() + self.cfg.graceful_timeout
        self._former.ask_to_end(self.cfg.graceful_timeout)
        self._children.ask_to_end()
        super().stop(graceful)
        self._former.end(0)
        self._children.end(deadline)

    def _close_port(self) -> None:
        for listener in self.LISTENERS:
            listener.close()

    def handle_int(self) -> None:
        """Ctrl-C: the workers have got it too, and finish what they do."""
        self.handle_term()

    def handle_hup(self) -> None:
        """The terminal has been closed. There is no configuration file to read again."""
        if not self._stays:
            self.handle_term()

    def handle_usr2(self) -> None:
        """Becomes the program that is installed now, with the settings of now, unless that could not start."""
        if self._former.there() or not self._all_answer():
            _log.warning("not reloaded: the last start is not over yet")
        elif problem := handing.problem():
            _log.error("not reloaded: %s", problem)
        else:
            self._hand_on()

    def _hand_on(self) -> None:
        working, serving = self._children.pids(needed=True), self._children.pids(needed=False)
        kept = [(name, pid) for name, pids in serving.items() for pid in pids if name == valkey.TITLE]
        handed = Handed(
            os.getpid(),
            self._lock,
            [listener.fileno() for listener in self.LISTENERS],
            [*self.WORKERS, *(pid for pids in working.values() for pid in pids)],
            [pid for name, pids in serving.items() for pid in pids if name != valkey.TITLE],
            kept,
        )
        try:
            handing.hand_on(handed)
        except OSError as error:
            _log.error("not reloaded: %s", error.strerror)


def _forget(_arbiter: Arbiter, worker: WebWorker) -> None:
    COUNTS.give_back(worker.count)
    metrics.forget_process(worker.pid)


class Forwarded(Logger):
    """Gunicorn's log, as structured lines; its own access log stays off."""

    def setup(self, _cfg: object) -> None:
        """Takes the place of gunicorn's handlers."""
        self.error_log.handlers = [logs.Forward(logging.WARNING)]
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = False
        self.access_log.handlers = []
        self.access_log.propagate = False

    def access(self, *_arguments: object) -> None:
        """Every answer already has its line."""
