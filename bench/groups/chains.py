"""Chains: how long one of many small steps takes, how many end in a second, and steps that wait for models at once."""

from collections.abc import Iterable, Sequence
from functools import partial

from bench import servers
from bench.chains import Chains, add_finished, asks, cancel, pauses, slow_model, transforms
from bench.figures import Row, Sample, Unit, at_least, at_most, figure
from bench.jobs import JobLoad, Jobs, serving, share
from bench.streams import ExecutionStreams

_ALONE, _MANY, _CLIENTS = 60, 400, 8
_SLOTS = "64"
_INSIDE = "20 transform steps in 5 waves, sent to done"
_RATE = "such chains in a second"
_PARTS = ((0.5, "p50"), (0.99, "p99"))


@figure(
    "chains",
    f"chains over HTTP, one at a time and by {_CLIENTS} clients, {servers.WORKERS} job workers",
    at_most(30e-3, Unit.SECONDS, f"{_INSIDE}, p50"),
    at_least(100, Unit.RATE, _RATE),
)
def chains(rounds: int) -> Iterable[Row]:
    """Durable: each is on disk before the answer to the request."""
    alone: list[JobLoad] = []
    many: list[JobLoad] = []
    with serving("bench", OQL_MAX_CONCURRENT_EXECUTIONS=_SLOTS) as [bench]:
        sent = Chains(bench)
        sent.save("twenty", transforms(20, 5))
        sent.one_by_one("twenty", 10)
        for _ in range(rounds):
            alone.append(sent.one_by_one("twenty", _ALONE))
            many.append(sent.burst("twenty", _MANY, _CLIENTS))
    for part, name in _PARTS:
        yield Row(f"{_INSIDE}, {name}", _sample([share(load.delays, part) for load in alone]))
    yield Row(_RATE, Sample(tuple(load.rate for load in many), Unit.RATE))


_AT_ONCE = 5
_WAIT_S = 1.0
_ASKING = f"{_AT_ONCE} steps that ask a model which takes {_WAIT_S:g} s"


@figure(
    "models-at-once", "steps of a chain that wait for a model at the same time", at_most(1.2, Unit.SECONDS, _ASKING)
)
def models_at_once(rounds: int) -> Iterable[Row]:
    """From the request to the end of the chain."""
    found: list[float] = []
    with slow_model(_WAIT_S) as url, serving("bench", OQL_MODEL_BASE_URL=url, OQL_MODEL_DEFAULT="small") as [bench]:
        sent = Chains(bench)
        sent.save("asks", asks(_AT_ONCE))
        sent.one_by_one("asks", 1)
        for _ in range(rounds):
            found += sent.one_by_one("asks", 3).delays
    yield Row(_ASKING, _sample(found))


_STREAMS = 500
_STEPS = 120
_LISTEN_S = 6.0
_DELAY = "from the end of a step to a client"


@figure(
    "chain-streams",
    f"{_STREAMS} streams of events of one execution, which ends four steps a second",
    at_most(0.2, Unit.SECONDS, f"{_DELAY}, p99"),
)
def chain_streams(rounds: int) -> Iterable[Row]:
    """Delays of all events of some seconds, once all streams are open."""
    found: dict[str, list[float]] = {name: [] for _, name in _PARTS}
    with serving("bench") as [bench]:
        sent = Chains(bench)
        sent.save("slow", pauses(_STEPS, 0.25))
        for _ in range(rounds):
            [one] = sent.send("slow", 1, 1)
            streams = ExecutionStreams({}, "")
            streams.follow(bench.server.port, bench.owner.token, [one.job], _STREAMS)
            streams.listen(1.0)
            streams.ended.clear()
            streams.listen(_LISTEN_S)
            streams.close()
            delays = _delays(bench, one.job, streams.ended)
            for part, name in _PARTS:
                found[name].append(share(delays, part))
            bench.namespace.write(partial(cancel, job=one.job))
    for _, name in _PARTS:
        yield Row(f"{_DELAY}, {name}", _sample(found[name]))


def _delays(bench: Jobs, execution: str, heard: dict[str, list[float]]) -> list[float]:
    rows = bench.namespace.system("SELECT id, finished FROM execution_step WHERE job = ?", execution)
    ended = {str(step): float(str(at)) for step, at in rows if at is not None}
    delays = [at - ended[step] for step, times in heard.items() for at in times]
    if len(delays) < _STREAMS * _LISTEN_S * 2:
        raise RuntimeError(f"the clients heard of {len(delays)} steps only")
    return delays


_KEPT = 10_000
_LISTED = f"the newest 50 of {_KEPT:,} finished executions"


@figure("chain-list", "GET /executions", at_most(50e-3, Unit.SECONDS, f"{_LISTED}, p99"))
def chain_list(rounds: int) -> Iterable[Row]:
    """The whole request, on a connection that is kept."""
    found: dict[str, list[float]] = {name: [] for _, name in _PARTS}
    with serving("bench", OQL_MAX_CONCURRENT_EXECUTIONS="1000000") as [bench]:
        sent = Chains(bench)
        for first in range(0, _KEPT, 500):
            bench.namespace.write(partial(add_finished, first=first, count=500))
        for _ in range(rounds):
            times = sent.get("/executions", 200)
            for part, name in _PARTS:
                found[name].append(share(times, part))
    for _, name in _PARTS:
        yield Row(f"{_LISTED}, {name}", _sample(found[name]))


def _sample(values: Sequence[float]) -> Sample:
    return Sample(tuple(values), Unit.SECONDS)
