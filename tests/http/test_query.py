"""POST /v1/query: results, program errors, checks, deadlines."""

import uuid

import httpx
import pytest

from tests.http.running import ask


def test_the_published_example(client: httpx.Client) -> None:
    answer = ask(client, 'EMIT "Hello"')
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert list(body) == ["status", "job_id", "result", "trace"]
    assert (body["status"], body["result"]) == ("ok", "Hello")
    assert uuid.UUID(body["job_id"]).version == 4
    step = body["trace"][0]
    assert list(step)[:4] == ["step", "status", "duration_ms", "exec_class"]
    assert (step["step"], step["status"], step["exec_class"]) == ("EMIT", "Ok", "Cpu")
    assert (step["line"], step["column"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("EMIT 5", 5),
        ("EMIT 2.50", 2.5),
        ("EMIT true", True),
        ("EMIT null", None),
        ("ENLIST 1 AND 2 SET ?a AFTER EMIT ?a", [1, 2]),
        ('EMIT "a" AFTER EMIT 1 AFTER EMIT true', "a1true"),
        ('UPPER "x" SET ?u', None),
        ('EMIT "grüße, 世界 😀"', "grüße, 世界 😀"),
    ],
)
def test_results_keep_their_kind(client: httpx.Client, query: str, result: object) -> None:
    body = ask(client, query).json()
    assert (body["status"], body["result"]) == ("ok", result)


def test_the_request_is_what_the_program_reads(client: httpx.Client) -> None:
    request = {"path": "/api/data", "header:X-Custom": "value", "param:n": 5, "flag": True, "nothing": None}
    query = (
        "ENLIST !REQUEST(path) AND !REQUEST(header:x-custom) AND !GET(n) AND !REQUEST(flag) AND !REQUEST(nothing)"
        " SET ?all AFTER EMIT ?all"
    )
    assert ask(client, query, request=request).json()["result"] == ["/api/data", "value", 5, True, None]


def test_an_empty_request_and_empty_options_are_allowed(client: httpx.Client) -> None:
    assert ask(client, "EMIT 1", request={}, options={}, mode="sync").json()["result"] == 1


def test_a_parse_error_is_an_answer(client: httpx.Client) -> None:
    answer = ask(client, 'EMIT "a" AFTER\nUPER "x" SET ?u')
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["trace"]) == ("error", [])
    uuid.UUID(body["job_id"])
    error = body["error"]
    assert (error["code"], error["line"], error["column"]) == ("ParseError", 2, 1)
    assert (error["end_line"], error["end_column"]) == (2, 5)
    assert error["source"].splitlines() == ['UPER "x" SET ?u', "^^^^"]
    assert "UPPER" in error["hint"]


def test_all_static_errors_come_at_once(client: httpx.Client) -> None:
    error = ask(client, "UPER 1 AFTER LOWR 2").json()["error"]
    assert [(one["line"], one["column"]) for one in error["errors"]] == [(1, 1), (1, 14)]


def test_a_failed_step_is_an_answer_with_a_trace(client: httpx.Client) -> None:
    body = ask(client, 'EMIT "a" AFTER CALCULATE "1/0" SET ?x').json()
    assert (body["status"], body["error"]["code"]) == ("error", "CalculateFailed")
    assert [step["status"] for step in body["trace"]] == ["Ok", "Error"]


def test_a_program_beyond_the_limit_is_an_answer(client: httpx.Client) -> None:
    answer = ask(client, "EMIT 1 (*" + "x" * 2**18 + "*)")
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == "LimitExceeded"


def test_a_long_program_runs(client: httpx.Client) -> None:
    query = " AFTER ".join(["UPPER 'x' SET ?u"] * 500) + " AFTER EMIT ?u"
    assert ask(client, query).json()["result"] == "X"


@pytest.mark.parametrize("how", ["options", "header", "option before header"])
def test_a_program_that_waits_is_a_job_at_its_deadline(client: httpx.Client, how: str) -> None:
    options = {"options": {"deadline_ms": 200}} if how != "header" else {}
    headers = {} if how == "options" else {"Prefer": "respond-async, wait=1" if how == "header" else "wait=25"}
    body = {"auth": {"username": "test", "password": "test"}, "query": 'SLEEP "20s"', **options}
    answer = client.post("/v1/query", json=body, headers=headers)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["status"], told["poll_url"]) == ("accepted", f"{client.base_url}/v1/job/{told['job_id']}")
    assert answer.headers.get("preference-applied") == ("wait=1" if how == "header" else None)


@pytest.mark.parametrize(("wanted", "followed", "status"), [("0", "0", 202), ("99999", "30", 200)])
def test_the_wait_that_is_followed_is_told(client: httpx.Client, wanted: str, followed: str, status: int) -> None:
    body = {"auth": {"username": "test", "password": "test"}, "query": 'SLEEP "1500ms"'}
    answer = client.post("/v1/query", json=body, headers={"Prefer": f"wait={wanted}"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (status, f"wait={followed}")


def test_a_deadline_lets_a_quick_program_finish(client: httpx.Client) -> None:
    assert ask(client, 'SLEEP "10ms" AFTER EMIT 1', options={"deadline_ms": 20_000}).json()["result"] == 1


def test_a_check_runs_nothing(client: httpx.Client) -> None:
    body = ask(client, 'CACHE "v" AS "check-runs-nothing"', mode="check").json()
    assert list(body) == ["status", "errors", "effects", "warnings"]
    assert (body["status"], body["errors"]) == ("ok", [])
    effect = body["effects"][0]
    assert list(effect) == ["step", "line", "exec_class", "reads", "writes", "hosts"]
    assert (effect["step"], effect["line"], effect["exec_class"]) == ("CACHE", 1, "Io")
    assert ask(client, 'CACHE "check-runs-nothing" SET ?c AFTER EMIT ?c').json()["result"] is None


def test_a_check_tells_every_error(client: httpx.Client) -> None:
    body = ask(client, "UPER 1 AFTER LOWR 2", mode="check").json()
    assert (body["status"], body["effects"]) == ("error", [])
    assert [error["code"] for error in body["errors"]] == ["ParseError", "ParseError"]


def test_a_webhook_means_nothing_to_a_sync_run(client: httpx.Client) -> None:
    options = {"webhook": "https://example.com/done"}
    assert ask(client, "EMIT 1", options=options).json()["result"] == 1


def test_the_cache_is_one_for_all_workers(client: httpx.Client, server: object) -> None:
    ask(client, 'CACHE "kept" AS "shared-by-workers"')
    for _ in range(12):
        with httpx.Client(base_url=client.base_url) as fresh:
            assert ask(fresh, 'CACHE "shared-by-workers" SET ?c AFTER EMIT ?c').json()["result"] == "kept"
