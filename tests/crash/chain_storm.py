"""Chains under people and kills: started, approved twice at once, cancelled, let go on where they have failed, while
whatever runs them is killed. In the end each has come to what it must, and has told of it without a gap."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from chains import library
from chains.executions import records, steps
from chains.executions.records import AlreadyDecided, NoApproval, NotResumable, TooMany
from chains.running.forms import INTERRUPTED
from chains.starting import start
from oql.jobs.states import FINAL
from substrate.errors import StoreError
from substrate.interface import Frame, Namespace
from substrate.opening import open_control
from tests.crash.chains import answer, answering, text_of, wrongly_numbered, wrongly_told
from tests.crash.course import Course
from tests.crash.holding_on import opened
from tests.crash.killing import Target
from tests.crash.storm import logins
from tests.crash.works import rows_of
from tests.models.services import Asked, Said
from tests.substrate.postgres_server import new_database, running_server
from worker.hints import Hints
from worker.marks import DATABASE, MIGRATIONS as MARKS

KILLS_OF_A_STORM = 25
NAMESPACES = 2
AT_ONCE = 4
SLOTS = 5
END_S = 300.0
WAYS = ("job worker",) * 8 + ("web worker", "scheduler", "valkey", "flush", "all children", "everything")


@dataclass
class Started:
    """One execution. `kind`: "plain", "fails" (its webhook does, once) or "cancelled". `approvals`: taken answers."""

    id: str
    tag: str
    kind: str
    cancel_at: float
    cancelled: bool = False
    approvals: int = 0
    resumed: int = 0


@dataclass
class People:
    """Those who start, approve, cancel and resume executions of one namespace, in its store as the routes do."""

    namespace: Namespace
    hints: Hints
    text: str
    chosen: random.Random
    pool: ThreadPoolExecutor
    started: dict[str, Started] = field(default_factory=dict)

    def look(self, *, more: bool) -> bool:
        """Does what there is to do now; with `more` they start others, too. Whether nothing is left."""
        states = {str(job): (str(state), str(told)) for job, state, told in self.namespace.system(_STATES)}
        left = [job for job in self.started if states[job][0] not in FINAL]
        for job, one in self.started.items():
            state, answered = states[job]
            if state == "error" and '"Webhook failed' in str(answered):
                self._write(lambda frame, id_=job: records.resume(frame, id_, time.time(), SLOTS))  # type: ignore[misc] # mypy#12557
                one.resumed += 1
                left.append(job)
            elif one.kind == "cancelled" and not one.cancelled and state not in FINAL and time.time() > one.cancel_at:
                one.cancelled = bool(self._write(lambda frame, id_=job: records.cancel(frame, id_, "ada", time.time())))  # type: ignore[misc] # mypy#12557
        for (asking,) in self.namespace.system("SELECT job FROM wait WHERE kind = 'confirm' AND state = 'open'"):
            self._approve(str(asking))
        for _ in range(AT_ONCE - len(left) if more else 0):
            self._start()
        return not left

    def _approve(self, job: str) -> None:
        """Two at the same moment."""

        def decide(by: str) -> Any:
            return self._write(lambda frame: records.decide(frame, job, "gate", True, None, by, time.time()))

        self.started[job].approvals += sum(taken is True for taken in self.pool.map(decide, ("ada", "bob")))

    def _start(self) -> None:
        kind = self.chosen.choice(("plain", "plain", "fails", "cancelled"))
        tag = f"{kind[0]}{self.namespace.name}x{len(self.started)}"
        begun = self._write(
            lambda frame: start(
                frame, kind="chain", name="outer", text=self.text, values={"tag": tag}, now=time.time(), limit=SLOTS,
                size_of=lambda _: None, waits=True,
            )
        )  # fmt: skip
        self.started[begun] = Started(begun, tag, kind, time.time() + self.chosen.uniform(0, 6))

    def _write(self, work: Callable[[Frame], Any]) -> Any:
        """What a change gives, True for None; None where it is refused."""
        try:
            done = self.namespace.write(work)
        except (AlreadyDecided, NoApproval, NotResumable, TooMany):
            return None
        self.hints.mark(self.namespace.name, time.time())
        return True if done is None else done

    def judged(self) -> list[str]:
        """What is wrong with any of them in the end."""
        return [f"{one.tag} {one.id}: {fault}" for one in self.started.values() for fault in self._wrong(one)]

    def _wrong(self, one: Started) -> list[str]:
        found = records.find(self.namespace, one.id)
        assert found
        answered, rows = found.job.answer or {}, rows_of(self.namespace, one.tag)
        written = Counter(int(row["step"]) for row in rows)
        faults = wrongly_numbered(self.namespace, one.id)
        if any(count > 1 for count in written.values()):
            faults.append(f"it wrote {dict(written)}")
        if one.approvals > 1 + one.resumed:
            faults.append(f"{one.approvals} approvals were taken")
        if found.job.state == "cancelled":
            return faults + ([] if one.cancelled else ["nobody has cancelled it"])
        if found.job.state == "error" and (answered.get("error") or {}).get("message") == INTERRUPTED:
            return faults
        if found.job.state != "complete" or one.cancelled:
            return [*faults, f"it is {found.job.state} with {answered}, cancelled: {one.cancelled}"]
        if written != Counter({1: 1, 2: 1, 3: 1, 9: 1}):
            faults.append(f"it wrote {dict(written)}")
        if any(state.status != "done" for state in steps.of(self.namespace, one.id)):
            faults.append("a step is not done")
        return faults + (wrongly_told(self.namespace, one.id) if not one.resumed else [])


_LEFT = f"SELECT id, state, due, holder FROM job WHERE kind = 'chain' AND state NOT IN ({', '.join(map(repr, FINAL))})"
_STATES = "SELECT id, state, answer FROM job WHERE kind = 'chain'"


def storms(course: Course) -> None:
    """So many kills of what runs chains, by turns on SQLite and on PostgreSQL."""
    ended: Counter[str] = Counter()
    with running_server(course.folder) as postgres:

        def one(number: int) -> list[str]:
            with new_database(postgres) as url:
                return _storm(course, number, url if number % 2 else "", ended)

        course.each(-(-course.dose // KILLS_OF_A_STORM), one, weight=0)
    course.notes.append(", ".join(f"{count:,} {name}" for name, count in sorted(ended.items())))


def _storm(course: Course, number: int, url: str, ended: Counter[str]) -> list[str]:
    chosen, stopping = course.chosen(number), threading.Event()
    with answering(_once_badly()) as model, ExitStack() as stack:
        where = {"store": url} if url else {}
        settings = {"outbound_allow": model.at, "model_base_url": f"{model.url}/v1", "model_default": "small"}
        (course.folder / f"{number}").mkdir()
        target = Target(course.folder / f"{number}" / "data", {**settings, **where, "job_workers": "2"}, chosen)
        stack.callback(target.end)
        names = [login.namespace for login in logins(target, NAMESPACES)]
        store = opened(target)
        stack.callback(store.close)
        hints = Hints(open_control(url, target.data, DATABASE, MARKS), None)
        stack.callback(hints.close)
        inner, outer = text_of(model.at)
        pool = stack.enter_context(ThreadPoolExecutor(2 * NAMESPACES))
        people = []
        for name in names:
            store.namespace(name).write(lambda frame: library.save(frame, "chain", "inner", inner, time.time(), {}))
            people.append(People(store.namespace(name), hints, outer, random.Random(chosen.random()), pool))
        with ThreadPoolExecutor(NAMESPACES) as busy:
            loads = [busy.submit(_go_on, one, stopping) for one in people]
            try:
                for _ in range(min(KILLS_OF_A_STORM, course.dose - number * KILLS_OF_A_STORM)):
                    time.sleep(chosen.uniform(0.3, 1.2))
                    if course.over():
                        break
                    target.hurt(chosen.choice(WAYS))
                    course.did(1, [])
            finally:
                stopping.set()
            faults = [fault for load in loads for fault in load.result()]
        faults += [fault for one in people for fault in one.judged()]
        back_end = "on PostgreSQL" if url else "on SQLite"
        for one in people:
            for started in one.started.values():
                job = records.find(one.namespace, started.id)
                ended[f"{job.job.state if job else 'lost'} {back_end}"] += 1
        done = ["done: " + "; ".join(line.strip() for line in target.log)] if faults else []
        return [*faults, *done]


def _go_on(people: People, stopping: threading.Event) -> list[str]:
    """Goes on until told to stop and all have ended; those that have not in time."""
    ends = float("inf")
    while True:
        if stopping.is_set():
            ends = min(ends, time.monotonic() + END_S)
        try:
            if people.look(more=not stopping.is_set()) and stopping.is_set():
                return []
        except StoreError:  # busy; the next look comes
            continue
        if time.monotonic() > ends:
            return [f"not over after {END_S:g} s: {row}" for row in people.namespace.system(_LEFT)]
        time.sleep(0.1)


def _once_badly() -> Callable[[Asked], Said]:
    """Answers as ever, but fails the first call of each webhook whose tag begins with an f."""
    failed: set[str] = set()

    def told(asked: Asked) -> Said:
        if asked.path.startswith("/hook/f") and asked.path not in failed:
            failed.add(asked.path)
            return Said(b"no", 500)
        return answer(asked)

    return told
