"""Servers in processes of their own: ours, ours with a bare route, and the bare application under gunicorn."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import OQL, ROOT, environment

WORKERS = 2
_START_SECONDS = 120.0
_READY = "GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers. `ready_s`: seconds from its start to its first 200."""

    process: subprocess.Popen[bytes]
    port: int
    ready_s: float

    @property
    def children(self) -> list[int]:
        """The processes of the master."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(child) for child in found.split()]

    @property
    def workers(self) -> list[int]:
        """The processes that answer: of ours the web workers, of another server all."""
        return self.titled("oql: web") or self.children

    @property
    def job_workers(self) -> list[int]:
        """The processes that run jobs."""
        return self.titled("oql: worker")

    def titled(self, title: str) -> list[int]:
        """The children with this title."""
        return [child for child in self.children if _title(child) == title]

    def processor_s(self) -> float:
        """Processor seconds that the workers have used so far, all their threads."""
        tasks = [task for pid in self.workers for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(map(_nanoseconds, tasks)) / 1e9


def _nanoseconds(task: Path) -> int:
    """What the scheduler has given to a thread, nothing to one that has just ended."""
    try:
        return int(task.read_text(encoding="ascii").split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode().strip()


def memory(pid: int) -> int:
    """Bytes that a process holds; what several share counts for each in part (PSS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def open_files(pid: int) -> int:
    """How many files, sockets and the like a process holds open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def ours(folder: Path, **given: str) -> contextlib.AbstractContextManager[Server]:
    """`oql serve` as anybody runs it. `given`: settings, as variables of its environment."""
    return running([OQL, "serve"], folder, **given)


def ours_beside_bare(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Our server in development mode, with the routes of `bench.bare`."""
    return running([sys.executable, "-m", "bench.bare"], folder, OQL_DEV="true", OQL_LOG_FORMAT="json")


def bare(folder: Path) -> contextlib.AbstractContextManager[Server]:
    """The bare application with the same gunicorn, worker class, event loop and number of workers."""
    command = ["-m", "gunicorn", "bench.bare:app()", "--worker-class", "uvicorn_worker.UvicornWorker"]
    return running([sys.executable, *command, "--workers", str(WORKERS), "--bind", "127.0.0.1:{port}"], folder)


@contextmanager
def running(command: Sequence[str], folder: Path, ready: str = "/ready", **given: str) -> Iterator[Server]:
    """Any server, once it answers at the path `ready`; {port} in its command is the port that it shall listen on."""
    port = _free_port()
    settings = {"OQL_DATA": str(folder / "data"), "OQL_PORT": str(port), "OQL_WORKERS": str(WORKERS)} | given
    variables = environment() | settings
    begun = time.perf_counter()
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [word.format(port=port) for word in command], cwd=ROOT, env=variables, stdout=log, stderr=log
        )
    try:
        _wait_until_ready(process, port, ready, folder / "server.log")
        yield Server(process, port, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_START_SECONDS)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, ready: str, log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while not _answers(port, ready):
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the server did not start: {log.read_text(encoding='utf-8')[-2_000:]}")
        time.sleep(0.002)


def _answers(port: int, path: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(_READY.format(path).encode())
        return b" 200 " in connection.recv(4096).split(b"\r\n")[0]
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
