"""Rows that go to a second server: what writers wait for it, how far it is behind, how soon it takes over."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from shutil import copy
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread

from bench import servers
from bench.figures import Row, Sample, Unit, figure
from bench.load import Request, drive
from bench.rounds import OURS, rows_of, tried_in_turns

_BASE = "/v1/tenants/bench"
_ROWS = f"{_BASE}/rows/shop.orders"
_TABLE = 'id = "shop.orders"\nprimary_key.columns = ["id"]\ncolumns = [{ name = "id", type = "str" }]'
_BEARER = {"Authorization": "Bearer bench", "Content-Type": "application/json"}
_WRITERS = 16
_SECONDS = 1
_PROBES = 20
_LEASE_S = 2
_NAME, _SYNC_MS = "b", 5_000
_ALONE = "a server without a follower"


@figure(
    "replication",
    f"rows put over HTTP, one a request, {_WRITERS} connections; a follower with a store of its own on this machine",
)
def replication(rounds: int) -> Iterable[Row]:
    """Rows a second that both have on disk, a follower's delay while others write, and a death of the leader."""
    with TemporaryDirectory() as folder:
        yield from _synchronous(rounds, Path(folder))
        yield from _behind(rounds, Path(folder))
        yield Row(
            f"first write after a leader is killed, with a lease of {_LEASE_S} s",
            Sample(tuple(_taken_over(Path(folder) / f"over{number}") for number in range(rounds)), Unit.SECONDS),
        )


def _synchronous(rounds: int, folder: Path) -> Iterable[Row]:
    alone, leader = folder / "alone", folder / "sync"
    with (
        _serving(alone) as plain,
        _serving(leader, OQL_FOLLOWERS=_NAME, OQL_SYNC_TIMEOUT_MS=str(_SYNC_MS)) as first,
        _following(folder / "sync-b", leader, first),
    ):
        sides = {OURS: lambda: _rate(first), _ALONE: lambda: _rate(plain)}
        yield from rows_of(tried_in_turns(rounds, sides), "rows that both have", Unit.RATE, float)


def _behind(rounds: int, folder: Path) -> Iterable[Row]:
    """What passes between the answer to a write and the first read of it on the follower."""
    leader = folder / "async"
    with _serving(leader) as first, _following(folder / "async-b", leader, first) as second:
        delays = [_delays(first, second) for _ in range(rounds)]
    for name, part in (("half of all", median), ("the longest", max)):
        found = Sample(tuple(part(each) for each in delays), Unit.SECONDS)
        yield Row(f"a row is read on the follower, {name} of {_PROBES} under load", found)


def _delays(first: servers.Server, second: servers.Server) -> list[float]:
    load = Thread(target=_rate, args=(first, 2 * _SECONDS))
    load.start()
    delays = [_delay(first, second) for _ in range(_PROBES)]
    load.join()
    return delays


def _delay(first: servers.Server, second: servers.Server) -> float:
    name = f"probe{next(_names)}"
    _asked(first, "POST", _ROWS, json.dumps({"id": name}))
    begun = time.perf_counter()
    while not _answers(second, "GET", f"{_ROWS}/{name}"):
        time.sleep(0.001)
    return time.perf_counter() - begun


_names = count()


def _taken_over(folder: Path) -> float:
    """Seconds from the end of the leader to the first write that is answered by what was its follower."""
    leader, other = folder / "a", folder / "b"
    with _serving(leader, OQL_FOLLOWERS=_NAME, OQL_LEASE_TTL_S=str(_LEASE_S)) as first:
        with _following(other, leader, first):
            for pid in (first.process.pid, *first.children):
                os.kill(pid, signal.SIGKILL)
            begun = time.perf_counter()
        with servers.ours(other, OQL_DEV="true", OQL_NODE_ID=_NAME) as second:
            _until(second, "POST", _ROWS, json.dumps({"id": "after"}))
            return time.perf_counter() - begun


@contextmanager
def _serving(folder: Path, **given: str) -> Iterator[servers.Server]:
    """A server with a table; one that has followers has a name."""
    folder.mkdir(parents=True)
    with servers.ours(folder, OQL_DEV="true", OQL_NODE_ID="a", **given) as server:
        _asked(server, "POST", f"{_BASE}/schemas", _TABLE)
        yield server


@contextmanager
def _following(folder: Path, leader: Path, first: servers.Server) -> Iterator[servers.Server]:
    """A follower that has all that its leader has."""
    (folder / "data").mkdir(parents=True)
    copy(leader / "data" / "secret.key", folder / "data")
    given = {"OQL_REPLICATE_FROM": f"http://127.0.0.1:{first.port}", "OQL_REPLICATE_TOKEN": "bench"}
    with servers.ours(folder, OQL_DEV="true", OQL_NODE_ID=_NAME, **given) as second:
        _asked(first, "POST", _ROWS, json.dumps({"id": "first"}))
        _until(second, "GET", f"{_ROWS}/first")
        yield second


def _rate(server: servers.Server, seconds: int = _SECONDS) -> float:
    load = drive(server.port, Request(_ROWS, json.dumps({"id": "again"}), _BEARER), seconds, _WRITERS)
    return load.requests / load.seconds


def _until(server: servers.Server, method: str, path: str, body: str = "") -> None:
    while not _answers(server, method, path, body):
        time.sleep(0.005)


def _answers(server: servers.Server, method: str, path: str, body: str = "") -> bool:
    try:
        _asked(server, method, path, body)
    except urllib.error.HTTPError:
        return False
    return True


def _asked(server: servers.Server, method: str, path: str, body: str = "") -> None:
    url = f"http://127.0.0.1:{server.port}{path}"
    asked = urllib.request.Request(url, body.encode() or None, _BEARER, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        answer.read()
