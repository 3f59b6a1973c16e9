"""What the processes of a server hold after some requests, beside those of the bare application."""

import http.client
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.account import account_in, emit
from bench.figures import Row, Sample, Unit, figure
from bench.load import Request
from bench.rounds import turns

_REQUESTS = 1_000
_CONNECTIONS = 20
_MOST_ROUNDS = 3
"""Servers are started anew each time, and memory varies little."""
_OURS, _BARE = "oql serve", "gunicorn with a bare route"


@figure("memory", f"memory (PSS) of a server of {servers.WORKERS} workers after {_REQUESTS:,} requests")
def memory(rounds: int) -> Iterable[Row]:
    """Each worker, and master and workers together."""
    workers: dict[str, list[float]] = defaultdict(list)
    trees: dict[str, list[float]] = defaultdict(list)
    with TemporaryDirectory() as folder:
        account_in(Path(folder) / "data")
        for name in turns(min(rounds, _MOST_ROUNDS), (_OURS, _BARE)):
            held, whole = _ours(Path(folder)) if name == _OURS else _bare(Path(folder))
            workers[name].append(held)
            trees[name].append(whole)
    for subject, found in {"a worker": workers, "all processes": trees}.items():
        ours, theirs = (Sample(tuple(found[name]), Unit.BYTES) for name in (_OURS, _BARE))
        yield Row(subject, ours, _BARE, theirs)


def _ours(folder: Path) -> tuple[float, float]:
    with servers.ours(folder) as server:
        return _after_requests(server, emit())


def _bare(folder: Path) -> tuple[float, float]:
    with servers.bare(folder) as server:
        return _after_requests(server, Request("/bare"))


def _after_requests(server: servers.Server, request: Request) -> tuple[float, float]:
    """Bytes of a worker, of all that was measured, and of all processes together."""
    for _ in range(_CONNECTIONS):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for _ in range(_REQUESTS // _CONNECTIONS):
            connection.request(request.method, request.path, request.body or None, request.headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{request.path} answered {answer.status}")
        connection.close()
    held = [servers.memory(pid) for pid in server.workers]
    return sum(held) / len(held), sum(held) + servers.memory(server.process.pid)
