"""Durable jobs: how many end in a second, how soon those of a dead worker go on, and what those cost that wait."""

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial

from bench import servers
from bench.figures import Absent, Row, Sample, Unit, at_least, at_most, figure
from bench.jobs import INSERT, ROW, THREE_INSERTS, JobLoad, Jobs, Sent, serving, share
from bench.peers import of, opened
from bench.peers.dbos import DBOS, dbos
from bench.peers.rq import RQ, rq
from bench.rounds import OURS, rows_of, tried_in_turns, turns
from bench.streams import Streams
from oql.jobs import records
from oql.journal import Wait
from substrate.interface import Frame

_CLIENTS = 16
_JOBS = 600
_ALONE = 60
_RATE = "jobs in a second"
_INSIDE = "one at a time, accepted to done"
_SENT = "one at a time, sent to done"
_PARTS = ((0.5, "p50"), (0.99, "p99"))
Work = Callable[[], JobLoad]


@figure(
    "jobs",
    f"jobs of three durable inserts in the mode async, {_CLIENTS} clients, {servers.WORKERS} job workers",
    at_least(200, Unit.RATE, _RATE),
    at_least(1.5, Unit.TIMES, _RATE, DBOS),
    at_most(15e-3, Unit.SECONDS, f"{_INSIDE}, p50"),
)
def jobs(rounds: int) -> Iterable[Row]:
    """Many at once, then one at a time, in turns with the peers."""
    with serving("bench") as [bench], ExitStack() as stack:
        queue = opened(stack, rq)
        many: dict[str, Work | Absent] = {
            OURS: lambda: bench.burst(THREE_INSERTS, _JOBS, _CLIENTS),
            DBOS: lambda: dbos(_CLIENTS, _JOBS // 3),
            RQ: of(queue, lambda queue: partial(queue.burst, _JOBS, _CLIENTS)),
        }
        one: dict[str, Work | Absent] = {
            OURS: lambda: bench.one_by_one(THREE_INSERTS, _ALONE),
            DBOS: lambda: dbos(1, _ALONE),
            RQ: of(queue, lambda queue: partial(queue.one_by_one, _ALONE)),
        }
        burst, alone = tried_in_turns(rounds, many), tried_in_turns(rounds, one)
    yield from rows_of(burst, _RATE, Unit.RATE, lambda load: load.rate)
    for part, name in _PARTS:
        yield from rows_of({OURS: alone[OURS]}, f"{_INSIDE}, {name}", Unit.SECONDS, _inside(part))
    for part, name in _PARTS:
        yield from rows_of(alone, f"{_SENT}, {name}", Unit.SECONDS, _delay(part))
    for part, name in _PARTS:
        yield from rows_of({OURS: burst[OURS]}, f"{_JOBS} at once, sent to done, {name}", Unit.SECONDS, _delay(part))


def _inside(part: float) -> Callable[[JobLoad], float]:
    return lambda load: share(load.inside, part)


def _delay(part: float) -> Callable[[JobLoad], float]:
    return lambda load: share(load.delays, part)


_KILLS = 21
_AT_ONCE = 3
_LONG = 'RANGE FROM 0 TO 1000 SET ?all AFTER FOREACH ?all AS ?each OPEN NEST SLEEP "900ms" CLOSE NEST'
"""It is never suspended: a job that has to wait longer than a second would be."""
_TAKEOVER = "from the kill to the next attempt"


@figure(
    "takeover",
    f"jobs whose worker is ended by kill -9, {_KILLS} kills",
    at_most(5.0, Unit.SECONDS, f"{_TAKEOVER}, p99"),
)
def takeover(rounds: int) -> Iterable[Row]:
    """Seconds until each job of a killed worker is run again. As many kills in any case: `rounds` are not needed."""
    delays: list[float] = []
    kills = 0
    with serving("bench", job_workers=2 * _AT_ONCE) as [bench]:
        while kills < _KILLS:
            sent = bench.send(_LONG, 2 * _AT_ONCE, _AT_ONCE)
            holders = _holders(bench, [one.job for one in sent])
            chosen = sorted(set(holders.values()))[:_AT_ONCE]
            killed = time.time()
            for pid in chosen:
                os.kill(pid, signal.SIGKILL)
            kills += len(chosen)
            delays += _taken_over(bench, {job for job, pid in holders.items() if pid in chosen}, killed)
            bench.namespace.write(partial(_cancel, sent=sent))
    for part, name in _PARTS:
        yield Row(f"{_TAKEOVER}, {name}", Sample((share(delays, part),), Unit.SECONDS))


def _cancel(frame: Frame, sent: Sequence[Sent]) -> None:
    for one in sent:
        records.cancel(frame, one.job, "bench", time.time())


def _holders(bench: Jobs, jobs: Sequence[str]) -> dict[str, int]:
    """The process that runs each job, once all of them run and have begun their first step."""
    while len(found := _running(bench, jobs)) < len(jobs):
        time.sleep(0.01)
    time.sleep(0.2)
    return {job: int(holder.split(":")[1]) for job, (holder, _) in found.items()}


def _taken_over(bench: Jobs, jobs: set[str], killed: float) -> Iterable[float]:
    waiting = set(jobs)
    while waiting:
        for job, (_, attempts) in _running(bench, sorted(waiting)).items():
            if attempts > 1:
                waiting.discard(job)
                yield time.time() - killed
        time.sleep(0.005)


def _running(bench: Jobs, jobs: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The holder and the attempts of those that run."""
    rows = bench.namespace.system(
        f"SELECT id, holder, attempts FROM job WHERE state = 'running' AND id IN ({', '.join('?' * len(jobs))})", *jobs
    )
    return {str(job): (str(holder), int(str(attempts))) for job, holder, attempts in rows}


_WAITING = 100_000
_FRAME = 5_000
_SOME = 200
_WITH, _WITHOUT = "where they wait", "where none waits"
_BESIDE = "an account without any"


@figure(
    "waiting-jobs",
    f"new jobs of an account with {_WAITING:,} jobs that wait for somebody's word",
    at_least(0.8, Unit.TIMES, _RATE),
    at_most(1.25, Unit.TIMES, f"{_SENT}, p50"),
    at_most(1.1, Unit.TIMES, "memory of all processes"),
)
def waiting_jobs(rounds: int) -> Iterable[Row]:
    """Rate and delay in turns with another account of the same server; what the jobs take on disk and in memory."""
    many: dict[str, list[JobLoad]] = defaultdict(list)
    one: dict[str, list[JobLoad]] = defaultdict(list)
    with serving("with", "without") as [full, empty]:
        accounts = {_WITH: full, _WITHOUT: empty}
        for jobs in accounts.values():
            jobs.burst(THREE_INSERTS, _SOME, _CLIENTS)
        memory, kept = _memory(full.server), _bytes(full)
        _fill(full)
        each = (_bytes(full) - kept) / _WAITING
        for name in turns(rounds, accounts):
            many[name].append(accounts[name].burst(THREE_INSERTS, _SOME, _CLIENTS))
            one[name].append(accounts[name].one_by_one(THREE_INSERTS, _ALONE // 2))
        memory_then = _memory(full.server)
    yield _beside(_RATE, many, Unit.RATE, lambda load: load.rate)
    for part, name in _PARTS:
        yield _beside(f"{_SENT}, {name}", one, Unit.SECONDS, _delay(part))
    yield Row("bytes on disk for each", Sample((each,), Unit.BYTES))
    before, after = (Sample((held,), Unit.BYTES) for held in (memory, memory_then))
    yield Row("memory of all processes", after, "before there were any", before)


def _beside(subject: str, loads: dict[str, list[JobLoad]], unit: Unit, value: Callable[[JobLoad], float]) -> Row:
    ours, theirs = (Sample(tuple(map(value, loads[name])), unit) for name in (_WITH, _WITHOUT))
    return Row(subject, ours, _BESIDE, theirs)


def _fill(bench: Jobs) -> None:
    for first in range(0, _WAITING, _FRAME):
        bench.namespace.write(partial(_wait, first=first))


def _wait(frame: Frame, first: int) -> None:
    """Makes jobs as they are when their first step has asked a person."""
    for number in range(first, first + _FRAME):
        now = time.time()
        job = f"waiting-{number:012}"
        text = f'CONFIRM "May order {number} go out?" AFTER {THREE_INSERTS}'
        records.create(frame, id=job, source=text, request={}, now=now, holder="bench")
        question = {"question": f"May order {number} go out?"}
        records.JobKeeper(job, 1).suspend(frame, [Wait("1?", "confirm", question, None)], now)


def _bytes(jobs: Jobs) -> float:
    return float(jobs.namespace.usage()["used"]["bytes"])


def _memory(server: servers.Server) -> float:
    return float(sum(map(servers.memory, [server.process.pid, *server.children])))


_STREAMS = 1_000
_FOLLOWED = 8
_LISTEN_S = 6.0
_STEPS = f'SLEEP "1s" AFTER {INSERT}'
_STEPPING = f"{ROW} AFTER RANGE FROM 0 TO 1000 SET ?all AFTER FOREACH ?all AS ?each OPEN NEST {_STEPS} CLOSE NEST"
_DELAY = "from the end of a step to a client"


@figure(
    "job-streams",
    f"{_STREAMS:,} streams of events of {_FOLLOWED} running jobs, each of which ends two steps a second",
    at_most(0.2, Unit.SECONDS, f"{_DELAY}, p99"),
)
def job_streams(rounds: int) -> Iterable[Row]:
    """Delays of all events of some seconds, once all streams are open."""
    found: dict[str, list[float]] = defaultdict(list)
    with serving("bench") as [bench]:
        sent = bench.send(_STEPPING, _FOLLOWED, 1)
        jobs = [one.job for one in sent]
        _holders(bench, jobs)
        rows = bench.namespace.system("SELECT id, started FROM job WHERE state = 'running'")
        streams = Streams({str(job): float(str(began)) for job, began in rows}, "SLEEP")
        streams.follow(bench.server.port, bench.owner.token, jobs, _STREAMS)
        for _ in range(rounds):
            streams.listen(1.0)
            streams.delays.clear()
            streams.listen(_LISTEN_S)
            if len(streams.delays) < _STREAMS * _LISTEN_S / 2:
                raise RuntimeError(f"the clients heard of {len(streams.delays)} steps only")
            for part, name in _PARTS:
                found[name].append(share(streams.delays, part))
        streams.close()
        bench.namespace.write(partial(_cancel, sent=sent))
    for _, name in _PARTS:
        yield Row(f"{_DELAY}, {name}", Sample(tuple(found[name]), Unit.SECONDS))
