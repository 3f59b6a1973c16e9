"""Faults of a whole server under load: each as often as asked."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from oql.jobs.records import LEASE_S
from oql.jobs.states import FINAL
from tests.crash.course import Course
from tests.crash.holding_on import PATIENCE_S, Watched, judged
from tests.crash.serving import There, server
from tests.crash.storm import Plan, storm
from tests.crash.works import slow_loop
from tests.http.running import until

HURTS_OF_A_STORM = 50
WATCHERS = 6
TIMES_A_JOB = 8
ROUNDS = 60

_OF_ALL_KINDS = (
    ("job worker",) * 5
    + ("web worker",) * 3
    + ("scheduler", "valkey", "flush", "all children", "master", "everything")
)  # fmt: skip


def kills(course: Course) -> None:
    """So many kills of everything that can be killed, under load of four namespaces."""
    _storms(course, _OF_ALL_KINDS, (0.1, 0.6))


def redis(course: Course) -> None:
    """So many times Valkey dies, or forgets everything."""
    _storms(course, ("valkey", "flush"), (0.5, 1.0))


def rolling(course: Course) -> None:
    """So many gentle ends and new starts."""
    _storms(course, ("rolling restart",), (0.2, 1.0), hurts=10)


def takeover(course: Course) -> None:
    """Kills the holder of a job so many times; how long it took until another one ran it."""
    _disturbed(course, signal.SIGKILL, 0.0)


def frozen(course: Course) -> None:
    """Stops the holder of a job for twice the lease so many times, some at once."""
    _disturbed(course, signal.SIGSTOP, 2 * LEASE_S)


def _storms(course: Course, ways: Sequence[str], apart_s: tuple[float, float], hurts: int = HURTS_OF_A_STORM) -> None:
    given = itertools.count()

    def one(number: int) -> list[str]:
        chosen = course.chosen(number)
        some = min(hurts, course.dose - number * hurts)
        hurts_now = [chosen.choice(ways) for _ in range(some)]
        plan = Plan(
            takewhile(lambda _: not course.over(), hurts_now), seed=chosen.randrange(1_000_000), namespaces=4,
            jobs_each=100_000, clients_each=2, while_hurt=True, pause_s=0.02, apart_s=apart_s,
        )  # fmt: skip
        outcome = storm(course.folder / f"{number}", plan, lambda: course.did(1, []))
        for _ in outcome.given:
            next(given)
        done = ["done: " + "; ".join(line.strip() for line in outcome.log)] if outcome.faults else []
        return [*outcome.faults, *done]

    course.each(-(-course.dose // hurts), one, weight=0)
    course.notes.append(f"{next(given):,} jobs")


@dataclass
class _Watch:
    """What watchers of jobs have in common. `how`: the signal that holders get, for `at_least_s` where they go on."""

    course: Course
    there: There
    how: int
    at_least_s: float
    seconds: list[float] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)
    held_up: int = 0

    def watch(self, lane: int) -> list[str]:
        """Gives one account jobs, whose holders it hurts again and again, until the dose is done."""
        course, there, faults = self.course, self.there, list[str]()
        for number in itertools.count():
            if course.enough():
                return faults
            one = Watched(there.target, there.logins[lane], slow_loop(f"t{lane}x{number}", ROUNDS), there.store)
            one.give()
            for _ in range(TIMES_A_JOB):
                if course.enough() or not self.hurt(one):
                    break
                course.did(1, [])
            faults += judged([one], there.sink)
        return faults

    def hurt(self, one: Watched) -> bool:
        """Hurts the holder once it has done something more, and waits for another one; False where the job is over."""
        before = one.rows()

        def goes_on() -> bool:
            job = one.job()
            return job is not None and (job.state in FINAL or (bool(job.holder) and one.rows() > before))

        until(goes_on, PATIENCE_S)
        job = one.job()
        if job is None or job.holder is None or job.state in FINAL:
            return False
        pid = int(job.holder.split(":")[1])
        with suppress(ProcessLookupError):  # another watcher was here first
            os.kill(pid, self.how)
        if self.how == signal.SIGKILL:
            self.seconds.append(one.taken_over_after(job.fence))
        else:
            self._let_go_on(one, pid, job.fence)
        return True

    def _let_go_on(self, one: Watched, pid: int, fence: int) -> None:
        """Lets a stopped holder go on in time. Nobody takes over from one that has its turn to write meanwhile."""
        ends = time.monotonic() + self.at_least_s
        self.stopped.add(pid)
        try:
            if not _came(lambda: one.fence() > fence, self.at_least_s) and self._hold_locks():
                self.held_up += 1
            else:
                self.seconds.append(self.at_least_s - max(0.0, ends - time.monotonic()) + one.taken_over_after(fence))
                time.sleep(max(0.0, ends - time.monotonic()))
        finally:
            self.stopped.discard(pid)
            os.kill(pid, signal.SIGCONT)

    def _hold_locks(self) -> bool:
        """Whether one that is stopped holds a lock of a file, for which others wait."""
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
        return any("WRITE" in words and words[words.index("WRITE") + 1] in map(str, self.stopped) for words in locks)


def _disturbed(course: Course, how: int, at_least_s: float) -> None:
    """Each of some watchers has a job of its own, whose holder it hurts again and again."""
    with server(course.folder, WATCHERS, job_workers=str(WATCHERS + 2)) as there:
        watch, course.lanes = _Watch(course, there, how, at_least_s), WATCHERS
        course.each(WATCHERS, watch.watch, weight=0)
    seconds, shown = sorted(watch.seconds), {"median": 0.5, "p99": 0.99, "most": 1.0}
    told = ", ".join(
        f"{name} {seconds[min(len(seconds) - 1, int(part * len(seconds)))]:.1f} s" for name, part in shown.items()
    )
    course.notes.append(f"until another worker runs the job: {told}")
    if watch.held_up:
        course.notes.append(f"{watch.held_up:,} stood in the middle of a write, and were waited for")


def _came(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether something becomes true in time."""
    ends = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < ends:
        time.sleep(0.02)
    return true
