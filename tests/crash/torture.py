"""`python -m tests.crash.torture [--scale N] [NAME...]`: the full doses of every fault, and a page of what came of it.

A scale of 1 is the full dose, which takes hours; 0.01 takes minutes. The page keeps a line for each part: it is written
when all parts have run, or with `--write`, and then only the lines of the parts that have run are new. Exit code: 0
where nothing was found.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from tests.crash import chain_storm, doses, leaders, schedulers, storms
from tests.crash.course import Course
from tests.http import running

START_S = 600.0
"""How long a server may take to start: on a machine that does much else, as long as it gets no processor."""
PAGE = Path(__file__).resolve().parents[2] / "bench" / "torture.md"
_ABOUT = "\n## About these runs\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of fault: its full dose, what it is, and what does it."""

    full: int
    what: str
    do: Callable[[Course], None]


PARTS: dict[str, Part] = {
    "kills": Part(1_000, "kill -9 of workers, scheduler, Valkey, master, everything, under mixed load", storms.kills),
    "points": Part(200, "kill -9 at each of 8 named points of the store, of jobs and files, 25 times", doses.points),
    "chains": Part(150, "kill -9 at each commit of a chain in turn, on SQLite and PostgreSQL", doses.chain_points),
    "executions": Part(
        500, "kill -9 of what runs chains while people approve twice, cancel and resume", chain_storm.storms
    ),
    "migrations": Part(
        200, "kill -9 at the edges of a migration's states, with rows written meanwhile", doses.migrations
    ),
    "disk": Part(
        500, "the n-th write or sync of SQLite fails: the disk is full or broken, once or for good", doses.disk
    ),
    "redis": Part(100, "Valkey killed, or flushed, under mixed load", storms.redis),
    "takeover": Part(200, "kill -9 of the worker that runs a job", storms.takeover),
    "frozen": Part(200, "SIGSTOP of the worker that runs a job for twice the lease, then SIGCONT", storms.frozen),
    "rolling": Part(50, "SIGTERM to the server and a new start, under mixed load", storms.rolling),
    "leaders": Part(50, "kill -9 of a leader under writes; its follower takes over", leaders.fail_overs),
    "schedules": Part(
        2_400, "a minute of 3 schedulers, every other one with a kill -9; each slot fires once", schedulers.nights
    ),
    "racing": Part(10_000, "answer, cancellation and deadline at the same moment", doses.racing),
    "links": Part(2_000, "one single-use link, asked for by 64 clients at once", doses.links),
    "keys": Part(2_000, "one idempotency key, from 32 clients at once", doses.keys),
    "streams": Part(5_000, "reconnects of readers of a job's stream", doses.streams),
    "planted": Part(1, "bugs put in on purpose, each of which a test has to catch", doses.planted_bugs),
}


def main() -> int:
    """Runs from the command line."""
    asked, found = _arguments(), 0
    running.START_SECONDS = START_S
    for name in asked.name or PARTS:
        course, row = _run(name, asked)
        found += len(course.faults)
        sys.stdout.write(f"{row}\n" + "".join(f"    {fault}\n" for fault in course.faults[:20]))
        sys.stdout.flush()
        if asked.write or not asked.name:
            _write(name, row, course)
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.torture", description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *PARTS], help="parts to run; without any, all")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full dose (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="time that a part may take")
    parser.add_argument("--seed", type=int, default=1, help="what all chance comes of (default: %(default)s)")
    parser.add_argument("--lanes", type=int, default=2, help="units of a part at once (default: %(default)s)")
    parser.add_argument("--only", type=int, help="the one unit of a part that is to be repeated")
    parser.add_argument("--write", action="store_true", help="write the lines of the parts that are named to the page")
    return parser.parse_args()


def _run(name: str, asked: argparse.Namespace) -> tuple[Course, str]:
    """Does one part; its course, and its line in the page."""
    part, began = PARTS[name], time.monotonic()
    with _folder() as folder:
        course = Course(
            name, folder, max(1, round(part.full * asked.scale)), asked.seed, asked.lanes, asked.only,
            began + asked.minutes * 60,
        )  # fmt: skip
        try:
            part.do(course)
        except Exception as error:  # noqa: BLE001 - a finding too, and the other parts are to run
            traceback.print_exc()
            course.faults.append(f"broken off: {error!r:.2000}")
        if course.faults:
            kept = Path(tempfile.mkdtemp(prefix="torture-"))
            shutil.copytree(folder, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock", "postgres*"))
            sys.stderr.write(f"the folders of the servers are kept in {kept}; once more: {course.again}\n")
    return course, _row(course, part, time.monotonic() - began)


@contextmanager
def _folder() -> Iterator[Path]:
    # Names of sockets are short, so this is not below a folder of a test run.
    with tempfile.TemporaryDirectory(prefix="oql", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _row(course: Course, part: Part, seconds: float) -> str:
    lowest, _, highest = sorted(os.getloadavg())
    cells = (
        course.name, part.what, f"{part.full:,}", f"{course.done:,}", f"{seconds:.0f}", str(len(course.faults)),
        str(course.seed), machine.described()["date"], f"{lowest:.0f} to {highest:.0f}", "; ".join(course.notes),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _write(name: str, row: str, course: Course) -> None:
    """Puts the line of a part in the place of the one that the page has of it. What people have written stays."""
    written, about, by_people = (PAGE.read_text(encoding="utf-8") if PAGE.exists() else "").partition(_ABOUT)
    kept = written.splitlines()
    rows = {line.split("|")[1].strip(): line for line in kept if line.startswith("| ")} | {name: row}
    faults = [line for line in kept if line.startswith("- ") and not line.startswith(f"- {name} ")]
    faults += [f"- {name} {fault}" for fault in course.faults[:5]]
    told = machine.described()
    lines = [
        "# Torture", "",
        "Written by `make torture`: what the server is put through, how often, and what was found. Each line is the",
        "last run of its part; a part that found something is repeated, down to one unit of it, by",
        "`python -m tests.crash.torture PART --seed SEED --only UNIT`. The load is that of the machine over 1 to 15",
        "minutes, beside other work.",
        "", f"{told['processor']}; {told['python']}.", "",
        "| part | what is done | full dose | done | seconds | found | seed | when | load | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(rows[part] for part in PARTS if part in rows),
    ]  # fmt: skip
    found = ["", "## Found", "", *faults] if faults else []
    PAGE.write_text("\n".join([*lines, *found, ""]) + about + by_people, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
