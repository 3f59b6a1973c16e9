"""What one account notices of another one that takes all it can get."""

import http.client
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import servers
from bench.account import account_in, emit_with_token, owner_in, running
from bench.figures import Row, Sample, Unit, at_most, figure
from bench.load import Load, Request, drive
from bench.rounds import turns

_ALONE = "nobody else asks"
_LOOPS = "EMIT, p50 delay while another account runs 16 long loops"
_JOBS = "EMIT, p50 delay while another account runs long loops as jobs"
_FLOOD = "EMIT, p50 delay while another account asks as fast as it can, by 16 connections"
_SECONDS, _CONNECTIONS, _SENT = 2, 16, 80
_LOOP = """CALCULATE "0" SET ?n
WHILE ?n IS LESS THAN {times} OPEN NEST
  CALCULATE "?n + 1" SET ?n
CLOSE NEST
EMIT "done"
"""
_TIMES, _TIMES_IN_A_JOB = 300_000, 900_000


@figure(
    "neighbours",
    f"EMIT on one connection, beside another account, {servers.WORKERS} workers",
    at_most(1.2, Unit.TIMES, _LOOPS),
    at_most(1.2, Unit.TIMES, _JOBS),
    at_most(1.2, Unit.TIMES, _FLOOD),
)
def neighbours(rounds: int) -> Iterable[Row]:
    """Delays of the one, alone and with the other; the load takes a part of the same processors."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        asked, other = emit_with_token(account_in(data)), owner_in(data, "neighbour").token
        with servers.ours(Path(folder)) as server:
            beside: dict[str, Callable[[], AbstractContextManager[None]]] = {
                _ALONE: nullcontext,
                _LOOPS: partial(_asking, server.port, running(_LOOP.format(times=_TIMES), other)),
                _JOBS: partial(_jobs, server.port, other),
                _FLOOD: partial(_asking, server.port, emit_with_token(other)),
            }
            found: dict[str, list[Load]] = {name: [] for name in beside}
            for name in turns(rounds, beside):
                with beside[name]():
                    found[name].append(drive(server.port, asked, _SECONDS, 1))
    delays = {name: Sample(tuple(load.p50 for load in given), Unit.SECONDS) for name, given in found.items()}
    alone = delays.pop(_ALONE)
    yield from (Row(name, delay, _ALONE, alone) for name, delay in delays.items())


@contextmanager
def _asking(port: int, request: Request) -> Iterator[None]:
    """While the block lasts, and a while longer, another one asks."""
    with ThreadPoolExecutor(1) as thread:
        load = thread.submit(drive, port, request, _SECONDS + 1, _CONNECTIONS)
        yield
        load.result()


@contextmanager
def _jobs(port: int, token: str) -> Iterator[None]:
    """While the block lasts, jobs of another one run, as many at once as workers run."""
    body = json.dumps({"query": _LOOP.format(times=_TIMES_IN_A_JOB), "mode": "async"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:

        def asked(method: str, path: str, sent: str | None = None) -> Any:
            connection.request(method, path, sent, headers)
            return json.loads(connection.getresponse().read())

        jobs = [asked("POST", "/v1/query", body)["job_id"] for _ in range(_SENT)]
        yield
        if asked("GET", f"/v1/job/{jobs[-1]}")["status"] == "complete":
            raise RuntimeError("the jobs were over before the measurement was")
        for job in jobs:
            asked("DELETE", f"/v1/job/{job}")
