"""How much an account may ask: in a day, at once; and what ends when a client goes away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from accounts.service import Accounts
from tests.http.running import Server, ask, until
from tests.http.test_bodies import problem

PASSWORD = "plum-Anchor-7-violet"


@pytest.fixture
def login(accounts: Accounts, request: pytest.FixtureRequest) -> dict[str, str]:
    """A free account of the test's own."""
    name = "free-" + str(request.node.name).replace("_", "-")[-25:]
    accounts.add(name, PASSWORD)
    return {"username": name, "password": PASSWORD}


@pytest.fixture
def many(server: Server) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as pool:
        yield pool


def test_a_day_has_a_hundred_queries(client: httpx.Client, login: dict[str, str]) -> None:
    statuses = [ask(client, "EMIT 1", auth=login).status_code for _ in range(103)]
    assert statuses == [200] * 100 + [429] * 3
    answer = ask(client, "EMIT 1", auth=login)
    assert problem(answer, 429)["error"] == "QuotaExceeded"
    assert answer.headers["ratelimit-policy"] == '"daily";q=100;w=86400'
    seconds = int(answer.headers["retry-after"])
    assert 1 <= seconds <= 86_400
    assert answer.headers["ratelimit"].startswith('"daily";r=0;t=')
    assert ask(client, "EMIT 1", auth=login, mode="check").status_code == 429


def test_a_repeated_key_is_answered_when_the_day_is_used_up(client: httpx.Client, login: dict[str, str]) -> None:
    keyed = {"options": {"idempotency_key": "once"}}
    first = ask(client, "EMIT 5", auth=login, **keyed)
    assert [ask(client, "EMIT 1", auth=login).status_code for _ in range(100)] == [200] * 99 + [429]
    again = ask(client, "EMIT 5", auth=login, **keyed)
    assert (again.status_code, again.json()["job_id"], again.json()["result"]) == (200, first.json()["job_id"], 5)
    problem(ask(client, "EMIT 6", auth=login, **keyed), 409)
    problem(ask(client, "EMIT 5", auth=login, options={"idempotency_key": "other"}), 429)


def test_a_repeated_key_follows_what_runs(
    client: httpx.Client, login: dict[str, str], many: ThreadPoolExecutor
) -> None:
    keyed = {"auth": login, "options": {"idempotency_key": "once"}}
    program = 'SLEEP "2s" AFTER EMIT 1'
    first = many.submit(ask, client, program, **keyed)
    until(lambda: client.get("/v1/jobs", auth=(login["username"], login["password"])).json()["jobs"])
    again = ask(client, program, **keyed)
    assert (again.status_code, again.json()["job_id"]) == (200, first.result().json()["job_id"])


def test_what_was_refused_before_it_ran_is_not_counted(client: httpx.Client, login: dict[str, str]) -> None:
    for _ in range(101):
        problem(ask(client, "EMIT 1", auth=login, options={"webhook": "https://10.0.0.1/"}), 400)
    assert ask(client, "EMIT 1", auth=login).status_code == 200


def test_where_the_disk_is_full_queries_that_cannot_be_counted_are_refused(
    client: httpx.Client, accounts: Accounts, server: Server, login: dict[str, str]
) -> None:
    assert ask(client, "EMIT 1", auth=login).status_code == 200
    account = accounts.find(login["username"])
    [counted] = (server.data / "usage" / "days").glob(f"*/{account.id}")
    counted.unlink()
    counted.symlink_to("/dev/full")
    refused = problem(ask(client, "EMIT 1", auth=login), 503)
    assert (refused["error"], refused["message"]) == ("unavailable", "the disk is full")
    counted.unlink()
    assert ask(client, "EMIT 1", auth=login).status_code == 200


def test_one_at_once(client: httpx.Client, login: dict[str, str], many: ThreadPoolExecutor) -> None:
    assert ask(client, "EMIT 1", auth=login).status_code == 200
    answers = [many.submit(ask, client, 'SLEEP "1s" AFTER EMIT 1', auth=login) for _ in range(6)]
    statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [200, 429, 429, 429, 429, 429]
    refused = next(answer.result() for answer in answers if answer.result().status_code == 429)
    assert problem(refused, 429)["error"] == "InstanceLimitExceeded"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"at-once";q=1'
    assert ask(client, "EMIT 1", auth=login).status_code == 200


def test_the_development_account_has_no_limits(client: httpx.Client, many: ThreadPoolExecutor) -> None:
    answers = [many.submit(ask, client, 'SLEEP "100ms" AFTER EMIT 1') for _ in range(120)]
    assert {answer.result().status_code for answer in answers} == {200}


def test_who_goes_away_frees_the_place(server: Server, client: httpx.Client, login: dict[str, str]) -> None:
    assert ask(client, "EMIT 1", auth=login).status_code == 200
    with httpx.Client(base_url=server.url) as impatient, pytest.raises(httpx.ReadTimeout):
        impatient.post("/v1/query", json={"auth": login, "query": 'SLEEP "25s"'}, timeout=0.5)
    until(lambda: ask(client, "EMIT 1", auth=login).status_code == 200)
    until(lambda: any(line.get("gone") for line in server.lines()))


def test_a_busy_program_leaves_the_others_alone(server: Server, many: ThreadPoolExecutor) -> None:
    # Each step takes some microseconds, so that the limit of steps is not reached before the deadline.
    loop = 'REPLICATE "x" WITH 10000 SET ?a AFTER WHILE 1 IS EQUAL TO 1 OPEN NEST UPPER ?a SET ?u CLOSE NEST'

    def busy() -> int:
        with httpx.Client(base_url=server.url, timeout=30) as client:
            return ask(client, loop, options={"deadline_ms": 3_000}).status_code

    working = [many.submit(busy) for _ in range(4)]
    with httpx.Client(base_url=server.url, timeout=30) as client:
        answered = 0
        while not all(one.done() for one in working):
            assert ask(client, "EMIT 1").json()["result"] == 1
            answered += 1
    assert [one.result() for one in working] == [202] * 4
    assert answered > 10
