"""The stream of a job: each entry of its trace once and in order, over any number of connections that are cut off."""

import random
import threading
from typing import Any

import httpx
import pytest

from tests.http.running import Server
from tests.http.test_bodies import problem
from tests.jobs.asking import QUESTION, at_once, confirm, following, job, reached, start, waiting
from tests.jobs.conftest import TEST
from tests.store.test_watch import Event

STEPS = 60
LONG = " AFTER ".join(f'CACHE {number} AS "step {number}" AFTER SLEEP "10ms"' for number in range(STEPS // 2))


def told(events: list[Event]) -> list[tuple[str, str]]:
    """The steps of `trace` events by path and status."""
    return [(event["data"]["path"], event["data"]["status"]) for event in events if event.get("event") == "trace"]


def place(event: Event) -> tuple[int, int]:
    row, _, position = event["id"].partition(".")
    return int(row), int(position)


def test_a_job_from_its_beginning_to_its_end(client: httpx.Client) -> None:
    job_id = start(client, LONG)
    with following(client, job_id) as stream:
        seen = list(stream)
    assert told(seen) == [(str(number), "Ok") for number in range(1, STEPS + 1)]
    places = [place(event) for event in seen if event.get("event") == "trace"]
    assert places == sorted(set(places))
    assert seen[-1] == {"event": "end", "data": {"status": "complete"}}
    states = [event["data"]["status"] for event in seen if event.get("event") == "state"]
    assert states in ([], ["queued", "running"], ["running"], ["queued"])
    assert [event["data"] for event in seen if event.get("event") == "trace"] == job(client, job_id)["trace"]


def test_cut_off_at_random_nothing_is_lost_and_nothing_comes_twice(client: httpx.Client) -> None:
    chance = random.Random(7)
    for at_end in (False, True):
        job_id = start(client, LONG)
        if at_end:
            reached(client, job_id, "complete")
        seen: list[Event] = []
        last, cuts = None, 0
        while not seen or seen[-1].get("event") != "end":
            most = chance.randrange(3) if cuts < 50 else 1_000
            with following(client, job_id, last) as stream:
                for event in stream:
                    if most == 0:
                        break
                    most -= event.get("event") == "trace"
                    seen.append(event)
            ids = [event["id"] for event in seen if "id" in event]
            last, cuts = ids[-1] if ids else None, cuts + 1
        assert cuts > 30
        assert told(seen) == [(str(number), "Ok") for number in range(1, STEPS + 1)]


def test_every_id_leads_to_what_follows_it(client: httpx.Client) -> None:
    job_id = start(client, " AFTER ".join(f"EMIT {number}" for number in range(10)))
    reached(client, job_id, "complete")
    with following(client, job_id) as stream:
        seen = list(stream)
    traces = [event for event in seen if event.get("event") == "trace"]
    assert len({place(event)[0] for event in traces}) < len(traces), "several entries have to share a row"
    for number, event in enumerate(traces):
        with following(client, job_id, event["id"]) as stream:
            assert list(stream) == seen[number + 1 :]


def test_a_job_that_waits_keeps_its_stream_open(client: httpx.Client) -> None:
    job_id = waiting(client, f'{QUESTION} AFTER CACHE 1 AS "x" AFTER EMIT 1')
    with following(client, job_id) as stream:
        assert next(stream) == {"event": "state", "data": {"status": "suspended"}}
        assert told([next(stream)]) == [("1", "Suspended")]
        assert confirm(client, job_id, approved=True).json()["status"] == "ok"
        rest = list(stream)
    assert told(rest) == [("1", "Ok"), ("2", "Ok"), ("3", "Ok")]
    assert rest[-1]["data"] == {"status": "complete"}


def test_the_end_of_what_is_cancelled(client: httpx.Client) -> None:
    job_id = waiting(client, QUESTION)
    with following(client, job_id) as stream:
        next(stream)
        assert client.delete(f"/v1/job/{job_id}").status_code == 200
        assert list(stream)[-1] == {"event": "end", "data": {"status": "cancelled"}}


def test_of_a_run_that_was_over_at_once_there_is_the_end(client: httpx.Client) -> None:
    job_id = client.post("/v1/query", json={"query": "EMIT 1"}).json()["job_id"]
    found: dict[str, Any] = {}
    for _ in range(100):
        answer = client.get(f"/v1/job/{job_id}")
        if answer.status_code == 200:
            found = answer.json()
            break
        threading.Event().wait(0.05)
    assert (found["kind"], found["result"], [step["step"] for step in found["trace"]]) == ("sync", 1, ["EMIT"])
    with following(client, job_id) as stream:
        assert list(stream) == [{"event": "end", "data": {"status": "complete"}}]


def test_a_stream_without_news_says_that_it_is_there(client: httpx.Client) -> None:
    job_id = waiting(client, QUESTION)
    lines: list[str] = []
    with client.stream("GET", f"/v1/job/{job_id}/stream", timeout=40) as answer:
        for line in answer.iter_lines():
            lines.append(line)
            if line.startswith(":"):
                break
    assert [line for line in lines if line.startswith(("event", ":"))][:2] == ["event: state", "event: trace"]
    assert lines[-1].startswith(":")


@pytest.mark.parametrize("last", ["x", "1", "1.", "1.1.1", "-1.1", "1.-1", "1:1", "1" * 16 + ".1"])
def test_an_id_that_is_none(client: httpx.Client, last: str) -> None:
    job_id = waiting(client, QUESTION)
    told = problem(client.get(f"/v1/job/{job_id}/stream", headers={"Last-Event-ID": last}), 400)
    assert "`row.position`" in told["message"]


def test_head_tells_the_type_and_ends(client: httpx.Client) -> None:
    answer = client.head(f"/v1/job/{waiting(client, QUESTION)}/stream")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")


def test_many_streams_of_many_jobs(server: Server, client: httpx.Client) -> None:
    jobs = [waiting(client, f"{QUESTION} AFTER EMIT {number}") for number in range(8)]
    open_now = threading.Barrier(65)

    def follow(number: int) -> list[Event]:
        with (
            httpx.Client(base_url=server.url, timeout=60, auth=TEST) as one,
            following(one, jobs[number % 8]) as stream,
        ):
            first = [next(stream)]
            open_now.wait(30)
            return first + list(stream)

    def answer_all() -> None:
        open_now.wait(30)
        for job_id in jobs:
            assert confirm(client, job_id, approved=True).json()["status"] == "ok"

    answering = threading.Thread(target=answer_all)
    answering.start()
    for seen in at_once(64, follow):
        assert told(seen) == [("1", "Suspended"), ("1", "Ok"), ("2", "Ok")]
        assert seen[-1] == {"event": "end", "data": {"status": "complete"}}
    answering.join()
