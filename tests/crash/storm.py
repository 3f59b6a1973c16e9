"""A server under mixed load of several namespaces while parts of it are killed, and the judgement at the end."""

import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from oql.jobs.schema import MIGRATIONS
from substrate.files.opening import FileStore
from substrate.opening import open_control, open_store
from tests.crash.clients import Approver, Client, Given, Login
from tests.crash.killing import Target
from tests.crash.oracle import Oracle
from tests.crash.sink import Sink, taking
from tests.crash.works import SET_UP, mixed, rows_of
from tests.http.running import accounts_of, until
from worker.hints import Hints
from worker.marks import DATABASE, MIGRATIONS as MARKS

PASSWORD = "plum-Anchor-7-violet"
END_S = 300.0
"""How long everything may take to be over once nothing is killed any more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen: ways to hurt the server, one after the other, `apart_s` between them, under load.

    `jobs_each`: how many jobs each client gives at most; `clients_each`: how many clients each namespace has at once;
    `while_hurt`: whether they stop giving when the last way has been gone.
    """

    ways: Iterable[str]
    seed: int = 1
    namespaces: int = 3
    jobs_each: int = 10
    clients_each: int = 1
    while_hurt: bool = False
    pause_s: float = 0.1
    apart_s: tuple[float, float] = (0.3, 0.9)
    job_workers: int = 2
    store: str = ""


@dataclass
class Outcome:
    """What came of a storm: faults, none if all is well; what was done to the server; how much work there was."""

    faults: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)

    def told(self) -> str:
        """Everything, for whoever reads a failure."""
        return "\n".join(["", *self.faults[:40], "what was done:", *self.log])


def storm(folder: Path, plan: Plan, hurt: Callable[[], None] = lambda: None) -> Outcome:
    """Goes through a plan in a folder of its own. `hurt` is told of each way that has been gone."""
    folder.mkdir(parents=True, exist_ok=True)
    with taking() as sink, ExitStack() as stack:
        target = Target(
            folder / "data",
            {"outbound_allow": sink.at, "job_workers": str(plan.job_workers), "grace_s": "10"}
            | ({"store": plan.store} if plan.store else {}),
            random.Random(plan.seed),
        )
        stack.callback(target.end)
        outcome = Outcome(log=target.log)
        _run(target, plan, sink, outcome, hurt)
        return outcome


def logins(target: Target, count: int, called: str = "storm") -> list[Login]:
    """So many new accounts, each with the table of the works."""
    accounts = accounts_of(target.server, target.store)
    found = []
    for number in range(count):
        account = accounts.add(f"{called}{number}", PASSWORD, tier="enterprise")
        found.append(Login({"username": account.username, "password": PASSWORD}, account.namespace))
    accounts.close()
    for login in found:
        answer = httpx.post(target.url() + "/v1/query", json={"auth": login.auth, "query": SET_UP}, timeout=30)
        assert answer.json()["status"] == "ok", answer.text
    return found


def _run(target: Target, plan: Plan, sink: Sink, outcome: Outcome, hurt: Callable[[], None]) -> None:
    stopping, over = threading.Event(), threading.Event()
    accounts = logins(target, plan.namespaces)
    names = [login.namespace for login in accounts]
    store = open_store(target.store, target.data, system=MIGRATIONS)

    def rows(namespace: str, tag: str) -> int:
        return len(rows_of(store.namespace(namespace), tag))

    clients = [
        Client(login, mixed(sink.url, plan.seed * 100 + number, f"n{number}x"), target.url, rows)
        for number, login in enumerate(accounts * plan.clients_each)
    ]
    hints = Hints(open_control(target.store, target.data, DATABASE, MARKS), None)
    oracle = Oracle(store, FileStore(target.data, target.url), hints, sink)
    approver = Approver(store, names, hints)
    with ThreadPoolExecutor(len(clients) + 1) as pool:
        people = pool.submit(approver.approve_all, over)
        loads = [pool.submit(client.give_all, stopping, plan.jobs_each, plan.pause_s) for client in clients]
        try:
            until(lambda: any(client.given for client in clients))
            for way in plan.ways:
                stopping.wait(target.chosen.uniform(*plan.apart_s))
                target.hurt(way)
                hurt()
            if plan.while_hurt:
                stopping.set()
            for load in loads:
                load.result()
            target.note("all work is given")
            oracle.wait_for_the_end(names, END_S)
            target.note("all work is over")
        finally:
            stopping.set()
            over.set()
        people.result()
    outcome.given = [one for client in clients for one in client.given]
    oracle.judge(outcome.given)
    outcome.faults = [fault for client in clients for fault in client.faults] + oracle.faults
    hints.close()
    store.close()
