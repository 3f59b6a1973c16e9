"""Runs on a server that ask in the terminal, and `oql jobs --server`."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.cli.calling import Called, oql
from tests.cli.pseudo_terminal import CTRL_D, ENTER, terminal
from tests.executions.asking import started
from tests.http.running import Server, running

pytestmark = pytest.mark.slow

LOGIN = {"OQL_USER": "test", "OQL_PASSWORD": "test"}
BROKEN = """\
name: broken
output: out
steps:
  - {id: read, type: oql, program: 'QUERY "rows" FROM "nowhere" SET ?rows', output_var: out}
"""
ASK = 'CONFIRM "Send it?" AFTER EMIT "sent"'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("jobs") / "data", workers="1") as started:
        yield started


def there(server: Server, *arguments: str, stdin: str = "") -> Called:
    return oql(*arguments, "--server", server.url, stdin=stdin, **LOGIN)


def begun(server: Server, program: str) -> str:
    """The id of a job that somebody else has begun."""
    body = {"auth": {"username": "test", "password": "test"}, "query": program, "mode": "async"}
    return str(httpx.post(f"{server.url}/v1/query", json=body).json()["job_id"])


def found(server: Server, job: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(there(server, "jobs", "show", job, "--json").out)
    return shown


def test_a_run_there_asks_here(server: Server) -> None:
    approved = there(server, "run", "-c", f'{ASK} AFTER CONFIRM "Sure?" AFTER EMIT "!"', stdin="yes\nyes\n")
    assert (approved.code, approved.out) == (0, "sent!\n")
    rejected = there(server, "run", "-c", ASK, stdin="no\nnot today\n")
    assert (rejected.code, rejected.out) == (1, "")
    assert "rejected: not today" in rejected.err


def test_a_form_there_is_filled_in_here(server: Server) -> None:
    form = 'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" FORMAT REQUIRED CLOSE NEST AFTER EMIT ?name'
    assert there(server, "run", "-c", form, stdin="Ada\n").out == "Ada\n"


def test_what_is_left_there_is_answered_later(server: Server) -> None:
    with terminal("run", "-c", ASK, "--server", server.url, **LOGIN) as run:
        run.expect("Approve")
        run.type(CTRL_D)
        run.expect("waits for an answer: oql jobs answer ")
        assert run.wait() == 3
        job = run.seen.split()[0]
    assert found(server, job)["status"] == "suspended"
    answered = there(server, "jobs", "answer", job, "--approve")
    assert (answered.code, answered.out, answered.err) == (0, "sent\n", "")
    again = there(server, "jobs", "answer", job, "--approve")
    assert (again.code, "409" in again.err, again.err.count("\n")) == (1, True, 1)


def test_an_answer_of_the_other_kind_is_told_in_options(server: Server) -> None:
    asks = begun(server, ASK)
    form = begun(server, 'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" AND ?age FORMAT NUMBER AS "Age" CLOSE NEST')
    for job in (asks, form):
        while found(server, job)["status"] != "suspended":
            pass
    refused = there(server, "jobs", "answer", asks, "--field", "name=Ada")
    assert (refused.code, refused.err) == (1, f"error: job {asks} waits for a decision: give --approve or --reject\n")
    refused = there(server, "jobs", "answer", form, "--approve")
    told = f"error: job {form} waits for a form: give --field NAME=VALUE; its fields are `name`, `age`\n"
    assert (refused.code, refused.err) == (1, told)


def test_the_environment_names_the_server(server: Server) -> None:
    environment = {**LOGIN, "OQL_SERVER": server.url}
    left = oql("run", "-c", ASK, "--json", **environment)
    job = json.loads(left.out)["job_id"]
    assert (left.code, found(server, job)["status"]) == (3, "suspended")
    assert oql("jobs", "answer", job, "--approve", **environment).out == "sent\n"


def test_a_job_there_is_answered_on_a_terminal(server: Server) -> None:
    body = json.loads(there(server, "run", "-c", ASK, "--json").out)
    assert (body["status"], body["prompt"]) == ("suspended", "Send it?")
    with terminal("jobs", "answer", body["job_id"], "--server", server.url, **LOGIN) as run:
        run.expect("Send it?")
        run.type(f"yes{ENTER}")
        run.expect("sent")
        assert run.wait() == 0


def test_what_takes_long_is_followed(server: Server) -> None:
    """A job that sleeps is let go of by the server, and its answer comes all the same."""
    slept = there(server, "run", "-c", 'EMIT "a" AFTER SLEEP "2s" AFTER CONFIRM "ok?" AFTER EMIT "b"', stdin="y\n")
    assert (slept.code, slept.out) == (0, "ab\n")


def test_ctrl_c_leaves_a_job_to_the_server(server: Server) -> None:
    body = json.loads(there(server, "run", "-c", 'CONFIRM "ok?" AFTER SLEEP "1h"', "--json").out)
    with terminal("jobs", "answer", body["job_id"], "--server", server.url, **LOGIN) as run:
        run.expect("Approve")
        run.type(f"yes{ENTER}")
        run.expect(f"job {body['job_id']}")
        run.interrupt()
        run.expect("goes on: oql jobs show ")
        assert run.wait() == 130
    assert there(server, "jobs", "cancel", body["job_id"]).out == f"job {body['job_id']} cancelled\n"
    assert found(server, body["job_id"])["status"] == "cancelled"


def test_jobs_there_are_listed_shown_and_tried_again(server: Server) -> None:
    program = f'{ASK} AFTER READ "/root/later" SET ?l AFTER EMIT ?l'
    job = json.loads(there(server, "run", "-c", program, "--json").out)["job_id"]
    assert job in there(server, "jobs", "list", "--status", "suspended").out
    failed = there(server, "jobs", "answer", job, "--approve")
    assert (failed.code, "FsReadError" in failed.err) == (1, True)
    there(server, "run", "-c", 'WRITE "!" INTO "/root/later"')
    retried = there(server, "jobs", "retry", job)
    assert (retried.code, retried.out) == (0, "sent!\n"), retried.err
    assert len(json.loads(there(server, "jobs", "list", "--limit", "1", "--json").out)) == 1


def test_unknown_jobs_there_are_said_in_one_line(server: Server) -> None:
    for what in ("show", "cancel", "retry", "answer", "deliveries", "redeliver"):
        called = there(server, "jobs", what, "nothing")
        assert (called.code, called.out, called.err) == (1, "", "error: there is no job `nothing` there\n")


def test_a_job_without_webhooks_is_not_an_unknown_one(server: Server) -> None:
    job = begun(server, "EMIT 1")
    sent = there(server, "jobs", "redeliver", job)
    assert (sent.code, sent.err) == (1, f"error: job {job} has no webhooks\n")
    sent = there(server, "jobs", "redeliver", job, "--delivery", "msg_x")
    assert (sent.code, sent.err) == (1, f"error: job {job} has no webhook `msg_x`\n")


def test_the_error_of_a_chain_names_its_code_once(server: Server) -> None:
    with httpx.Client(base_url=server.url, auth=(LOGIN["OQL_USER"], LOGIN["OQL_PASSWORD"])) as client:
        job = started(client, BROKEN)
    while found(server, job)["status"] != "error":
        pass
    for command in ("show", "retry"):
        called = there(server, "jobs", command, job)
        assert (called.out + called.err).count("DatabaseError") == 1, called


def test_a_server_on_the_folder_takes_over_what_was_begun_here(server: Server) -> None:
    """A run here that nobody answers is served by the page and the workers of the server."""
    folder = {"OQL_DATA": str(server.data), "OQL_BASE_URL": server.url}
    left = oql("run", "-c", ASK, "--namespace", "user_test", "--json", **folder)
    job = json.loads(left.out)["job_id"]
    assert (left.code, there(server, "jobs", "answer", job, "--approve").out) == (3, "sent\n")
    shown = json.loads(oql("jobs", "show", job, "--namespace", "user_test", "--json", **folder).out)
    assert (shown["status"], shown["result"]) == ("complete", "sent")
