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
from bench.account import account_in, emit, emit_with_token, owner_in, running
from bench.figures import Row, Sample, Unit, at_most, figure
from bench.load import Request, drive
from bench.rounds import turns

_ALONE = "nobody else asks"
_LOOPS = "EMIT, p50 delay while another account runs 16 long loops"
_JOBS = "EMIT, p50 delay while another account runs long loops as jobs"
_FLOOD = "EMIT, p50 delay while another account asks as fast as it can, by 16 connections"
_SLOWER = "EMIT, how many times longer it takes beside those 16 connections"
_BARE, _BARE_ALONE = "a bare route beside 16 that ask for it", "a bare route that nobody else asks"
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
    at_most(1.2, Unit.TIMES, _SLOWER),
)
def neighbours(rounds: int) -> Iterable[Row]:
    """Delays of the one, alone and with the other; the load takes a part of the same processors."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        asked, other = emit_with_token(account_in(data)), owner_in(data, "neighbour").token
        bare = emit("/inside")
        with servers.ours_beside_bare(Path(folder)) as server:
            flood, bare_flood = (partial(_asking, server.port, sent) for sent in (emit_with_token(other), bare))
            beside: dict[str, tuple[Request, Callable[[], AbstractContextManager[None]]]] = {
                _ALONE: (asked, nullcontext),
                _LOOPS: (asked, partial(_asking, server.port, running(_LOOP.format(times=_TIMES), other))),
                _JOBS: (asked, partial(_jobs, server.port, other)),
                _FLOOD: (asked, flood),
                _BARE_ALONE: (bare, nullcontext),
                _BARE: (bare, bare_flood),
            }
            found: dict[str, list[float]] = {name: [] for name in beside}
            for name in turns(rounds, beside):
                request, other_work = beside[name]
                with other_work():
                    found[name].append(drive(server.port, request, _SECONDS, 1).p50)
    delays = {name: Sample(tuple(given), Unit.SECONDS) for name, given in found.items()}
    yield from (Row(name, delays[name], _ALONE, delays[_ALONE]) for name in (_LOOPS, _JOBS, _FLOOD))
    yield Row(_SLOWER, delays[_FLOOD].over(delays[_ALONE]), _BARE, delays[_BARE].over(delays[_BARE_ALONE]))


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
