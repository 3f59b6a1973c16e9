"""How cost grows: with the rows of a table, with connections, with namespaces, and with the length of a program."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from bench import servers, tenants
from bench.account import account_in, emit
from bench.engines import NAMED, Engine, filled, ours, row
from bench.figures import Row, Sample, Unit, figure
from bench.load import Request, drive
from bench.peers.sqlite import SQLITE, sqlite
from bench.processes import ROOT, environment
from bench.rounds import Side, again, compared, in_turns, once
from bench.texts import program_text
from oql import engine
from oql.local import local_context
from oql.program import Program, compile_text

_MOST_ROUNDS = 2
"""There are many sizes, and each has to be made first."""
_ROWS = (10, 1_000, 100_000, 1_000_000)
_INSERTED = 50
_MIDDLE = NAMED // 2


@figure("growth-rows", "a table that grows, in this process, by the clock; in brackets how many times SQLite alone")
def growth_rows(rounds: int) -> Iterable[Row]:
    """One table of each, filled on from size to size."""
    with TemporaryDirectory() as named, ExitStack() as stack:
        mine = stack.enter_context(ours(Path(named) / "ours"))
        theirs = stack.enter_context(sqlite(Path(named)))
        inserted = count(10 * _ROWS[-1])
        for before, size in zip((0, *_ROWS), _ROWS, strict=False):
            filled(mine, before, size)
            filled(theirs, before, size)
            for subject, side in _of_rows(size, inserted).items():
                yield from compared(
                    min(rounds, _MOST_ROUNDS), subject, side(mine), {SQLITE: side(theirs)}, at=f"{size:,} rows"
                )


def _of_rows(size: int, inserted: Iterable[int]) -> dict[str, Callable[[Engine], Side]]:
    clock = time.perf_counter_ns
    who = row(size // 2)["who"]
    return {
        "read by key": lambda engine: again(lambda: engine.read(size // 2), clock=clock),
        f"{NAMED} rows by an index": lambda engine: again(lambda: engine.named(str(who)), clock=clock),
        "sums by group": lambda engine: again(engine.sums, clock=clock),
        "insert, durable, p50": lambda engine: partial(_inserts, engine, inserted),
    }


def _inserts(engine: Engine, numbers: Iterable[int]) -> float:
    delays = []
    for number, _ in zip(numbers, range(_INSERTED), strict=False):
        new = row(number)
        begun = time.perf_counter()
        engine.insert(new)
        delays.append(time.perf_counter() - begun)
    return median(delays)


_CONNECTIONS = (1, 4, 16, 64, 256)


@figure("growth-connections", f"a server of {servers.WORKERS} workers, and more and more connections that stay busy")
def growth_connections(rounds: int) -> Iterable[Row]:
    """Rates and delays of a program and of rows that are written, durable."""
    with TemporaryDirectory() as folder:
        account_in(Path(folder) / "data")
        with servers.ours(Path(folder), OQL_DEV="true", OQL_LOG_FORMAT="json") as server:
            tenants.prepare(server.port, 0, 1)
            requests = {"EMIT": emit(), "a row written": tenants.insert(0)}
            for request in requests.values():
                drive(server.port, request, 1, _CONNECTIONS[1])
            for connections in _CONNECTIONS:
                for name, request in requests.items():
                    yield from _loaded(rounds, server.port, name, request, connections)


def _loaded(rounds: int, port: int, name: str, request: Request, connections: int) -> Iterable[Row]:
    loads = [drive(port, request, 1, connections) for _ in range(min(rounds, _MOST_ROUNDS))]
    at = f"{connections} connection{'s' if connections > 1 else ''}"
    yield Row(f"{name}: rate", Sample(tuple(load.requests / load.seconds for load in loads), Unit.RATE), at=at)
    yield Row(f"{name}: p50", Sample(tuple(load.p50 for load in loads), Unit.SECONDS), at=at)
    yield Row(f"{name}: p99", Sample(tuple(load.p99 for load in loads), Unit.SECONDS), at=at)


_NAMESPACES = (1, 10, 100, 1_000)


@figure("growth-namespaces", "rows written to more and more namespaces in turn, durable, with 16 connections")
def growth_namespaces(rounds: int) -> Iterable[Row]:
    """Rate, delay, and what the processes of the server hold: memory, and open files."""
    with TemporaryDirectory() as folder, servers.ours(Path(folder), OQL_DEV="true", OQL_LOG_FORMAT="json") as server:
        for before, size in zip((0, *_NAMESPACES), _NAMESPACES, strict=False):
            tenants.prepare(server.port, before, size)
            _spread(server.port, size)
            loads = [_spread(server.port, size) for _ in range(min(rounds, _MOST_ROUNDS))]
            at = f"{size:,} namespace{'s' if size > 1 else ''}"
            held = [server.process.pid, *server.children]
            yield Row("rate", Sample(tuple(one["requests"] / one["seconds"] for one in loads), Unit.RATE), at=at)
            yield Row("p50", Sample(tuple(one["p50"] for one in loads), Unit.SECONDS), at=at)
            yield Row("p99", Sample(tuple(one["p99"] for one in loads), Unit.SECONDS), at=at)
            yield Row("memory of all processes", Sample((float(sum(map(servers.memory, held))),), Unit.BYTES), at=at)
            yield Row("open files of all", Sample((float(sum(map(servers.open_files, held))),), Unit.COUNT), at=at)


def _spread(port: int, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.tenants", str(port), str(size)]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE)
    load: dict[str, float] = json.loads(done.stdout)
    assert load["failed"] == 0, load
    return load


_PROGRAMS = {
    "10 B": 10,
    "100 B": 100,
    "1 kB": 1_000,
    "10 kB": 10_000,
    "100 kB": 100_000,
    "262 kB, the longest that is accepted": 262_144,
}
_seeds = count(1_000_000)


@figure("growth-programs", "a program that was never seen: from its text to closures, then one run of it")
def growth_programs(rounds: int) -> Iterable[Row]:
    """Processor time. The mix of steps is the same at each size."""
    for at, size in _PROGRAMS.items():
        found = in_turns(
            min(rounds, _MOST_ROUNDS), {"compile": partial(_compiles, size), "run": partial(_runs, size)}, Unit.SECONDS
        )
        yield from (Row(name, sample, at=at) for name, sample in found.items())


def _compiles(size: int) -> float:
    return once([_text(size) for _ in range(max(1, 20_000 // size))], _compiled)


def _runs(size: int) -> float:
    program = _compiled(_text(size))
    assert engine.run(program, local_context()).error is None
    return again(lambda: engine.run(program, local_context()))()


def _compiled(text: str) -> Program:
    program = compile_text(text)
    assert program.linked
    return program


def _text(size: int) -> str:
    """A new program of a size."""
    seed = next(_seeds)
    return program_text(size, seed) or f"EMIT {Random(seed).randrange(10_000, 100_000)}"
