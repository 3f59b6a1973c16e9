"""The children of the master that are no web workers: kept running, and ended with it."""

import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oql.settings import Settings
from server import metrics
from worker import valkey
from worker.process import in_child, run_scheduler, run_worker
from worker.replication.process import run_replication

PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before a child is started again, by how often it has ended at once; the last one stays."""
STEADY_SECONDS = 5.0
"""A child that has run so long has not ended at once."""
GONE_SECONDS = 2.0
"""How long a process may take to end after SIGTERM when it has nothing to finish."""

_log = logging.getLogger("oql.master")


@dataclass
class Child:
    """A process that is to be there. `main` runs in it; `pid` is 0 while there is none. `needed`: it does work."""

    name: str
    main: Callable[[], None]
    needed: bool = True
    pid: int = 0
    began: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def keep(self) -> None:
        """Starts it, unless it is there or has to pause."""
        if self.pid and self.ended():
            self._pause()
        if not self.pid and time.monotonic() >= self.not_before:
            self.began = time.monotonic()
            self.pid = in_child(self.main)

    def ended(self) -> bool:
        """Whether it is not there, or no longer."""
        if self.pid:
            try:
                found, _ = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # the master has taken its end for that of a web worker
                found = self.pid
            if found:
                metrics.forget_process(self.pid)
                self.pid = 0
        return not self.pid

    def signal(self, number: int) -> None:
        """Sends it a signal, if it is there."""
        if not self.ended():
            os.kill(self.pid, number)

    def _pause(self) -> None:
        steady = time.monotonic() - self.began > STEADY_SECONDS
        self.failures = 0 if steady else self.failures + 1
        self.not_before = time.monotonic() + PAUSES[min(self.failures, len(PAUSES) - 1)]
        if self.failures < len(PAUSES):
            _log.warning("the process `%s` has ended, and is started again", self.name)


class Children:
    """Job workers, the scheduler, and the private Valkey where no Redis is set."""

    def __init__(
        self, settings: Settings, base_url: str, let_go: Callable[[], None], kept: Mapping[str, int] | None = None
    ) -> None:
        """`base_url`: how links to the server begin. `let_go` is called first in each of them, and closes what is not
        for them. `kept`: those that are there already, by their titles."""
        master = os.getpid()
        self._kept = kept or {}
        self._let_go = let_go
        self._socket = None if settings.redis_url else valkey.socket_path(settings.data)
        self._all = [
            *self._private(master),
            *self._replicating(settings, master),
            *self._scheduling(settings, master),
            *(
                self._child("oql: worker", lambda: run_worker(settings, master, base_url))
                for _ in range(0 if settings.replicate_from else settings.job_workers)
            ),
        ]
        if not settings.redis_url and not any(child.name == valkey.TITLE for child in self._all):
            _log.warning("there is no private Valkey here: due work is looked for without it")

    def _replicating(self, settings: Settings, master: int) -> list[Child]:
        if not (settings.node_id or settings.replicate_from):
            return []
        child = self._child("oql: replication", lambda: run_replication(settings, master))
        child.needed = False  # the lease is renewed until those that write have ended
        return [child]

    def _scheduling(self, settings: Settings, master: int) -> list[Child]:
        if settings.replicate_from:  # what is due is the leader's
            return []
        return [self._child("oql: scheduler", lambda: run_scheduler(settings, master))]

    def _private(self, master: int) -> list[Child]:
        program, path = valkey.binary(), self._socket
        if program is None or path is None:
            return []
        child = self._child(valkey.TITLE, lambda: valkey.become(program, path, master))
        child.needed = False
        return [child]

    def _child(self, name: str, main: Callable[[], None]) -> Child:
        def alone() -> None:
            self._let_go()
            main()

        return Child(name, alone, pid=self._kept.get(name, 0), began=time.monotonic())

    def pids(self, *, needed: bool) -> dict[str, list[int]]:
        """Those that are there and do work, or those that serve the others, by their titles."""
        found: dict[str, list[int]] = {}
        for child in self._all:
            if child.needed is needed and not child.ended():
                found.setdefault(child.name, []).append(child.pid)
        return found

    def keep(self) -> None:
        """Starts what is not there. Called every second, and when a child has ended."""
        for child in self._all:
            child.keep()

    def ask_to_end(self) -> None:
        """Tells those that do work to finish or hand over."""
        for child in self._all:
            if child.needed:
                child.signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Waits for them until that moment of the monotonic clock, and ends what is left."""
        _wait([child for child in self._all if child.needed], deadline)
        for child in self._all:
            child.signal(signal.SIGKILL if child.needed else signal.SIGTERM)
        _wait(self._all, time.monotonic() + GONE_SECONDS)
        for child in self._all:
            child.signal(signal.SIGKILL)
        _wait(self._all, time.monotonic() + GONE_SECONDS)
        if self._socket:
            valkey.remove_socket(self._socket)


def _wait(children: list[Child], deadline: float) -> None:
    while any(not child.ended() for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
