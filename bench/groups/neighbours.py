"""What one account notices of another one that takes all it can get."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.account import account_in, emit_with_token, owner_in, running
from bench.figures import Row, Sample, Unit, at_most, figure
from bench.load import Load, Request, drive
from bench.rounds import turns

_ALONE = "nobody else asks"
_LOOPS = "EMIT, p50 delay while another account runs 16 long loops"
_FLOOD = "EMIT, p50 delay while another account asks as fast as it can, by 16 connections"
_SECONDS, _CONNECTIONS = 2, 16
_LOOP = """CALCULATE "0" SET ?n
WHILE ?n IS LESS THAN 300000 OPEN NEST
  CALCULATE "?n + 1" SET ?n
CLOSE NEST
EMIT "done"
"""


@figure(
    "neighbours",
    f"EMIT on one connection, beside another account, {servers.WORKERS} workers",
    at_most(1.2, Unit.TIMES, _LOOPS),
    at_most(1.2, Unit.TIMES, _FLOOD),
)
def neighbours(rounds: int) -> Iterable[Row]:
    """Delays of the one, alone and with the other; the load takes a part of the same processors."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        asked, other = emit_with_token(account_in(data)), owner_in(data, "neighbour").token
        loads = {_ALONE: None, _LOOPS: running(_LOOP, other), _FLOOD: emit_with_token(other)}
        with servers.ours(Path(folder)) as server:
            found: dict[str, list[Load]] = {name: [] for name in loads}
            for name in turns(rounds, loads):
                with _beside(server.port, loads[name]):
                    found[name].append(drive(server.port, asked, _SECONDS, 1))
    delays = {name: Sample(tuple(load.p50 for load in given), Unit.SECONDS) for name, given in found.items()}
    alone = delays.pop(_ALONE)
    yield from (Row(name, delay, _ALONE, alone) for name, delay in delays.items())


@contextmanager
def _beside(port: int, request: Request | None) -> Iterator[None]:
    """While the block lasts, and a while longer, another one asks."""
    with ThreadPoolExecutor(1) as thread:
        load = thread.submit(drive, port, request, _SECONDS + 1, _CONNECTIONS) if request else None
        yield
        if load:
            load.result()
