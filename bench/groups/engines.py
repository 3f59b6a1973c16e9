"""Rows in this process: our store beside other databases that this process talks to, each with the same table."""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.engines import NAMED, Engine, filled, ours, row
from bench.figures import Absent, Row, Sample, Unit, at_most, figure
from bench.peers import of, opened
from bench.peers.postgres import POSTGRES, postgres
from bench.peers.sqlite import SQLITE, sqlite
from bench.peers.surrealdb import SURREALDB, surrealdb
from bench.rounds import Side, absence, again, compared

_ROWS = 50_000
_INSERTED = 100
_INSERT, _READ, _NAMED = "a row inserted, durable, p50", "a row read by its key", f"{NAMED} rows found by an index"
_SUMS, _FILL = f"sums of {_ROWS:,} rows by group", "rows inserted a second, 1,000 a commit"


@figure(
    "engines",
    f"a table of {_ROWS:,} rows in this process, one caller, by the clock",
    at_most(2, Unit.TIMES, _INSERT),
    at_most(1.3, Unit.TIMES, _SUMS),
)
def engines(rounds: int) -> Iterable[Row]:
    """Ours makes objects of the rows and keeps a log of changes; SQLite and PostgreSQL give tuples."""
    with TemporaryDirectory() as named, ExitStack() as stack:
        folder = Path(named)
        mine = stack.enter_context(ours(folder / "ours"))
        peers: dict[str, Engine | Absent] = {
            SQLITE: opened(stack, partial(sqlite, folder)),
            POSTGRES: opened(stack, postgres),
            SURREALDB: opened(stack, partial(surrealdb, folder)),
        }
        yield from _fills(mine, peers)
        for subject, side in _SIDES.items():
            others = {name: of(peer, side) for name, peer in peers.items()}
            yield from compared(rounds, subject, side(mine), others)


def _fills(mine: Engine, peers: dict[str, Engine | Absent]) -> Iterable[Row]:
    """The rate of each, filled once; a peer that fails is absent from here on."""
    rate = Sample((_filled(mine),), Unit.RATE)
    for name, peer in peers.items():
        try:
            theirs = peer if isinstance(peer, Absent) else Sample((_filled(peer),), Unit.RATE)
        except Exception as failure:  # noqa: BLE001 - whatever ails a peer, the run goes on
            theirs = peers[name] = absence(failure)
        yield Row(_FILL, rate, name, theirs)


def _filled(engine: Engine) -> float:
    begun = time.perf_counter()
    filled(engine, 0, _ROWS)
    return _ROWS / (time.perf_counter() - begun)


def _inserts(engine: Engine) -> Side:
    numbers = count(10 * _ROWS)

    def measure() -> float:
        rows = [row(next(numbers)) for _ in range(_INSERTED)]
        return median(_timed(partial(engine.insert, each)) for each in rows)

    return measure


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _reads(engine: Engine) -> Side:
    assert engine.read(_ROWS // 2), engine
    return again(lambda: engine.read(_ROWS // 2), clock=time.perf_counter_ns)


def _names(engine: Engine) -> Side:
    assert len(engine.named("w77")) == NAMED, engine
    return again(lambda: engine.named("w77"), clock=time.perf_counter_ns)


def _sums(engine: Engine) -> Side:
    assert len(engine.sums()) == len({row(number)["qty"] for number in range(1_000)}), engine
    return again(engine.sums, clock=time.perf_counter_ns)


_SIDES: dict[str, Callable[[Engine], Side]] = {_READ: _reads, _NAMED: _names, _SUMS: _sums, _INSERT: _inserts}
