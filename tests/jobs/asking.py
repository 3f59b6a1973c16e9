"""Jobs as a client makes and follows them."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx

from tests.http.running import until
from tests.store.test_watch import Event, events

FORM = (
    'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" FORMAT REQUIRED AND ?age FORMAT NUMBER AS "Age" CLOSE NEST SET ?all'
)
QUESTION = 'CONFIRM "Go on?"'
Body = dict[str, Any]


def start(client: httpx.Client, program: str, **options: Any) -> str:
    """The id of a program that was sent off as a job."""
    answer = client.post("/v1/query", json={"query": program, "mode": "async", "options": options})
    assert answer.status_code == 202, answer.text
    body: Body = answer.json()
    assert body == {
        "status": "accepted",
        "job_id": body["job_id"],
        "poll_url": f"{client.base_url}/v1/job/{body['job_id']}",
    }
    return str(body["job_id"])


def job(client: httpx.Client, job_id: str) -> Body:
    """A job as it stands."""
    answer = client.get(f"/v1/job/{job_id}")
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def reached(client: httpx.Client, job_id: str, *states: str) -> Body:
    """A job, once it is in one of these states."""
    found: Body = until(lambda: (one := job(client, job_id))["status"] in states and one)
    return found


def waiting(client: httpx.Client, program: str) -> str:
    """The id of a job that waits for a person."""
    answer = client.post("/v1/query", json={"query": program})
    assert answer.json()["status"] == "suspended", answer.text
    return str(answer.json()["job_id"])


def confirm(client: httpx.Client, job_id: str, **body: Any) -> httpx.Response:
    """One answer to a job."""
    return client.post(f"/v1/confirm/{job_id}", json=body)


def result_of(client: httpx.Client, program: str) -> Any:
    """The result of a program that must succeed."""
    body = client.post("/v1/query", json={"query": program}).json()
    assert body["status"] == "ok", body
    return body["result"]


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What calls give that begin at the same moment, each on its own thread, with its number."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@contextmanager
def following(client: httpx.Client, job_id: str, last: str | None = None) -> Iterator[Iterator[Event]]:
    """The events of a job's stream, behind the one with the id `last`; comments are events without a name."""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", f"/v1/job/{job_id}/stream", headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        yield events(answer.iter_lines())


def statuses(answers: Sequence[httpx.Response]) -> dict[int, int]:
    """How many answers have each status."""
    found: dict[int, int] = {}
    for answer in answers:
        found[answer.status_code] = found.get(answer.status_code, 0) + 1
    return found


def in_time(seconds: float) -> None:
    """Waits for a deadline of the server to pass."""
    time.sleep(seconds)
