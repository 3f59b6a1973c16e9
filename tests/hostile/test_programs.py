"""Programs that mean harm end as they should, while somebody else is served and the server keeps its size."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.fuzz.dose import part
from tests.hostile.corpus import Hostile, programs
from tests.hostile.memory import held
from tests.http.running import TEST_LOGIN, Server, accounts_of, running, until

pytestmark = pytest.mark.slow

TEST = (TEST_LOGIN["username"], TEST_LOGIN["password"])
EVE = ("eve", "plum-Anchor-7-violet")
SMALL = {
    "limit_computing_s": "1", "limit_wall_s": "2", "limit_job_s": "3", "limit_transaction_s": "1",
    "limit_memory_bytes": str(16 * 2**20), "limit_output_bytes": str(2**20), "limit_outbound_calls": "3",
}  # fmt: skip
MOST_GROWTH = 768 * 2**20
"""What all processes may hold more than at the start, in bytes: two web workers and a job worker, warm."""

SIMPLE = 'CREATE DATABASE "mine" OR UPPER "there" SET ?x AFTER CACHE 1 AS "k" AFTER CACHE "k" SET ?v AFTER EMIT ?v'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with small limits, so that what goes up to them is over soon."""
    with running(tmp_path_factory.mktemp("hostile") / "data", job_workers="1", **SMALL) as started:
        accounts = accounts_of(started)
        accounts.add(*EVE, tier="enterprise")
        accounts.close()
        yield started


@pytest.fixture(scope="module")
def size_at_first(server: Server) -> int:
    with httpx.Client(base_url=server.url, timeout=60, auth=EVE) as eve:
        for _ in range(20):
            assert _ask(eve, SIMPLE)["status"] == "ok"
    return held(server.process.pid)


@pytest.mark.parametrize("hostile", part(programs(), 2), ids=lambda hostile: hostile.title)
def test_program(server: Server, size_at_first: int, hostile: Hostile) -> None:
    workers = server.workers()
    with httpx.Client(base_url=server.url, timeout=120, auth=TEST) as client, others_are_served(server):
        ending = _ending(client, hostile)
    assert ending in hostile.endings
    assert server.workers() == workers, "a worker was lost"
    assert held(server.process.pid) - size_at_first < MOST_GROWTH


def _ending(client: httpx.Client, hostile: Hostile) -> str:
    """How a program ends; a job is followed, or cancelled where that it became one is all that is asked."""
    body = _ask(client, hostile.program)
    if body["status"] not in ("ok", "error", "suspended") and "job" not in hostile.endings:
        body = until(lambda: _ended(client, body["job_id"]), 60)
    if body["status"] == "error":
        return str(body["error"]["code"])
    if body["status"] in ("ok", "complete"):
        return "ok"
    cancelled = client.delete(f"/v1/job/{body['job_id']}")
    assert cancelled.status_code < 500, cancelled.text
    return "suspended" if body["status"] == "suspended" else "job"


def _ended(client: httpx.Client, job: str) -> Any:
    """A job once it is over."""
    body = client.get(f"/v1/job/{job}").json()
    return body if body["status"] in ("complete", "error", "cancelled") else None


@contextmanager
def others_are_served(server: Server) -> Iterator[None]:
    """Somebody else asks all the time, and is answered every time."""
    over = threading.Event()
    answers: list[Any] = []

    def ask() -> None:
        with httpx.Client(base_url=server.url, timeout=60, auth=EVE) as eve:
            while not answers or not over.wait(0.05):
                answers.append(_ask(eve, SIMPLE).get("result"))

    other = threading.Thread(target=ask)
    other.start()
    try:
        yield
    finally:
        over.set()
        other.join()
    assert set(answers) == {1}


def _ask(client: httpx.Client, program: str) -> Any:
    answer = client.post("/v1/query", json={"query": program})
    assert answer.status_code in (200, 202), answer.text
    return answer.json()
