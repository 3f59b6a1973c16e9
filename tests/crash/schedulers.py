"""Several schedulers of one namespace that are killed and begun anew: each slot of a cron or schedule fires once.

Minutes are told to them, so that a night with a change of clocks takes seconds. Every other minute one of them is
killed at a moment of chance. When nobody is left the next one gets the same minute again.
"""

import random
import time
from collections import Counter
from datetime import UTC, datetime
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from chains import library
from chains.launching import launcher
from chains.schedules import firing, given, record
from oql import schedules
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Frame, Namespace
from substrate.opening import open_store
from tests import preloaded
from tests.crash.course import Course
from tests.crash.forked import PATIENCE_S
from tests.substrate.postgres_server import new_database, running_server
from worker.schedules import fire_due

NAME, MINUTES, SCHEDULERS = "user_slots", 120, 3
NIGHT = datetime(2026, 10, 25, 0, 0, tzinfo=UTC).timestamp()
"""At 01:00 UTC clocks in Berlin go back from 03:00 to 02:00, so that 02:30 comes twice: at 00:30 and 01:30 UTC."""
EVERY = {"* * * * *": 1, "*/5 * * * *": 5, "*/20 * * * *": 20}
"""Crons, and the minutes from one slot to the next."""
AT_NIGHT = "30 2 * * *"
CHAIN = "name: c\noutput: a\nsteps: [{id: a, type: transform, operation: template, template_str: a, output_var: a}]\n"


def nights(course: Course) -> None:
    """So many minutes, by turns on SQLite and on PostgreSQL."""
    killed: list[int] = []
    with running_server(course.folder) as postgres:

        def night(number: int) -> list[str]:
            with new_database(postgres) as url:
                return _night(url if number % 2 else "", course.folder / f"{number}", course.chosen(number), killed)

        course.each(-(-course.dose // MINUTES), night, MINUTES)
    course.notes.append(f"{len(killed):,} schedulers killed")


def _night(url: str, folder: Path, chosen: random.Random, killed: list[int]) -> list[str]:
    store = open_store(url, folder, system=MIGRATIONS)
    try:
        namespace = store.namespace(NAME)
        namespace.write(_given)
        some = [_Scheduler(url, folder) for _ in range(SCHEDULERS)]
        for minute in range(1, MINUTES + 1):
            now = NIGHT + 60 * minute
            for one in some:
                one.tell(now)
            if minute % 2:
                time.sleep(chosen.uniform(0, 0.02))
                some[chosen.randrange(SCHEDULERS)].kill()
                killed.append(minute)
            done = [one.has_done() for one in some]
            if not any(done):
                again = some[0].begin()
                again.tell(now)
                assert again.has_done(), "a scheduler has died by itself"
            for one in some:
                one.begin()
        for one in some:
            one.kill()
        return _judged(namespace)
    finally:
        store.close()


def _given(frame: Frame) -> None:
    library.save(frame, "chain", "c", CHAIN, NIGHT, {})
    for cron in EVERY:
        schedules.define(frame, cron, cron, "UTC", "EMIT 1", NIGHT)
        made = given.new(cron, {"chainName": "c", "cron": cron, "label": cron}, NIGHT)
        record.keep(frame, made)
    schedules.define(frame, AT_NIGHT, AT_NIGHT, "Europe/Berlin", "EMIT 1", NIGHT)


def _judged(namespace: Namespace) -> list[str]:
    """What does not fit the calendar."""
    rows = namespace.system("SELECT kind, name, created FROM job")
    fired = Counter((str(kind), str(name), round((float(at) - NIGHT) / 60)) for kind, name, at in rows)  # type: ignore[arg-type] # a number
    at_night = sum(count for (_, name, _), count in fired.items() if name == AT_NIGHT)
    expected = Counter(
        ("cron", cron, minute) for cron, apart in EVERY.items() for minute in range(apart, MINUTES + 1, apart)
    )
    chains = Counter(minute for _, _, minute in expected)
    expected += Counter({("chain", "c", minute): count for minute, count in chains.items()})
    faults = [] if at_night == 1 else [f"`{AT_NIGHT}` in Berlin fired {at_night} times"]
    return faults + [
        f"{slot} fired {fired[slot]} times, expected {expected[slot]}"
        for slot in sorted(expected.keys() | fired.keys())
        if slot[1] != AT_NIGHT and expected[slot] != fired[slot]
    ]


class _Scheduler:
    """A process that is told the time."""

    def __init__(self, url: str, folder: Path) -> None:
        self._arguments = url, folder
        self._begin()

    def _begin(self) -> None:
        self._line, there = Pipe()
        self._process = preloaded.begin(_fire, there, *self._arguments)
        there.close()

    def tell(self, now: float) -> None:
        """Tells it the time, if it is there."""
        try:
            self._line.send(now)
        except OSError:
            return

    def has_done(self) -> bool:
        """Whether it has done what is due; else it is dead."""
        try:
            return self._line.poll(PATIENCE_S) and bool(self._line.recv())
        except (EOFError, OSError):
            return False

    def kill(self) -> None:
        """As `kill -9`."""
        self._process.kill()

    def begin(self) -> "_Scheduler":
        """Begins another one where it is dead."""
        if self._process.poll() is not None:
            self._begin()
        return self


def _fire(line: Connection, url: str, folder: Path) -> None:
    store = open_store(url, folder, system=MIGRATIONS)
    namespace, launch = store.namespace(NAME), launcher(1_000_000, None)
    while True:
        now = line.recv()
        fire_due(namespace, now)
        firing.fire_due(namespace, now, launch)
        line.send(now)
