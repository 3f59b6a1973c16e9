"""A real server in processes of its own, on a free port and a data folder of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from accounts.schema import DATABASE, MIGRATIONS
from accounts.service import Accounts
from oql.passwords import Argon2Cost
from substrate.opening import open_control
from tests.preloaded import Forked, begin_oql

ROOT = Path(__file__).resolve().parents[2]
CHEAP = Argon2Cost(memory_kib=8, passes=1)
COMMAND = (str(Path(sys.executable).with_name("oql")), "serve")
START_SECONDS = 60.0
TEST_LOGIN = {"username": "test", "password": "test"}


@dataclass
class Server:
    """A running server. `log` is where its log lines go."""

    process: Forked
    data: Path
    log: Path
    banner: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """How addresses on this server begin."""
        return self.banner[0].split()[2]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def lines(self) -> list[dict[str, Any]]:
        """The log so far; every line of it has to be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def line(self, request_id: str) -> dict[str, Any]:
        """The log's one line of a request, which may come a moment after the answer."""
        found: list[dict[str, Any]] = until(lambda: [x for x in self.lines() if x.get("request_id") == request_id])
        assert len(found) == 1
        return found[0]

    def workers(self) -> list[int]:
        """The web workers that are there now."""
        return [pid for pid in children(self.process.pid) if title(pid) == "oql: web"]

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ends the server and waits for it; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)


def start(data: Path, **environment: str) -> Server:
    """Starts a server (development mode, JSON log, two workers unless told otherwise) and waits until it answers."""
    log = data.with_name(data.name + ".log")
    if log.exists():  # of an earlier server on the same folder
        log.rename(log.with_suffix(f".{time.time_ns()}.log"))
    log.touch()
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "said")
        os.mkfifo(said)
        process = begin_oql(COMMAND[1:], ROOT, variables(data, environment), (Path(os.devnull), said, log))
        server = Server(process, data, log)
        threading.Thread(target=_read, args=(said, server.banner), daemon=True).start()
        _wait_for_banner(server)
    return server


def _wait_for_banner(server: Server) -> None:
    process, log = server.process, server.log
    give_up = time.monotonic() + START_SECONDS
    while not server.banner:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < give_up, log.read_text()
        time.sleep(0.02)


def refused(data: Path, **environment: str) -> tuple[int, str]:
    """Starts a server that cannot run; its exit code and all that it said."""
    done = subprocess.run(COMMAND, cwd=ROOT, env=variables(data, environment), text=True, timeout=START_SECONDS,
                          check=False, capture_output=True)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def variables(data: Path, environment: dict[str, str]) -> dict[str, str]:
    """The environment of a server under test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OQL_")}
    ours = {"data": str(data), "port": "0", "workers": "2", "dev": "true", "log_format": "json"} | environment
    return kept | {f"OQL_{name.upper()}": value for name, value in ours.items()}


def _read(said: Path, banner: list[str]) -> None:
    with said.open() as lines:
        banner.extend(lines)


@contextmanager
def running(data: Path, **environment: str) -> Iterator[Server]:
    """A server that is gone at the end of the block, whatever happened."""
    server = start(data, **environment)
    try:
        yield server
    finally:
        family = [server.process.pid, *children(server.process.pid)]
        if server.process.poll() is None:
            server.stop()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def title(pid: int) -> str:
    """What a process calls itself; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0 ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def until(condition: Any, seconds: float = 20.0) -> Any:
    """Waits for something to become true; its value."""
    give_up = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > give_up:
            assert found, "it did not happen in time"
            return found
        time.sleep(0.02)


def accounts_of(server: Server, store: str = "") -> Accounts:
    """The accounts of a running server, kept in the PostgreSQL `store` or in its folder. Hashes are cheap."""
    return Accounts(server.data, database=open_control(store, server.data, DATABASE, MIGRATIONS), password_cost=CHEAP)


def client_from(server: Server, address: str) -> httpx.Client:
    """A client with an address of its own, so that its failed sign-ins slow down nobody else."""
    transport = httpx.HTTPTransport(local_address=address)
    return httpx.Client(base_url=server.url, timeout=30, transport=transport)


def ask(client: httpx.Client, query: str, **more: Any) -> httpx.Response:
    """One program, as the development account unless told otherwise."""
    return client.post("/v1/query", json={"auth": TEST_LOGIN, "query": query} | more)
