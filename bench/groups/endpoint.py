"""What the server answers in a second, beside a route of the same server that does nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.account import account_in, emit, emit_with_token
from bench.figures import Row, Sample, Unit, at_least, figure
from bench.load import CONNECTIONS, Load, Request, drive
from bench.peers import of, opened
from bench.peers.fastapi import HELLO, fastapi
from bench.peers.node import NODE, node
from bench.rounds import OURS, rows_of, tried_in_turns, turns

_SECONDS = 1
_WARM_SECONDS = 2
_WARM_CONNECTIONS = 16
"""Few, for a start: every worker verifies the password once, and meanwhile lets others wait."""
_BODY = "EMIT, password in the body"
_BARE = "a bare route"


@dataclass(frozen=True, slots=True)
class _Driven:
    """A second of load, and the processor seconds that the workers used for it."""

    load: Load
    processor_s: float


@figure(
    "http",
    f"requests a second with {CONNECTIONS} connections that stay open, {servers.WORKERS} workers",
    at_least(0.5, Unit.TIMES, _BODY),
)
def http(rounds: int) -> Iterable[Row]:
    """Rates, then what each request costs the workers, then delays."""
    with TemporaryDirectory() as folder:
        token = account_in(Path(folder) / "data")
        with servers.ours_beside_bare(Path(folder)) as server:
            found = _drive_in_turns(rounds, server, _requests(token))
    yield from _rows(found, "", Unit.RATE, lambda one: one.load.requests / one.load.seconds)
    yield from _rows(found, ", processor time", Unit.SECONDS, lambda one: one.processor_s / one.load.requests)
    yield from _rows(found, ", p99 delay", Unit.SECONDS, lambda one: one.load.p99)


def _requests(token: str) -> dict[str, Request]:
    return {
        _BARE: emit("/inside"),
        _BODY: emit(),
        "EMIT, the development account": emit(development=True),
        "EMIT, a bearer token": emit_with_token(token),
        "Falcon alone in the same workers, without a log line": emit("/bare"),
        "GET /health": Request("/health"),
    }


def _drive_in_turns(rounds: int, server: servers.Server, requests: dict[str, Request]) -> dict[str, list[_Driven]]:
    for request in requests.values():
        drive(server.port, request, _WARM_SECONDS, _WARM_CONNECTIONS)
    found = defaultdict(list)
    for name in turns(rounds, requests):
        before = server.processor_s()
        load = drive(server.port, requests[name], _SECONDS)
        found[name].append(_Driven(load, server.processor_s() - before))
    return found


def _rows(found: dict[str, list[_Driven]], suffix: str, unit: Unit, value: Callable[[_Driven], float]) -> Iterable[Row]:
    samples = {name: Sample(tuple(map(value, driven)), unit) for name, driven in found.items()}
    limit = samples.pop(_BARE)
    return [Row(name + suffix, sample, _BARE, limit) for name, sample in samples.items()]


@figure(
    "http-peers",
    f"{_BODY}: requests a second beside frameworks that answer a constant, {CONNECTIONS} connections, "
    f"{servers.WORKERS} workers each",
)
def http_peers(rounds: int) -> Iterable[Row]:
    """Ours looks at an account, counts its query, runs a program with a trace, and writes a log line."""
    with TemporaryDirectory() as named, ExitStack() as stack:
        folder = Path(named)
        account_in(folder / "data")
        ours = stack.enter_context(servers.ours(folder))
        fast, other = opened(stack, lambda: fastapi(folder)), opened(stack, lambda: node(folder))
        sides = {
            OURS: _loads(ours, emit()),
            HELLO: of(fast, lambda server: _loads(server, emit("/hello"))),
            NODE: of(other, lambda server: _loads(server, emit("/hello"))),
        }
        found = tried_in_turns(rounds, sides)
    for subject, unit, value in (
        (_BODY, Unit.RATE, lambda load: load.requests / load.seconds),
        (f"{_BODY}, p50 delay", Unit.SECONDS, lambda load: load.p50),
        (f"{_BODY}, p99 delay", Unit.SECONDS, lambda load: load.p99),
    ):  # fmt: skip
        yield from rows_of(found, subject, unit, value)


def _loads(server: servers.Server, request: Request) -> Callable[[], Load]:
    """A side: some load, after a first one that warms the server."""
    drive(server.port, request, _WARM_SECONDS, _WARM_CONNECTIONS)
    return lambda: drive(server.port, request, _SECONDS)
