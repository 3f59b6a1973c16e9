"""Durable jobs of a running server: sent over HTTP, and looked at where the store has their records."""

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import servers
from bench.account import Owner, owner_in
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace
from substrate.opening import open_store

POLL_S = 0.001
GIVE_UP_S = 60.0
TABLE = 'CREATE DATABASE "shop" AFTER CREATE TABLE "orders" FROM "shop" WITH "n NUMBER, id UUID PRIMARY"'
ROW = "NEW JSON OBJECT OPEN NEST SET n AS 5 CLOSE NEST SET ?row"
INSERT = 'INSERT ?row INTO "orders" FROM "shop"'
THREE_INSERTS = " AFTER ".join([ROW, *[INSERT] * 3])


@dataclass(frozen=True, slots=True)
class JobLoad:
    """What came of some jobs: how many ended in a second, and the seconds from each one's request to its end.

    `inside`: from when the server had accepted it to its end, where that is known.
    """

    rate: float
    delays: tuple[float, ...]
    inside: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A job that the server has accepted, and when its request was sent, in Unix seconds."""

    job: str
    at: float


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one account of a running server; `namespace`: its store, opened here too."""

    server: servers.Server
    owner: Owner
    namespace: Namespace

    def run(self, text: str) -> None:
        """Runs a program to its end."""
        status, answer = self._post(http.client.HTTPConnection("127.0.0.1", self.server.port), {"query": text})
        if status != 200 or answer["status"] != "ok":
            raise RuntimeError(f"the program failed: {answer}")

    def send(self, text: str, count: int, clients: int) -> list[Sent]:
        """Sends a program as so many jobs, over as many connections as there are clients."""
        shares = [len(range(client, count, clients)) for client in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            return [sent for some in pool.map(lambda share: self._send_some(text, share), shares) for sent in some]

    def burst(self, text: str, count: int, clients: int) -> JobLoad:
        """Sends jobs without waiting for them, then waits for all."""
        return self.load(self.send(text, count, clients))

    def one_by_one(self, text: str, count: int) -> JobLoad:
        """Sends each job when the one before has ended."""
        sent = []
        for _ in range(count):
            sent += self.send(text, 1, 1)
            self.await_last()
        return self.load(sent)

    def ended(self, jobs: Sequence[str], kind: str = "query") -> dict[str, tuple[float, float]]:
        """When these jobs were accepted and when they ended, once they all have. Raises RuntimeError."""
        self.await_last()
        rows = self.namespace.system("SELECT id, state, created, finished FROM job WHERE kind = ?", kind)
        found = {str(job): (state, float(str(begun)), float(str(end))) for job, state, begun, end in rows if end}
        bad = [found.get(job) for job in jobs if found.get(job, ("missing",))[0] != "complete"]
        if bad:
            raise RuntimeError(f"{len(bad)} of {len(jobs)} jobs are not complete: {bad[:3]}")
        return {job: found[job][1:] for job in jobs}

    def load(self, sent: Sequence[Sent], kind: str = "query") -> JobLoad:
        """What became of the jobs that were sent, once they have ended. Raises RuntimeError."""
        times = self.ended([one.job for one in sent], kind)
        seconds = max(end for _, end in times.values()) - min(one.at for one in sent)
        delays = tuple(times[one.job][1] - one.at for one in sent)
        return JobLoad(len(sent) / seconds, delays, tuple(end - begun for begun, end in times.values()))

    def await_last(self) -> None:
        """Returns once no job is queued or running. Raises RuntimeError."""
        give_up = time.monotonic() + GIVE_UP_S
        while self.namespace.system("SELECT 1 FROM job WHERE state IN ('queued', 'running') LIMIT 1"):
            if time.monotonic() > give_up:
                raise RuntimeError("jobs do not end")
            time.sleep(POLL_S)

    def _send_some(self, text: str, count: int) -> list[Sent]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=GIVE_UP_S)
        sent = []
        for _ in range(count):
            at = time.time()
            status, answer = self._post(connection, {"query": text, "mode": "async"})
            if status != 202:
                raise RuntimeError(f"a job was not accepted: {answer}")
            sent.append(Sent(str(answer["job_id"]), at))
        connection.close()
        return sent

    def _post(self, connection: http.client.HTTPConnection, body: object) -> tuple[int, dict[str, object]]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.owner.token}"}
        connection.request("POST", "/v1/query", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@contextmanager
def serving(*names: str, job_workers: int = servers.WORKERS, **settings: str) -> Iterator[list[Jobs]]:
    """A server with an account for each name, and in each the table that the jobs write to; more of its settings."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        owners = [owner_in(data, name) for name in names]
        with servers.ours(Path(folder), OQL_JOB_WORKERS=str(job_workers), **settings) as server:
            store = open_store("", data, system=MIGRATIONS)
            made = [Jobs(server, owner, store.namespace(owner.namespace)) for owner in owners]
            for jobs in made:
                jobs.run(TABLE)
                jobs.burst(THREE_INSERTS, 10 * servers.WORKERS, servers.WORKERS)
            yield made
            store.close()


def share(values: Sequence[float], part: float) -> float:
    """The value that so large a part of them does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
