"""Processes that are forks of one that has loaded everything: they begin at once, where a new Python first imports.

What a test sees is a process like any other, with an environment, a folder and streams of its own. How a new Python
starts is what tests/cli/test_installation.py, tests/docs and bench/groups/start.py see.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from oql.cli import main
from substrate.interface import faults

FIGURES = "PROMETHEUS_MULTIPROC_DIR"
LOADED = (
    "tests.figures_folder", "tests.crash.holder", "tests.crash.migrating", "tests.crash.disk", "oql.program",
    "oql.cli.run", "oql.cli.check", "oql.cli.fmt", "oql.cli.serve", "oql.cli.account", "oql.cli.jobs", "oql.cli.chain",
    "server.app", "server.process", "server.process.master", "server.process.worker", "worker.process",
    "worker.opening",
)  # fmt: skip
"""Nothing here starts threads, which a fork would not have."""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(list(LOADED))
_guard = threading.Lock()  # of the library's list of children, which it looks through at every start


@dataclass(frozen=True)
class Forked:
    """A process of ours, with what `subprocess.Popen` has of the same names."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.process.pid
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        """How it has ended: the exit code, or less than 0 for a signal; None while it runs."""
        return self.poll()

    def poll(self) -> int | None:
        """See `returncode`."""
        with _guard:
            return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises TimeoutExpired."""
        multiprocessing.connection.wait([self.process.sentinel], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


def begin(main: Callable[..., object], *arguments: Any) -> Forked:
    """Calls a function, of a module that can be imported, in a process of its own."""
    process = _context.Process(target=main, args=arguments, daemon=True)
    with _guard:
        process.start()
    return Forked(process)


def begin_oql(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], streams: tuple[Path, Path, Path]
) -> Forked:
    """Calls `oql` in a folder, with nothing else in its environment, and with files or FIFOs as its three streams."""
    return begin(_oql, list(arguments), folder, dict(environment), streams)


def _oql(arguments: list[str], folder: Path, environment: dict[str, str], streams: tuple[Path, Path, Path]) -> None:
    figures = os.environ[FIGURES]
    os.environ.clear()
    os.environ.update(environment)
    os.environ.setdefault(FIGURES, figures)  # not the first: what a process is called needs the first one to stay
    os.chdir(folder)
    for number, path in enumerate(streams):
        given = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        os.dup2(given, number)
        os.close(given)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    sys.argv = [str(Path(sys.executable).with_name("oql")), *arguments]
    faults.die_at(environment.get(faults.VARIABLE, ""))
    main()
