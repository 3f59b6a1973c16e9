"""A namespace under load: how its requests are sent, and what counts as an answer that nobody expects."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.crash.streams import Reader

_of_this_thread = threading.local()


class UnexpectedAnswer(Exception):
    """An answer that the request should not have got."""


@dataclass(frozen=True)
class Login:
    """What an account signs in with: a password, and a bearer token; `namespace` is its own."""

    username: str
    password: str
    token: str
    namespace: str


@dataclass
class Tenant:
    """One account of a running server. `url` is how its addresses begin, `sink` where its webhooks go."""

    number: int
    login: Login
    url: str
    sink: str
    chosen: random.Random = field(default_factory=random.Random)

    @property
    def client(self) -> httpx.Client:
        """The client of this thread: one that many share may close a connection that another has just taken."""
        if not hasattr(_of_this_thread, "client"):
            _of_this_thread.client = httpx.Client(timeout=60)
        found: httpx.Client = _of_this_thread.client
        return found

    @property
    def site(self) -> str:
        """The name of its site."""
        return f"soak{self.number}"

    @property
    def bearer(self) -> dict[str, str]:
        """The header with its token."""
        return {"Authorization": f"Bearer {self.login.token}"}

    def ask(self, method: str, path: str, *expected: int, **more: Any) -> httpx.Response:
        """One request. Raises UnexpectedAnswer unless its status is one of `expected`, of which the default is 200."""
        headers = self.bearer | more.pop("headers", {})
        answer = self.client.request(method, self.url + path, headers=headers, **more)
        if answer.status_code not in (expected or (200,)):
            raise UnexpectedAnswer(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def store(self, method: str, path: str, *expected: int, **more: Any) -> httpx.Response:
        """One request to the routes of the store."""
        return self.ask(method, f"/v1/tenants/{self.login.namespace}{path}", *expected, **more)

    def run(self, program: str, **more: Any) -> Any:
        """The result of a program that has to end well."""
        told = self.ask("POST", "/v1/query", 200, 202, json={"query": program} | more).json()
        if told["status"] != "ok":
            raise UnexpectedAnswer(f"{program[:80]}: {str(told)[:300]}")
        return told["result"]

    def send_off(self, program: str, **options: Any) -> str:
        """The id of the job that a program has become."""
        body = {"query": program, "mode": "async", "options": options}
        return str(self.ask("POST", "/v1/query", 202, json=body).json()["job_id"])

    def follow(self, job: str) -> None:
        """Reads the stream of a job to its end, and is cut off again and again meanwhile."""
        Reader(lambda: self.url, f"/v1/job/{job}/stream", headers=self.bearer).read_all(self.chosen)

    def ended(self, job: str, state: str) -> None:
        """Raises UnexpectedAnswer unless a job is in this state."""
        found = self.ask("GET", f"/v1/job/{job}").json()
        if found["status"] != state:
            raise UnexpectedAnswer(f"job {job} is {found['status']}, not {state}: {found['error']}")
