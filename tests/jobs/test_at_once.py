"""Jobs of an account that run at once: as many as its tier says, the others in line."""

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.http.running import Server, accounts_of
from tests.jobs.asking import job, reached, start

FAY = ("fay", "plum-Anchor-9-violet")
LONG = " AFTER ".join(['CACHE 1 AS "x"', *['SLEEP "300ms"'] * 4, 'EMIT "over"'])


@pytest.fixture
def fay(server: Server) -> Iterator[httpx.Client]:
    """A client of an account that may run one at once."""
    accounts = accounts_of(server)
    accounts.add(*FAY, tier="free")
    accounts.close()
    with httpx.Client(base_url=server.url, timeout=60, auth=FAY) as made:
        yield made


def test_jobs_run_one_after_the_other_however_they_came_to_be(fay: httpx.Client) -> None:
    jobs = [start(fay, LONG), start(fay, LONG)]
    reached(fay, jobs[0], "running")
    for _ in range(2):  # these run already when they become jobs
        answer = fay.post("/v1/query", json={"query": LONG, "options": {"deadline_ms": 100}})
        assert answer.status_code == 202, answer.text
        jobs.append(answer.json()["job_id"])
    most = 0
    while (states := [job(fay, one)["status"] for one in jobs]) != ["complete"] * 4:
        assert set(states) <= {"queued", "running", "complete"}
        most = max(most, counted(fay))
    assert most == 1


def counted(client: httpx.Client) -> int:
    """How many jobs run at this moment; those that are about to be put in line are given the time for it."""
    ends = time.monotonic() + 1.0
    while (found := len(client.get("/v1/jobs?status=running").json()["jobs"])) > 1 and time.monotonic() < ends:
        time.sleep(0.01)
    return found
