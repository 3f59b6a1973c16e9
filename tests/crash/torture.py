"""`python -m tests.crash.torture [--scale N] [NAME...]`: the full doses of every fault, and a page of what came of it.

A scale of 1 is the full dose, which takes most of a day; 0.01 takes minutes. The page is only written when all parts
have run, unless told otherwise. Exit code: 0 where nothing was found.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import machine
from tests.crash import doses
from tests.crash.doses import Dose

PAGE = Path(__file__).resolve().parents[2] / "bench" / "torture.md"

PARTS: dict[str, tuple[int, str, Callable[[Path, int], Dose]]] = {
    "kills": (1_000, "kill -9 of workers, scheduler, Valkey, master, everything, under mixed load", doses.kills),
    "points": (25, "kill -9 at each named point of the store and of jobs, this many times", doses.points),
    "migrations": (200, "kill -9 at the edges of a migration's states, with rows written meanwhile", doses.migrations),
    "disk": (
        500,
        "the n-th write or sync of SQLite fails: the disk is full or broken, once or for good",
        doses.disk,
    ),
    "redis": (100, "Valkey killed, or flushed, under mixed load", doses.redis),
    "takeover": (200, "kill -9 of the worker that runs a job", doses.takeover),
    "frozen": (200, "SIGSTOP of the worker that runs a job for twice the lease, then SIGCONT", doses.frozen),
    "rolling": (50, "SIGTERM to the server and a new start, under mixed load", doses.rolling),
    "racing": (10_000, "answer, cancellation and deadline at the same moment", doses.racing),
    "links": (2_000, "one single-use link, asked for by 64 clients at once", doses.links),
    "keys": (2_000, "one idempotency key, from 32 clients at once", doses.keys),
    "streams": (5_000, "reconnects of readers of a job's stream", doses.streams),
    "planted": (1, "bugs put in on purpose, each of which a test has to catch", doses.planted_bugs),
}
"""Each part: its full dose, what it does, and what does it."""


@dataclass
class Row:
    """What came of one part."""

    name: str
    full: int
    dose: int
    what: str
    seconds: float
    came: Dose = field(default_factory=Dose)


def main() -> int:
    """Runs from the command line."""
    asked = _arguments()
    rows = []
    for name in asked.name or PARTS:
        row = _run(name, asked.scale)
        rows.append(row)
        sys.stdout.write(_line(row) + "\n" + "".join(f"    {fault}\n" for fault in row.came.faults[:20]))
        sys.stdout.flush()
    if asked.write or not asked.name:
        PAGE.write_text(_page(rows, asked.scale), encoding="utf-8")
    return 1 if any(row.came.faults for row in rows) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.torture", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *PARTS], help="parts to run; without any, all")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full dose (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the page of the parts that are named, too")
    return parser.parse_args()


def _run(name: str, scale: float) -> Row:
    full, what, part = PARTS[name]
    dose = max(1, round(full * scale))
    began = time.monotonic()
    with _folder() as folder:
        try:
            came = part(folder, dose)
        except Exception as error:  # noqa: BLE001 - a finding too, and the other parts are to run
            traceback.print_exc()
            came = Dose([f"broken off: {error!r}"])
    return Row(name, full, dose, what, time.monotonic() - began, came)


@contextmanager
def _folder() -> Iterator[Path]:
    # Names of sockets are short, so this is not below a folder of a test run.
    with tempfile.TemporaryDirectory(prefix="oql", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _line(row: Row) -> str:
    found = f"{len(row.came.faults)} FOUND" if row.came.faults else "nothing found"
    return f"{row.name:<10} {row.dose:>6,} of {row.full:,} in {row.seconds:.0f} s: {found}; {row.came.note}"


def _page(rows: list[Row], scale: float) -> str:
    told = machine.described()
    lines = [
        "# Torture", "",
        "Written by `make torture`: what the server is put through, how often, and what was found. A scale of 1 is the",
        "full dose.", "",
        f"Scale {scale:g}; {told['date']}; {told['processor']}; {told['python']}.", "",
        "| what is done | full dose | this run | seconds | found | |", "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.what} | {row.full:,} | {row.dose:,} | {row.seconds:.0f} | {len(row.came.faults)} | "
            f"{row.came.note} |"
            for row in rows
        ),
    ]  # fmt: skip
    faults = [f"- {row.name}: {fault}" for row in rows for fault in row.came.faults[:5]]
    return "\n".join([*lines, *(["", "## Found", "", *faults] if faults else []), ""])


if __name__ == "__main__":
    sys.exit(main())
