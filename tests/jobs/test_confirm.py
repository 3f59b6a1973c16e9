"""Answers by POST /v1/confirm: the right one counts once, whoever else answers, cancels, or lets the time pass."""

import itertools
from typing import Any

import httpx
import pytest

from tests.http.running import Server
from tests.http.test_bodies import problem
from tests.jobs.asking import (
    FORM,
    QUESTION,
    at_once,
    confirm,
    in_time,
    job,
    reached,
    result_of,
    start,
    statuses,
    waiting,
)
from tests.jobs.conftest import TEST

_keys = itertools.count()


def test_a_form(client: httpx.Client) -> None:
    job_id = waiting(client, f'{FORM} AFTER EMIT ?name & " is " & ?age')
    body = confirm(client, job_id, fields={"name": "Ada", "age": "36"}).json()
    assert (body["status"], body["job_id"], body["result"]) == ("ok", job_id, "Ada is 36")
    assert [(step["step"], step["status"]) for step in body["trace"]] == [("GATHER", "Ok"), ("EMIT", "Ok")]
    assert job(client, job_id)["result"] == "Ada is 36"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({}, ["name"]), ({"name": "", "age": 1}, ["name"]), ({"name": "x", "age": "old"}, ["age"]),
     ({"name": "x", "nam": "y"}, ["nam"]), ({"age": "old"}, ["name", "age"]), ({"name": ["x"]}, ["name"]),
     ({"name": "x", "age": {"a": [1]}}, ["age"]), ({"name": "x", "nam": []}, ["nam"])],
)  # fmt: skip
def test_wrong_fields(client: httpx.Client, fields: dict[str, Any], wrong: list[str]) -> None:
    job_id = waiting(client, f"{FORM} AFTER EMIT ?name")
    told = problem(confirm(client, job_id, fields=fields), 400)
    assert list(told["detail"]["fields"]) == wrong
    assert all(told["detail"]["fields"].values())
    assert confirm(client, job_id, fields={"name": "Ada"}).json()["result"] == "Ada"


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e400"])
def test_numbers_that_no_program_could_have(client: httpx.Client, number: str) -> None:
    job_id = waiting(client, f"{FORM} AFTER EMIT ?name")
    body = f'{{"fields": {{"name": "x", "age": {number}}}}}'
    headers = {"Content-Type": "application/json"}
    told = problem(client.post(f"/v1/confirm/{job_id}", content=body, headers=headers), 400)
    assert told["detail"]["fields"] == {"age": "expected a number such as 12.5, found no finite number"}


def test_a_form_cannot_be_rejected(client: httpx.Client) -> None:
    job_id = waiting(client, f"{FORM} AFTER EMIT ?name")
    told = problem(confirm(client, job_id, approved=False, reason="no", fields={"name": "Ada"}), 400)
    assert list(told["detail"]["fields"]) == ["approved"]
    assert f"DELETE /v1/job/{job_id}" in told["message"]
    assert job(client, job_id)["status"] == "suspended"
    field = 'GATHER OPEN NEST ?approved FORMAT BOOLEAN AS "Approved" CLOSE NEST AFTER EMIT ?approved'
    assert confirm(client, waiting(client, field), fields={"approved": False}).json()["result"] is False
    question = waiting(client, QUESTION)
    assert confirm(client, question, approved=False, fields={}).json()["error"]["code"] == "ConfirmRejected"


def test_approval_and_rejection(client: httpx.Client) -> None:
    program = f'{QUESTION} AFTER EMIT "yes"'
    assert confirm(client, waiting(client, program), approved=True).json()["result"] == "yes"
    refused = confirm(client, waiting(client, program), approved=False, reason="too dear").json()
    assert (refused["status"], refused["error"]["code"]) == ("error", "ConfirmRejected")
    assert "too dear" in refused["error"]["message"]


def test_the_published_body_has_both(client: httpx.Client) -> None:
    both = {"approved": True, "fields": {"name": "Alice", "age": 3}}
    job_id = waiting(client, f"{FORM} AFTER {QUESTION} AFTER EMIT ?name")
    assert confirm(client, job_id, **both).json()["status"] == "suspended"
    assert confirm(client, job_id, **both).json()["result"] == "Alice"


@pytest.mark.parametrize(
    ("program", "body", "expected"),
    [(FORM, {"approved": True}, "fields"), (QUESTION, {"fields": {"name": "x"}}, "approved")],
)
def test_the_wrong_kind_of_answer(client: httpx.Client, program: str, body: Any, expected: str) -> None:
    job_id = waiting(client, program)
    told = problem(confirm(client, job_id, **body), 400)
    assert told["detail"] == {"expected": expected}
    assert told["message"].endswith(f"expected `{expected}`")
    assert job(client, job_id)["status"] == "suspended"


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "approved"), ({"approved": "yes"}, "approved"), ({"fields": ["x"]}, "fields"),
     ({"aproved": True}, "aproved"), ({"approved": True, "reason": "x" * 1001}, "reason"),
     ({"approved": True, "options": {"deadline_ms": 0}}, "options.deadline_ms")],
)  # fmt: skip
def test_a_body_that_cannot_be(client: httpx.Client, body: Any, field: str) -> None:
    job_id = waiting(client, QUESTION)
    assert list(problem(confirm(client, job_id, **body), 400)["detail"]["fields"]) == [field]
    assert job(client, job_id)["status"] == "suspended"


def test_the_second_answer_is_told_of_the_first(client: httpx.Client) -> None:
    job_id = waiting(client, f'{QUESTION} AFTER SLEEP "1h"')
    client.post(f"/v1/confirm/{job_id}", json={"approved": True, "options": {"deadline_ms": 300}})
    told = problem(confirm(client, job_id, approved=False), 409)
    assert told["detail"]["state"] == "answered"
    assert told["detail"]["answered_by"] == "test"
    assert told["detail"]["answered_at"] <= job(client, job_id)["waits"][0]["deadline"]


def test_a_job_that_never_asked(client: httpx.Client) -> None:
    job_id = start(client, "EMIT 1")
    reached(client, job_id, "complete")
    told = problem(confirm(client, job_id, approved=True), 409)
    assert told["detail"]["state"] == "complete"


def test_branches_are_answered_by_key_in_any_order(client: httpx.Client) -> None:
    branches = " AND ".join(f'CONFIRM "branch {number}" SET ?c{number}' for number in range(3))
    job_id = waiting(client, f'{branches} AFTER EMIT "all"')
    keys = {wait["prompt"]: wait["key"] for wait in job(client, job_id)["waits"]}
    assert sorted(keys) == ["branch 0", "branch 1", "branch 2"]
    for number, status in ((1, "suspended"), (2, "suspended"), (0, "ok")):
        answer = confirm(client, job_id, approved=True, key=keys[f"branch {number}"])
        assert answer.json()["status"] == status, answer.text
    late = problem(confirm(client, job_id, approved=True, key=keys["branch 1"]), 409)
    assert late["detail"]["state"] == "answered"
    assert problem(confirm(client, job_id, approved=True, key="99"), 404)["detail"] == {"key": "99"}


def test_forms_in_nested_blocks_have_keys_of_their_own(client: httpx.Client) -> None:
    program = (
        'PARSE JSON "[1,2]" SET ?two AFTER FOREACH ?two AS ?x OPEN NEST '
        f"IF ?x IS GREATER THAN 0 OPEN NEST {FORM} AFTER EMIT ?name CLOSE NEST CLOSE NEST"
    )
    job_id = waiting(client, program)
    seen, body = [], {}
    for name in ("one", "two"):
        [wait] = job(client, job_id)["waits"]
        seen.append(wait["key"])
        body = client.post(wait["confirm_url"], json={"fields": {"name": name}}).json()
    assert len(set(seen)) == 2
    assert (body["status"], body["result"]) == ("ok", "onetwo")
    assert problem(confirm(client, job_id, fields={"name": "x"}, key=seen[0]), 409)["detail"]["state"] == "answered"


def test_the_token_of_a_link_answers_its_own_wait_only(client: httpx.Client) -> None:
    one, other = (waiting(client, f'{QUESTION} AFTER {QUESTION} AFTER EMIT "done"') for _ in range(2))
    token = job(client, one)["gather_url"].rsplit("/", 1)[1]
    url = str(client.base_url)
    for job_id, given in ((other, token), (one, token[:-2] + "xx"), (one, "x"), (one, "")):
        answer = httpx.post(f"{url}/v1/confirm/{job_id}", json={"approved": True, "token": given})
        assert answer.status_code == (401 if given else 400)
    first = httpx.post(f"{url}/v1/confirm/{one}", json={"approved": True, "token": token})
    assert first.json()["status"] == "suspended"
    second = problem(httpx.post(f"{url}/v1/confirm/{one}", json={"approved": True, "token": token}), 409)
    assert second["detail"]["answered_by"] == "a link for people"
    both = {"approved": True, "token": token, "auth": {"username": TEST[0], "password": TEST[1]}}
    assert list(problem(confirm(client, one, **both), 400)["detail"]["fields"]) == ["token"]


def test_past_its_deadline_the_job_goes_on(client: httpx.Client) -> None:
    for options, headers in (({"deadline_ms": 50}, {}), ({}, {"Prefer": "wait=0"})):
        job_id = waiting(client, f'{QUESTION} AFTER SLEEP "300ms" AFTER EMIT "late"')
        body = {"approved": True, "options": options}
        answer = client.post(f"/v1/confirm/{job_id}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
        assert reached(client, job_id, "complete", "error")["result"] == "late"


def test_of_64_answers_one_counts(server: Server, client: httpx.Client) -> None:
    for _ in range(3):
        key = f"answers {next(_keys)}"
        job_id = waiting(client, f'CACHE 0 AS "{key}" AFTER {FORM} AFTER CACHE ?name AS "{key}" AFTER EMIT ?name')

        def answer(number: int, job_id: str = job_id) -> httpx.Response:
            with httpx.Client(base_url=server.url, timeout=60, auth=TEST) as one:
                return confirm(one, job_id, fields={"name": f"n{number}"})

        answers = at_once(64, answer)
        assert statuses(answers) == {200: 1, 409: 63}
        [(winner, won)] = [(number, one) for number, one in enumerate(answers) if one.status_code == 200]
        assert won.json()["result"] == f"n{winner}" == result_of(client, f'CACHE "{key}" SET ?n AFTER EMIT ?n')
        details = [one.json()["detail"] for one in answers if one.status_code == 409]
        assert all(one == details[0] for one in details)
        assert (details[0]["state"], details[0]["answered_by"]) == ("answered", "test")


def test_of_an_answer_and_a_cancellation_one_counts(server: Server, client: httpx.Client) -> None:
    won = set()
    for number in range(20):
        key = f"race {number}"
        job_id = waiting(client, f'CACHE "no" AS "{key}" AFTER {QUESTION} AFTER CACHE "yes" AS "{key}" AFTER EMIT 1')

        def act(which: int, job_id: str = job_id) -> httpx.Response:
            with httpx.Client(base_url=server.url, timeout=60, auth=TEST) as one:
                return confirm(one, job_id, approved=True) if which else one.delete(f"/v1/job/{job_id}")

        cancelled, answered = at_once(2, act)
        state = job(client, job_id)["status"]
        went_on = result_of(client, f'CACHE "{key}" SET ?n AFTER EMIT ?n') == "yes"
        if cancelled.status_code == 200:
            # It may have been answered before; then it was cancelled while it ran, before or behind the effect.
            assert state == "cancelled"
            assert answered.status_code in (200, 409)
            assert not (went_on and answered.status_code == 409)
        else:
            assert (cancelled.status_code, answered.status_code, state, went_on) == (409, 200, "complete", True)
        won.add(cancelled.status_code)
    assert won <= {200, 409}


def test_of_an_answer_and_the_deadline_one_counts(client: httpx.Client) -> None:
    program = 'CONFIRM "In time?" ON "400ms" SET ?c OR RETURN "late" AFTER EMIT ?c'
    early, late = waiting(client, program), waiting(client, program)
    assert confirm(client, early, approved=True).json()["result"] is True
    in_time(0.5)
    told = problem(confirm(client, late, approved=True), 409)
    assert (told["detail"]["state"], told["detail"]["answered_by"]) == ("expired", None)
    assert reached(client, late, "complete", "error")["result"] == "late"
    assert problem(confirm(client, late, approved=True), 409)["detail"]["state"] == "expired"


def test_a_failed_branch_ends_what_another_waits_for(client: httpx.Client) -> None:
    job_id = start(client, f'{QUESTION} SET ?c AND CALCULATE "1 / 0" SET ?x')
    found = reached(client, job_id, "error", "suspended")
    if found["status"] == "suspended":
        body = confirm(client, job_id, approved=True).json()
        assert body["status"] == "error"
    assert job(client, job_id)["waits"] == []
    assert confirm(client, job_id, approved=True).status_code == 409
