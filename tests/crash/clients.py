"""Clients that give a server work while it is being killed, and people who approve what it asks."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from oql.jobs import answering
from substrate.errors import StoreError
from substrate.interface import Namespace, Store
from tests.crash.works import Work
from worker.hints import Hints

PATIENCE_S = 90.0
"""How long a client tries to have its work accepted."""
ACCEPTED = (200, 202)
NOT_NOW = (429, 503)
_http = httpx.Client(timeout=30)
"""One for all: to make one takes longer than to ask a server."""
MODES = ("async", "keyed", "async", "plain")


@dataclass(slots=True)
class Given:
    """A work that was given to a server: how, and what it answered in the end; None where nothing came.

    `rows`: how many it had left when it was said to be cancelled.
    """

    work: Work
    namespace: str
    mode: str
    answer: dict[str, Any] | None = None
    status: int = 0
    rows: int | None = None

    @property
    def job(self) -> str | None:
        """The id of its job, or run."""
        return self.answer["job_id"] if self.answer else None


@dataclass(slots=True)
class Login:
    """An account of the server, with the namespace that it has."""

    auth: dict[str, str]
    namespace: str


@dataclass(slots=True)
class Client:
    """One client of one account: gives work after work until told to stop. `url` tells where the server is now.

    `rows`: how many rows a tag has left in the namespace.
    """

    login: Login
    works: Iterator[Work]
    url: Any
    rows: Callable[[str, str], int] = lambda namespace, tag: 0
    given: list[Given] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def give_all(self, stopping: threading.Event, most: int, pause_s: float) -> None:
        """Gives work until told to stop, or so many."""
        for number, work in enumerate(self.works):
            if number == most or stopping.is_set():
                return
            try:
                self.give(work, MODES[number % len(MODES)], twice=number % 3 == 0)
            except Exception as error:  # noqa: BLE001 - told at the end
                self.faults.append(f"the client of {self.login.namespace} has failed: {error!r}")
                return
            stopping.wait(pause_s)

    def give(self, work: Work, mode: str, *, twice: bool = False) -> Given:
        """Gives one work. What has an idempotency key is tried until it is accepted."""
        one = Given(work, self.login.namespace, mode)
        self.given.append(one)
        options = dict(work.options)
        if mode != "plain":
            options["idempotency_key"] = work.tag
        if mode != "async":
            options["deadline_ms"] = 400
        body = {
            "auth": self.login.auth, "query": work.source, "mode": "async" if mode == "async" else "sync",
            "options": options,
        }  # fmt: skip
        self._until_accepted(one, body)
        if twice and one.answer and mode != "plain":
            self._ask_again(one, body)
        if work.cancels and one.answer:
            time.sleep(len(self.given) % 7 / 5)
            self._cancel(one)
        return one

    def _cancel(self, one: Given) -> None:
        """Cancels a job, or learns that it is over."""
        give_up = time.monotonic() + PATIENCE_S
        auth = (self.login.auth["username"], self.login.auth["password"])
        while time.monotonic() < give_up:
            try:
                answer = _http.delete(f"{self.url()}/v1/job/{one.job}", auth=auth)
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                one.rows = self.rows(one.namespace, one.work.tag)
            if answer.status_code in (200, 409):
                return
            if answer.status_code not in NOT_NOW and not (one.mode == "plain" and answer.status_code == 404):
                self.faults.append(f"{one.work.tag}: cancelling it answers {answer.status_code}: {answer.text[:500]}")
                return
            time.sleep(0.05)

    def _until_accepted(self, one: Given, body: dict[str, Any]) -> None:
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            answer = self._post(body)
            if answer is not None and answer.status_code in ACCEPTED:
                one.answer, one.status = answer.json(), answer.status_code
                return
            if answer is not None and answer.status_code not in NOT_NOW:
                self.faults.append(f"{one.work.tag}: status {answer.status_code}: {answer.text[:500]}")
            if one.mode == "plain":
                return
            time.sleep(0.05)
        self.faults.append(f"{one.work.tag} was not accepted in {PATIENCE_S:g} s")

    def _ask_again(self, one: Given, body: dict[str, Any]) -> None:
        again = Given(one.work, one.namespace, one.mode)
        self._until_accepted(again, body)
        if again.job != one.job:
            self.faults.append(f"{one.work.tag}: one key, two jobs: {one.job} and {again.job}")

    def _post(self, body: dict[str, Any]) -> httpx.Response | None:
        try:
            return _http.post(self.url() + "/v1/query", json=body)
        except httpx.HTTPError:
            return None


@dataclass(slots=True)
class Approver:
    """Approves whatever is asked, straight in the store, as the routes for people do."""

    store: Store
    namespaces: list[str]
    hints: Hints
    approved: int = 0

    def approve_all(self, stopping: threading.Event) -> None:
        """Looks for questions until told to stop."""
        while not stopping.wait(0.1):
            for name in self.namespaces:
                try:
                    self._look(name)
                except StoreError:  # busy; the next look finds it
                    continue

    def _look(self, name: str) -> None:
        namespace = self.store.namespace(name)
        asked = namespace.system("SELECT job FROM wait WHERE kind = 'confirm' AND state = 'open' LIMIT 100")
        for (job,) in asked:
            self._approve(namespace, str(job))

    def _approve(self, namespace: Namespace, job: str) -> None:
        answer, now = answering.Answer(decision={"approved": True}), time.time()
        try:
            namespace.write(lambda frame: answering.give(frame, job, answer, "tester", now))
        except (answering.Over, answering.UnknownWait):
            return
        self.approved += 1
        self.hints.mark(namespace.name, now)
