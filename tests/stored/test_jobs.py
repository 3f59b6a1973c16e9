"""Jobs that wait inside operations: killed with the whole server, and gone on with the text that they had begun."""

import random
from pathlib import Path

import httpx
import pytest

from tests.crash.killing import Target
from tests.http.running import TEST_LOGIN, until
from tests.jobs.asking import confirm, reached, result_of, start, waiting

ASKING = """DEFINE NEW OPERATION AS "ask" OPEN NEST
  EMIT "{before} "
  GATHER OPEN NEST ?name FORMAT TEXT AS "Name" CLOSE NEST
  RETURN "{said} " & ?name
CLOSE NEST"""
TWICE = """EXECUTE OPERATION "ask" SET ?first
EXECUTE OPERATION "ask" SET ?second
EMIT ?first & ", " & ?second"""


def asking(said: str) -> str:
    """The definition of an operation that says something to whom it asks for."""
    return ASKING.format(before=said.upper(), said=said)


@pytest.mark.slow
def test_an_operation_goes_on_with_the_text_it_had(tmp_path: Path) -> None:
    target = Target(tmp_path / "data", {"job_workers": "1"}, random.Random(1))
    try:
        with _client(target) as client:
            result_of(client, f"{asking('hello')} EMIT 1")
            job = waiting(client, TWICE)
            result_of(client, f"{asking('goodbye')} EMIT 1")
        target.kill_everything()
        target.restart()
        with _client(target) as client:
            assert confirm(client, job, fields={"name": "Ada"}).json()["status"] == "suspended"
            result_of(client, 'DELETE OPERATION "ask" AFTER EMIT 1')
            target.kill_everything()
            target.restart()
        with _client(target) as client:
            assert confirm(client, job, fields={"name": "Eve"}).status_code == 200
            found = reached(client, job, "complete", "error")
        assert found["result"] == "HELLO GOODBYE hello Ada, goodbye Eve", found
        gathered = [(step["path"], step["in"]) for step in found["trace"] if step["step"] == "GATHER"]
        assert gathered == [("1.in.2", "operation ask"), ("2.in.2", "operation ask")]
    finally:
        target.end()


@pytest.mark.slow
def test_a_job_in_an_operation_is_taken_over(tmp_path: Path) -> None:
    made = 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER, n NUMBER"'
    operation = """DEFINE NEW OPERATION AS "slow" OPEN NEST
      RANGE FROM 0 TO 5 SET ?r
      FOREACH ?r AS ?n OPEN NEST
        NEW JSON OBJECT OPEN NEST SET "k" AS !REQUEST(k) AND SET "n" AS ?n CLOSE NEST SET ?row
        INSERT ?row INTO "t" FROM "d" AFTER SLEEP "300ms"
      CLOSE NEST
      RETURN "done"
    CLOSE NEST"""
    program = """NEW JSON OBJECT OPEN NEST SET "k" AS 1 CLOSE NEST SET ?one
    NEW JSON OBJECT OPEN NEST SET "k" AS 2 CLOSE NEST SET ?two
    EXECUTE OPERATION "slow" WITH ?one SET ?r AND EXECUTE OPERATION "slow" WITH ?two SET ?r AFTER
    COLLAPSE ?r SET ?all AFTER EMIT ?all"""
    target = Target(tmp_path / "data", {"job_workers": "1"}, random.Random(2))
    try:
        with _client(target) as client:
            result_of(client, f"{made} {operation} EMIT 1")
            job = start(client, program)
            until(lambda: result_of(client, 'COUNT "t" FROM "d" SET ?n AFTER EMIT ?n') >= 4)
            result_of(client, 'DELETE OPERATION "slow" AFTER EMIT 1')
            target.kill_one("oql: worker")
            found = reached(client, job, "complete", "error")
            assert found["result"] == ["done", "done"], found
            rows = result_of(client, 'SQL "SELECT k, n FROM t ORDER BY k, n" FROM "d" SET ?rows AFTER EMIT ?rows')
            assert [(row["k"], row["n"]) for row in rows] == [(k, n) for k in (1, 2) for n in range(5)]
    finally:
        target.end()


def _client(target: Target) -> httpx.Client:
    return httpx.Client(base_url=target.url(), timeout=60, auth=(TEST_LOGIN["username"], TEST_LOGIN["password"]))
