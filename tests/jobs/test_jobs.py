"""A job over HTTP: as it stands, in lists, cancelled, and gone on with after a failure; each for its account only."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from oql.jobs import records
from oql.jobs.schema import MIGRATIONS
from substrate.interface import Namespace
from substrate.opening import open_store
from tests.http.running import Server, accounts_of, until
from tests.http.test_bodies import problem
from tests.jobs.asking import QUESTION, job, reached, result_of, start, waiting

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FIELDS = ["status", "job_id", "result", "error", "trace", "created_at", "started_at", "finished_at", "kind", "name",
          "attempts", "waits"]  # fmt: skip
NO_JOB = "11111111-2222-4333-8444-555555555555"


def test_a_job_that_is_complete(client: httpx.Client) -> None:
    found = reached(client, start(client, 'EMIT "a" & "b"'), "complete")
    assert list(found) == FIELDS
    assert (found["result"], found["error"], found["kind"], found["attempts"], found["waits"]) == (
        "ab", None, "query", 1, [],
    )  # fmt: skip
    assert [(step["step"], step["status"]) for step in found["trace"]] == [("EMIT", "Ok")]
    times = [found[name] for name in ("created_at", "started_at", "finished_at")]
    assert all(MOMENT.fullmatch(time) for time in times)
    assert times == sorted(times)


def test_a_job_that_failed(client: httpx.Client) -> None:
    found = reached(client, start(client, 'SLEEP "1ms" AFTER CALCULATE "1 / 0" SET ?x'), "error")
    assert found["result"] is None
    assert (found["error"]["line"], found["error"]["column"]) == (1, 19)
    assert [step["status"] for step in found["trace"]] == ["Ok", "Error"]


def test_a_job_that_waits_for_a_person(client: httpx.Client) -> None:
    found = job(client, job_id := waiting(client, QUESTION))
    assert list(found) == [*FIELDS[:8], "gather_url", *FIELDS[8:]]
    [wait] = found["waits"]
    assert (found["status"], wait["kind"], wait["prompt"], wait["deadline"]) == ("suspended", "confirm", "Go on?", None)
    assert wait["confirm_url"].startswith(f"{client.base_url}/v1/confirm/{job_id}?key=")
    assert client.get(found["gather_url"]).status_code == client.get(wait["gather_url"]).status_code == 200
    assert found["finished_at"] is None


def test_a_job_that_sleeps_waits_for_nobody(client: httpx.Client) -> None:
    found = reached(client, start(client, 'SLEEP "2h"'), "suspended")
    assert "gather_url" not in found
    assert [(wait["kind"], sorted(wait)) for wait in found["waits"]] == [("sleep", ["deadline", "key", "kind"])]
    assert MOMENT.fullmatch(found["waits"][0]["deadline"])


ROUTES = [
    ("GET", "/v1/job/{}"), ("DELETE", "/v1/job/{}"), ("POST", "/v1/job/{}/retry"), ("GET", "/v1/job/{}/stream"),
    ("POST", "/v1/confirm/{}"), ("GET", "/v1/webhooks/{}"), ("POST", "/v1/webhooks/{}/redeliver"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_job_of_another_account_is_unknown(client: httpx.Client, eve: httpx.Client, method: str, path: str) -> None:
    theirs = waiting(client, QUESTION)
    body: Any = {"json": {"approved": True}} if "confirm" in path else {}
    told = [problem(eve.request(method, path.format(one), **body), 404) for one in (theirs, NO_JOB)]
    assert [(one["error"], one["message"]) for one in told] == [("not_found", "this account has no such job")] * 2
    assert job(client, theirs)["status"] == "suspended"
    result_of(eve, 'CACHE 1 AS "k" AFTER EMIT 1')  # now the other account has a namespace
    assert problem(eve.request(method, path.format(theirs), **body), 404)["message"] == told[0]["message"]


@pytest.mark.parametrize(("method", "path"), [*ROUTES, ("GET", "/v1/jobs{}")])
def test_credentials_are_needed(client: httpx.Client, method: str, path: str) -> None:
    body: Any = {"json": {"approved": True}} if "confirm" in path else {}
    asked = path.format("" if "jobs" in path else waiting(client, QUESTION))
    assert problem(httpx.request(method, str(client.base_url) + asked, **body), 401)["error"] == "unauthorized"


def test_a_token_does_where_it_has_the_scope(client: httpx.Client) -> None:
    job_id = waiting(client, QUESTION)
    for scopes, status in ((["query"], 200), (["read"], 403)):
        token = client.post("/v1/token", json={"scopes": scopes}).json()["token"]
        answer = httpx.get(f"{client.base_url}/v1/job/{job_id}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


def listed(client: httpx.Client, **params: Any) -> dict[str, Any]:
    answer = client.get("/v1/jobs", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_list_has_every_job_once_and_the_newest_first(eve: httpx.Client) -> None:
    made = [start(eve, f"EMIT {number}") for number in range(7)]
    for job_id in made:
        reached(eve, job_id, "complete")
    seen, after = [], None
    while True:
        page = listed(eve, limit=3, status="complete", **({"after": after} if after else {}))
        seen += [one["job_id"] for one in page["jobs"] if one["kind"] == "query"]
        assert all("trace" not in one for one in page["jobs"])
        after = page["next"]
        if after is None:
            break
        assert len(page["jobs"]) == 3
    assert seen[:7] == made[::-1]
    assert len(seen) == len(set(seen))


def test_the_list_by_state(client: httpx.Client) -> None:
    waits = waiting(client, QUESTION)
    failed = start(client, 'SLEEP "1ms" AFTER CALCULATE "1 / 0" SET ?x')
    reached(client, failed, "error")
    found = listed(client, status="suspended,error", limit=100)["jobs"]
    assert {waits, failed} <= {one["job_id"] for one in found}
    assert {one["status"] for one in found} == {"suspended", "error"}
    assert next(one for one in found if one["job_id"] == waits)["gather_url"]


@pytest.mark.parametrize(
    ("params", "parameter"),
    [({"status": "done"}, "status"), ({"limit": "0"}, "limit"), ({"limit": "101"}, "limit"), ({"limit": "x"}, "limit"),
     ({"after": "x"}, "after"), ({"after": "A" * 900}, "after"), ({"after": "f_gAAAAAAABh"}, "after"),
     ({"after": "\N{SNOWMAN}"}, "after")],
)  # fmt: skip
def test_a_list_that_cannot_be(client: httpx.Client, params: dict[str, str], parameter: str) -> None:
    assert problem(client.get("/v1/jobs", params=params), 400)["detail"] == {"parameter": parameter}


def test_an_account_without_a_namespace_has_no_jobs(server: Server) -> None:
    accounts = accounts_of(server)
    accounts.add("newcomer", "plum-Anchor-7-violet")
    accounts.close()
    with httpx.Client(base_url=server.url, auth=("newcomer", "plum-Anchor-7-violet")) as newcomer:
        assert listed(newcomer) == {"jobs": [], "next": None}
        assert newcomer.get(f"/v1/job/{NO_JOB}").status_code == 404


def test_what_was_cancelled_while_it_waits(client: httpx.Client) -> None:
    job_id = waiting(client, f'CACHE 1 AS "before" AFTER {QUESTION} AFTER CACHE 1 AS "after {NO_JOB}"')
    cancelled = client.delete(f"/v1/job/{job_id}")
    assert cancelled.status_code == 200
    found = cancelled.json()
    assert (found["status"], found["result"], found["error"], found["waits"]) == ("cancelled", None, None, [])
    late = problem(client.post(f"/v1/confirm/{job_id}", json={"approved": True}), 409)
    assert late["detail"] == {"state": "cancelled", "answered_by": "test", "answered_at": found["finished_at"]}
    twice = problem(client.delete(f"/v1/job/{job_id}"), 409)
    assert twice["detail"] == {"state": "cancelled", "ended_by": "test", "ended_at": found["finished_at"]}
    assert problem(client.post(f"/v1/job/{job_id}/retry"), 409)["detail"] == {"state": "cancelled"}


@pytest.fixture
def namespace(server: Server) -> Iterator[Namespace]:
    """The records of the development account, behind the server's back."""
    store = open_store("", server.data, system=MIGRATIONS)
    yield store.namespace("user_test")
    store.close()


def test_the_answer_to_a_cancellation_comes_when_the_run_has_ended(client: httpx.Client, namespace: Namespace) -> None:
    """A run that computes only notices after a moment."""
    endless = "WHILE 1 IS EQUAL TO 1 OPEN NEST UPPER ?a SET ?x CLOSE NEST"
    job_id = start(client, f'REPLICATE "x" WITH 10000 SET ?a AFTER CACHE 1 AS "computes" AFTER {endless}')
    until(lambda: result_of(client, 'CACHE "computes" SET ?n AFTER EMIT ?n'))
    assert client.delete(f"/v1/job/{job_id}").status_code == 200
    found = records.find(namespace, job_id)
    assert found
    assert (found.state, found.holder) == ("cancelled", None)


def test_no_step_starts_once_a_running_job_is_cancelled(client: httpx.Client) -> None:
    """Files are no part of a commit, so a step that began too late would be seen here."""
    for number in range(8):
        path, look = f"/root/count {number}", f'READ "/root/count {number}" SET ?n AFTER EMIT ?n'
        loop = f'WRITE "0" INTO "{path}" AFTER WHILE 1 IS EQUAL TO 1 OPEN NEST WRITE !INDEX INTO "{path}" CLOSE NEST'
        job_id = start(client, loop)
        until(lambda look=look: client.post("/v1/query", json={"query": look}).json().get("result") not in (None, "0"))
        assert client.delete(f"/v1/job/{job_id}").status_code == 200
        seen = {result_of(client, look) for _ in range(20)}
        assert len(seen) == 1, seen
        assert job(client, job_id)["status"] == "cancelled"


def test_a_failed_job_goes_on_behind_its_last_finished_step(client: httpx.Client) -> None:
    job_id = start(client, 'UUID SET ?id AFTER CACHE ?id AS "first" AFTER READ "/root/later" SET ?x AFTER EMIT ?id')
    failed = reached(client, job_id, "error")
    first = result_of(client, 'CACHE "first" SET ?f AFTER EMIT ?f')
    result_of(client, 'WRITE "here" INTO "/root/later" AFTER CACHE "other" AS "first" AFTER EMIT 1')
    again = client.post(f"/v1/job/{job_id}/retry")
    assert (again.status_code, again.json()["status"], again.json()["job_id"]) == (202, "accepted", job_id)
    found = reached(client, job_id, "complete", "error")
    assert (found["status"], found["result"], found["error"]) == ("complete", first, None)
    assert found["attempts"] == failed["attempts"] + 1
    assert result_of(client, 'CACHE "first" SET ?f AFTER EMIT ?f') == "other"
    assert problem(client.post(f"/v1/job/{job_id}/retry"), 409)["detail"] == {"state": "complete"}


def test_a_page_of_another_site_cannot_send_what_has_no_body(client: httpx.Client) -> None:
    job_id = waiting(client, QUESTION)
    for path in (f"/v1/job/{job_id}/retry", f"/v1/webhooks/{job_id}/redeliver"):
        forged = client.post(path, headers={"Origin": "https://evil.example"})
        assert problem(forged, 415)["error"] == "unsupported_media_type"
