"""Runs that ask in the terminal, and `oql jobs` on a data folder: what nobody answers goes on later, elsewhere."""

import json
from pathlib import Path
from typing import Any

from tests.cli.calling import Called, oql
from tests.cli.pseudo_terminal import CTRL_C, CTRL_D, ENTER, terminal

ASK = 'CONFIRM "Send it?" AFTER EMIT "sent to " & ?to'
FORM = (
    'GATHER OPEN NEST ?name FORMAT TEXT AS "Name" FORMAT REQUIRED AND ?age FORMAT NUMBER AS "Age" CLOSE NEST WITH "Who"'
)
BACK = f'{FORM} AFTER EMIT ?name & 1 AFTER IF ?age IS NULL OPEN NEST EMIT "!" CLOSE NEST'


def here(data: Path, *arguments: str, stdin: str = "") -> Called:
    return oql(*arguments, stdin=stdin, OQL_DATA=str(data))


def suspended(data: Path, program: str = ASK, *more: str) -> dict[str, Any]:
    """The answer of a run that nobody has answered."""
    called = here(data, "run", "-c", program, "--var", "to=Ada", "--json", *more)
    assert called.code == 3, called.err
    body: dict[str, Any] = json.loads(called.out)
    return body


def test_a_run_asks_where_it_was_started(tmp_path: Path) -> None:
    approved = here(tmp_path, "run", "-c", ASK, "--var", "to=Ada", stdin="yes\n")
    assert (approved.code, approved.out) == (0, "sent to Ada\n")
    rejected = here(tmp_path, "run", "-c", ASK, "--var", "to=Ada", stdin="no\nnot today\n")
    assert (rejected.code, rejected.out) == (1, "")
    assert "ConfirmRejected" in rejected.err
    assert "not today" in rejected.err
    assert here(tmp_path, "jobs", "list").err == "there are no jobs\n"


def test_what_is_optional_is_left_empty_where_the_lines_end(tmp_path: Path) -> None:
    rejected = here(tmp_path, "run", "-c", f'{ASK} OR EMIT "rejected"', "--var", "to=Ada", stdin="n\n")
    assert (rejected.code, rejected.out) == (0, "rejected\n")
    answered = here(tmp_path, "run", "-c", BACK, stdin="Ada\n")
    assert (answered.code, answered.out) == (0, "Ada1!\n")
    # Nobody has answered anything: it waits, although no answer is required.
    free = 'GATHER OPEN NEST ?a FORMAT TEXT AS "A" CLOSE NEST EMIT "done"'
    assert here(tmp_path, "run", "-c", free).code == 3
    assert here(tmp_path, "run", "-c", free, stdin="\n").out == "done\n"
    # What is required is not answered by the end.
    both = 'GATHER OPEN NEST ?a FORMAT TEXT AS "A" AND ?b FORMAT TEXT AS "B" FORMAT REQUIRED CLOSE NEST EMIT "done"'
    assert here(tmp_path, "run", "-c", both, stdin="x\n").code == 3


def test_a_run_asks_on_a_terminal(tmp_path: Path) -> None:
    with terminal("run", "-c", BACK, OQL_DATA=str(tmp_path)) as there:
        there.expect("Name")
        there.type(f"Ada{ENTER}")
        there.expect("Age")
        there.type(f"old{ENTER}")
        there.expect("expected a number")
        there.type(ENTER)
        there.expect("Ada1!")
        assert there.wait() == 0


def test_what_is_left_on_a_terminal_is_a_job(tmp_path: Path) -> None:
    for key in (CTRL_C, CTRL_D):
        with terminal("run", "-c", ASK, "--var", "to=Ada", OQL_DATA=str(tmp_path)) as there:
            there.expect("Approve")
            there.type(key)
            there.expect("waits for an answer: oql jobs answer ")
            assert there.wait() == 3
    assert len(json.loads(here(tmp_path, "jobs", "list", "--status", "suspended", "--json").out)) == 2


def test_the_answer_of_a_run_that_waits_is_that_of_the_api(tmp_path: Path) -> None:
    body = suspended(tmp_path)
    assert list(body) == ["trace", "status", "job_id", "gather_url", "confirm_url", "prompt"]
    assert (body["status"], body["prompt"], body["trace"][0]["status"]) == ("suspended", "Send it?", "Suspended")
    assert suspended(tmp_path, BACK)["form"]["title"] == "Who"
    told = here(tmp_path, "run", "-c", ASK, "--var", "to=Ada")
    assert (told.code, told.out) == (3, "")
    assert "waits for an answer: oql jobs answer " in told.err


def test_a_job_goes_on_when_it_is_answered(tmp_path: Path) -> None:
    job = suspended(tmp_path)["job_id"]
    answered = here(tmp_path, "jobs", "answer", job, "--approve")
    assert (answered.code, answered.out, answered.err) == (0, "sent to Ada\n", "")
    again = here(tmp_path, "jobs", "answer", job, "--reject")
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith(f"error: job {job} waits for no answer: answered by ")
    shown = json.loads(here(tmp_path, "jobs", "show", job, "--json").out)
    assert (shown["status"], shown["result"], shown["waits"]) == ("complete", "sent to Ada", [])
    assert [step["status"] for step in shown["trace"]] == ["Ok", "Ok"]


def test_a_job_asks_its_next_question_too(tmp_path: Path) -> None:
    job = suspended(tmp_path, f'{ASK} AFTER CONFIRM "Sure?" AFTER EMIT "!"')["job_id"]
    left = here(tmp_path, "jobs", "answer", job, "--approve")
    assert left.code == 3
    assert "Sure?" in left.err
    ended = here(tmp_path, "jobs", "answer", job, stdin="y\n")
    assert (ended.code, ended.out) == (0, "sent to Ada!\n")


def test_a_job_is_answered_on_a_terminal(tmp_path: Path) -> None:
    job = suspended(tmp_path)["job_id"]
    with terminal("jobs", "answer", job, OQL_DATA=str(tmp_path)) as there:
        there.expect("Send it?")
        there.type(f"yes{ENTER}")
        there.expect("sent to Ada")
        assert there.wait() == 0


def test_a_form_is_answered_by_its_fields(tmp_path: Path) -> None:
    job = suspended(tmp_path, BACK)["job_id"]
    wrong = here(tmp_path, "jobs", "answer", job, "--field", "age=old")
    assert (wrong.code, wrong.err.count("error: ")) == (1, 2)
    assert here(tmp_path, "jobs", "answer", job, "--approve").err == (
        f"error: job {job} waits for a form: give --field NAME=VALUE; its fields are `name`, `age`\n"
    )
    right = here(tmp_path, "jobs", "answer", job, "--field", "name=Ada", "--field", "age=36")
    assert (right.code, right.out) == (0, "Ada1\n")


def test_a_failed_job_is_tried_again_from_where_it_failed(tmp_path: Path) -> None:
    program = f'WRITE "x" INTO "/root/log" AS "append" AFTER {ASK} AFTER READ "/root/other" SET ?o AFTER EMIT ?o'
    job = suspended(tmp_path, program)["job_id"]
    failed = here(tmp_path, "jobs", "answer", job, "--approve")
    assert (failed.code, "FsReadError" in failed.err) == (1, True)
    assert "error[FsReadError]" in here(tmp_path, "jobs", "show", job).out
    here(tmp_path, "run", "-c", 'WRITE "!" INTO "/root/other"')
    retried = here(tmp_path, "jobs", "retry", job)
    assert (retried.code, retried.out, retried.err) == (0, "sent to Ada!\n", "")
    assert here(tmp_path, "run", "-c", 'READ "/root/log" SET ?l AFTER EMIT ?l').out == "x\n"
    assert here(tmp_path, "jobs", "retry", job).err == f"error: job {job} has not failed: complete\n"


def test_a_cancelled_job_waits_for_nothing(tmp_path: Path) -> None:
    job = suspended(tmp_path)["job_id"]
    assert here(tmp_path, "jobs", "cancel", job).out == f"job {job} cancelled\n"
    assert here(tmp_path, "jobs", "cancel", job).err == f"error: job {job} is over: cancelled\n"
    assert here(tmp_path, "jobs", "answer", job, "--approve").code == 1


def test_jobs_are_listed_and_shown_for_people(tmp_path: Path) -> None:
    job = suspended(tmp_path)["job_id"]
    head, row = here(tmp_path, "jobs", "list").out.splitlines()
    assert head.split() == ["job", "status", "kind", "created", "took", "about"]
    assert [*row.split()[:3], *row.split()[4:]] == [job, "suspended", "query", "Send", "it?"]
    shown = here(tmp_path, "jobs", "show", job, "--trace").out
    assert "waits for Send it?\n" in shown
    assert "CONFIRM  Suspended" in shown
    with terminal("jobs", "list", OQL_DATA=str(tmp_path)) as there:
        assert there.wait() == 0
        assert "\x1b[33msuspended" in there.raw


def test_unknown_jobs_and_namespaces_are_said_in_one_line(tmp_path: Path) -> None:
    for what in ("show", "cancel", "retry", "answer", "deliveries", "redeliver"):
        called = here(tmp_path, "jobs", what, "nothing")
        assert (called.code, called.out) == (1, "")
        assert called.err == (
            "error: there is no job `nothing` in the namespace local; give --server URL for a job of a server\n"
        )
    suspended(tmp_path, ASK, "--namespace", "other")
    assert here(tmp_path, "jobs", "list").err == "there are no jobs\n"
    assert "suspended" in here(tmp_path, "jobs", "list", "--namespace", "other").out
    assert here(tmp_path, "jobs", "list", "--namespace", "../x").code == 2


def test_wrong_options_are_wrong_usage(tmp_path: Path) -> None:
    for options in (["--reason", "x"], ["--approve", "--field", "a=1"], ["--field", "a"]):
        assert here(tmp_path, "jobs", "answer", "nothing", *options).code == 2
    with_both = here(tmp_path, "jobs", "answer", "nothing", "--approve", "--reject")
    assert (with_both.code, "give one of --approve and --reject" in with_both.err) == (2, True)
    assert here(tmp_path, "jobs", "list", "--status", "lost").code == 2


def test_a_question_is_not_answered_by_fields(tmp_path: Path) -> None:
    job = suspended(tmp_path)["job_id"]
    wrong = here(tmp_path, "jobs", "answer", job, "--field", "name=Ada")
    assert (wrong.code, wrong.err) == (1, f"error: job {job} waits for a decision: give --approve or --reject\n")


def test_an_empty_server_means_this_machine(tmp_path: Path) -> None:
    nowhere = {"OQL_DATA": str(tmp_path), "OQL_SERVER": "127.0.0.1:1", "OQL_TOKEN": "oql_x"}
    for command in (["run", "-c", "EMIT 1"], ["jobs", "list"]):
        assert "cannot reach http://127.0.0.1:1" in oql(*command, **nowhere).err
    assert oql("run", "-c", "EMIT 1", "--server", "", **nowhere).out == "1\n"
    left = oql("run", "-c", ASK, "--server", "", **nowhere)
    told = left.err.splitlines()[-2]
    assert (left.code, told.endswith(' --server ""')) == (3, True)
    job = told.split()[1]
    assert oql("jobs", "answer", job, "--reject", "--server", "", **nowhere).code == 1


def test_deliveries_of_a_job_are_listed_and_sent_again(tmp_path: Path) -> None:
    program = f'WEBHOOK 1 AT "https://hooks.example.com/x" AFTER {ASK}'
    job = suspended(tmp_path, program)["job_id"]
    listed = here(tmp_path, "jobs", "deliveries", job)
    assert "https://hooks.example.com/x" in listed.out
    [one] = json.loads(here(tmp_path, "jobs", "deliveries", job, "--json").out)
    assert (one["kind"], one["state"], one["attempts"]) == ("webhook", "pending", [])
    assert here(tmp_path, "jobs", "redeliver", job).out == f"{one['id']} is sent once more\n"
    assert here(tmp_path, "jobs", "redeliver", job, "--delivery", "x").code == 1


def test_the_dialogue_goes_on_behind_a_job(tmp_path: Path) -> None:
    with terminal("repl", OQL_DATA=str(tmp_path), XDG_STATE_HOME=str(tmp_path)) as there:
        there.enter('UPPER "ada" SET ?to')
        there.enter(ASK)
        there.expect("Approve")
        there.type(CTRL_D)
        there.expect("waits for an answer: oql jobs answer ")
        there.enter("EMIT ?to")
        there.expect("ADA")
        there.enter(":quit")
        assert there.wait() == 0
    [job] = json.loads(here(tmp_path, "jobs", "list", "--json").out)
    assert here(tmp_path, "jobs", "answer", job["job_id"], "--approve").out == "sent to ADA\n"
