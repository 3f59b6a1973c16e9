"""What the server answers in a second, beside a route of the same server that does nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.account import account_in, emit, emit_with_token
from bench.figures import Row, Sample, Unit, at_least, figure
from bench.load import CONNECTIONS, Load, Request, drive
from bench.rounds import turns

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
