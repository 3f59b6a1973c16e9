"""How long it takes until something answers: the command line and the server, beside the bare necessities."""

import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import processes, servers
from bench.figures import Absent, Row, Sample, Unit, at_most, figure
from bench.rounds import Side, compared, turns

_STARTS = 2
"""Starts in each round, so that five rounds make ten."""
_MOST_SERVER_STARTS = 3


_OQL_RUN = "oql run"


@figure(
    "run-hello",
    "`oql run examples/hello.oql`, from the start of the process to its end",
    at_most(0.25, Unit.SECONDS, _OQL_RUN),
)
def run_hello(rounds: int) -> Iterable[Row]:
    """Beside a Python that does nothing, and one that imports the parser library; then the same by processor time."""
    commands = {
        _OQL_RUN: (processes.OQL, "run", "examples/hello.oql"),
        "python -c pass": (sys.executable, "-c", "pass"),
        "python -c 'import lark'": (sys.executable, "-c", "import lark"),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for command in commands.values():
        _ended(command)  # the caches of the file system and of Lark's tables are filled by whoever comes first
    for name in turns(_STARTS * rounds, commands):
        found[name].append(_ended(commands[name]))
    for part, subject in enumerate((_OQL_RUN, f"{_OQL_RUN}, processor time")):
        samples = {name: Sample(tuple(times[part] for times in ran), Unit.SECONDS) for name, ran in found.items()}
        ours = samples.pop(_OQL_RUN)
        yield from (Row(subject, ours, name, sample) for name, sample in samples.items())


def _ended(command: Sequence[str]) -> tuple[float, float]:
    """Seconds until a process has ended well, and processor seconds that it took."""
    used = _used_by_children()
    begun = time.perf_counter()
    processes.finish(command)
    return time.perf_counter() - begun, _used_by_children() - used


def _used_by_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@figure(
    "server-ready",
    f"a server of {servers.WORKERS} workers, from the start of the process to the first 200 of /ready",
    at_most(2, Unit.SECONDS, "oql serve"),
)
def server_ready(rounds: int) -> Iterable[Row]:
    """Beside the bare application under the same gunicorn."""
    with TemporaryDirectory() as folder:
        peers: dict[str, Side | Absent] = {"gunicorn with a bare route": _start(servers.bare, Path(folder))}
        yield from compared(min(rounds, _MOST_SERVER_STARTS), "oql serve", _start(servers.ours, Path(folder)), peers)


def _start(serve: Callable[[Path], AbstractContextManager[servers.Server]], folder: Path) -> Side:
    def measure() -> float:
        with serve(folder) as server:
            return server.ready_s

    measure()
    return measure
