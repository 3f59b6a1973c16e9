"""`oql chain` against a server: runs, gates, failures, saved texts, and the keys of a terminal."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import Called, here, oql
from tests.cli.chain_server import HELLO, ChainServer
from tests.cli.pseudo_terminal import CTRL_C, ENTER, terminal
from tests.models.services import Said, openai, refusal

pytestmark = pytest.mark.slow


def chain(there: ChainServer, *arguments: str | Path, stdin: str = "") -> Called:
    return here("chain", *arguments, stdin=stdin, OQL_SERVER=there.url)


def record(there: ChainServer, execution: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(chain(there, "status", execution, "--json").out)
    return shown


def lines(text: str) -> list[str]:
    """The lines of a text, without what differs from run to run."""
    return [line.partition(" in 0.")[0] for line in text.splitlines()]


def test_a_run_shows_what_happens_and_then_the_result(there: ChainServer) -> None:
    there.service.says = [openai("one\n", "two")]
    called = chain(there, "run", "hello", "-i", "topic=bees")
    assert (called.code, called.out) == (0, "one\ntwo!\n")
    head, *rest = lines(called.err)
    execution = head.split()[1]
    assert head == f"execution {execution} of hello"
    assert rest[:4] == ["a: started (Say it)", "a: | one", "a: | two", "a: done"]
    assert rest[4:] == ["b: started", "b: | one", "b: | two!", "b: done", "done"]
    assert there.service.asked[-1].body["messages"][-1]["content"] == "Say bees"
    assert lines(chain(there, "logs", execution).out) == [head, *rest]
    events = [json.loads(line) for line in chain(there, "logs", execution, "--json").out.splitlines()]
    assert (events[0]["type"], events[-1]["type"], events[-1]["result"]) == (
        "execution_started", "execution_done", "one\ntwo!",
    )  # fmt: skip
    shown = chain(there, "status", execution).out.splitlines()
    assert shown[2] == "status    done"
    assert shown[-3:] == ["result:", "one", "two!"]


def test_a_long_result_is_cut(there: ChainServer) -> None:
    there.service.says = [openai("x" * 2_500)]
    called = chain(there, "run", "hello", "-i", "topic=bees")
    assert called.out == "x" * 2_000 + "\n"
    assert called.err.endswith("(2,000 of 2,501 characters; --full shows all)\n")
    shown = json.loads(chain(there, "run", "hello", "-i", "topic=bees", "--json").out)
    assert (shown["status"], len(shown["result"])) == ("done", 2_501)
    assert len(chain(there, "run", "hello", "-i", "topic=bees", "--full").out) == 2_502


def test_a_failed_run_is_resumed(there: ChainServer) -> None:
    there.service.says = [openai("first"), refusal(400, {"error": {"message": "not today"}})]
    failed = chain(there, "run", "fails")
    assert (failed.code, failed.out) == (1, "")
    execution = failed.err.split()[1]
    assert "a: done" in lines(failed.err)
    assert "not today; `oql chain resume " in failed.err.splitlines()[-1]
    there.service.says, before = [openai("second")], len(there.service.asked)
    resumed = chain(there, "resume", execution)
    assert (resumed.code, resumed.out, len(there.service.asked) - before) == (0, "second\n", 1)
    again = chain(there, "resume", execution)
    assert (again.code, again.err) == (
        1, f"error: Execution {execution} is not in error state (current: done)\n",
    )  # fmt: skip


def test_gates(there: ChainServer) -> None:
    started = chain(there, "run", "asks", "--detach")
    execution = started.out.strip()
    told = chain(there, "logs", execution).out
    assert "g: waits for a person: Publish one?" in told
    assert f"  oql chain approve {execution} g --server {there.url}\n" in told
    assert f"oql chain approve {execution} g" in chain(there, "status", execution).out
    assert chain(there, "list", "--approvals").out.splitlines()[1].split()[:3] == [execution, "g", "asks"]
    assert chain(there, "reject", execution, "g").err == "error: reason is required: give --reason TEXT\n"
    other = chain(there, "approve", execution, "h")
    assert other.err == f"error: No pending approval found: step `h` of {execution} does not wait; these do: g\n"
    approved = chain(there, "approve", execution, "g")
    assert (approved.code, approved.out) == (0, f"step `g` of {execution} is approved\n")
    late = chain(there, "approve", execution, "g")
    assert (late.code, late.err) == (1, "error: Already decided\n")
    followed = chain(there, "logs", "--follow", execution)
    assert (followed.code, followed.out, "g: approved" in followed.err) == (0, "one\n", True)


def test_a_run_that_nobody_can_answer_is_left_at_its_gate(there: ChainServer) -> None:
    called = chain(there, "run", "asks")
    assert (called.code, called.out) == (3, "")
    execution = called.err.split()[1]
    assert "g: waits for a person: Publish one?" in called.err.splitlines()
    assert called.err.splitlines()[-3:] == [
        f"execution {execution} waits for a person",
        f"  oql chain approve {execution} g --server {there.url}",
        f"and then: oql chain logs {execution} --follow --server {there.url}",
    ]
    assert chain(there, "approve", execution, "g").code == 0
    followed = chain(there, "logs", "--follow", execution)
    assert (followed.code, followed.out) == (0, "one\n")


def test_a_gate_inside_of_another_chain_is_left_too(there: ChainServer) -> None:
    calling = "name: calls\nsteps:\n  - {id: s, type: subchain, subchain: asks, output_var: o}\noutput: o\n"
    there.save("calls", calling)
    called = chain(there, "run", "calls", "--json")
    assert (called.code, json.loads(called.out)["status"]) == (3, "running")
    execution = json.loads(called.out)["id"]
    told, gate, then = called.err.splitlines()
    assert told == f"execution {execution} waits for a person"
    inner = gate.split()[3]
    assert (inner != execution, gate) == (True, f"  oql chain approve {inner} g --server {there.url}")
    assert then == f"and then: oql chain logs {execution} --follow --server {there.url}"
    assert chain(there, "cancel", execution).code == 0


def test_steps_beside_a_gate_are_followed_to_their_end(there: ChainServer) -> None:
    """A gate of another execution that waits is none of this one's."""
    waiting = chain(there, "run", "asks", "--detach").out.strip()
    chain(there, "logs", waiting)
    slow = threading.Event()
    there.service.says = [Said(openai("late").body, waits=lambda: slow.wait(3))]
    called = chain(there, "run", "hello", "-i", "topic=x")
    assert (called.code, called.out) == (0, "late!\n")
    assert chain(there, "cancel", waiting).code == 0


def test_a_file_is_warned_of_before_it_runs(there: ChainServer, tmp_path: Path) -> None:
    path = tmp_path / "doubtful.yaml"
    path.write_text(
        "name: doubtful\nsteps:\n"
        "  - {id: count, prompt: Count, output_var: n}\n"
        '  - {id: say, type: transform, operation: template, template_str: "{n} {who}", output_var: o}\n'
        "output: o\n"
    )
    warnings = [line for line in chain(there, "validate", path).out.splitlines() if line.startswith(f"{path}:4:")]
    assert len(warnings) == 2
    assert 'step "say" does not wait for "count", which sets "n": add it to depends_on' in warnings[0]
    assert 'nothing sets the variable "who"' in warnings[1]
    first = chain(there, "run", path)
    assert (first.code, first.err.splitlines()[:3]) == (0, [*warnings, "chain `doubtful` saved"])
    again = chain(there, "run", path, "--detach")
    assert (again.code, again.err.splitlines()) == (0, warnings), "of a text that is saved already too"
    path.write_text(path.read_text().replace("name: doubtful\n", "name: doubtful\ncolour: red\n"))
    renamed = chain(there, "save", path, "--name", "doubts").err.splitlines()
    assert f"{path}:2:1: warning: colour: is not a known field" in renamed
    assert 'warning: name: is "doubtful", and the text is saved as "doubts"' in renamed, "which only the server knows"
    assert len(renamed) == 5


def test_a_text_that_is_no_yaml(there: ChainServer, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: bad\nsteps:\n  - id:count\n    prompt: p\n")
    called = chain(there, "run", path)
    assert (called.code, called.err) == (
        1,
        f"error: {path}:3:8: a blank is missing behind the colon of `id:` "
        "(mapping values are not allowed in this context)\n",
    )


def test_a_rejected_gate_fails_the_run(there: ChainServer) -> None:
    execution = chain(there, "run", "asks", "--detach").out.strip()
    chain(there, "logs", execution)
    assert chain(there, "reject", execution, "g", "--reason", "too short").code == 0
    ended = chain(there, "logs", "-f", execution)
    assert (ended.code, ended.out) == (1, "")
    assert "error: Gate rejected by user: too short; " in ended.err


def test_a_cancelled_run_is_over_for_good(there: ChainServer) -> None:
    execution = chain(there, "run", "asks", "--detach").out.strip()
    cancelled = chain(there, "cancel", execution)
    assert (cancelled.code, cancelled.out) == (0, f"execution {execution} cancelled\n")
    assert chain(there, "approve", execution, "g").code == 1
    again = chain(there, "cancel", execution)
    assert (again.code, again.err) == (
        1, f"error: there is no execution `{execution}` that runs or waits; see `oql chain list --runs`\n",
    )  # fmt: skip
    assert "(current: cancelled)" in chain(there, "resume", execution).err


def test_texts_are_saved_run_and_deleted(there: ChainServer, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(HELLO.replace("name: hello", "name: mine"))
    called = chain(there, "run", path, "-i", "topic=x")
    assert (called.code, called.out, called.err.splitlines()[0]) == (0, "one!\n", "chain `mine` saved")
    assert chain(there, "list").out.splitlines()[-1].split() == ["mine", "2", "says", "it"]
    path.write_text(path.read_text().replace("}!", "}?"))
    replaced = chain(there, "save", path)
    assert (replaced.code, replaced.out, replaced.err) == (0, "", "chain `mine` replaced\n")
    named = chain(there, "save", "-", "--name", "other", stdin=path.read_text())
    assert named.err.splitlines()[-1] == "chain `other` saved"
    path.write_text("name: mine\noutput: o\n")
    refused = chain(there, "save", path)
    assert (refused.code, refused.err) == (1, 'error: Invalid chain "mine":\n  steps: is required\n')
    deleted = chain(there, "delete", "mine", "other")
    assert deleted.out == "chain `mine` deleted\nchain `other` deleted\n"
    gone = chain(there, "delete", "mine")
    assert (gone.code, gone.err) == (1, 'error: Chain "mine" not found\n')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "helo"], 'Chain "helo" not found; did you mean `hello`?'),
        (["run", "hello"], 'Missing required input: "topic" (what about); give it with -i NAME=TEXT'),
        (
            ["run", "hello", "-i", "topik=bees"],
            'Missing required input: "topic" (what about); "topik" is no declared input, did you mean `topic`?\n',
        ),
        (["status", "0123456789abcdef"], "there is no execution `0123456789abcdef` there; see `oql chain list --runs`"),
        (["run", "-", "--name"], "No such option '--name'"),
        (
            ["list", "--user", "nobody", "--password", "x"],
            "error: the server refuses these credentials: see --token (OQL_TOKEN)",
        ),
    ],
)
def test_mistakes(there: ChainServer, arguments: list[str], said: str) -> None:
    called = chain(there, *arguments)
    assert called.code in (1, 2)
    assert said in called.err


def test_names_are_completed(there: ChainServer) -> None:
    def completed(*words: str) -> list[str]:
        shell = {"_OQL_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return oql(**shell, OQL_SERVER=there.url).out.splitlines()

    files_first = ["file,he", "plain,hello"]
    assert completed("oql", "chain", "run", "he")[:2] == files_first, "bash forgets what it was told before files"
    assert completed("oql", "chain", "delete", "as") == ["plain,asks"]


def test_ctrl_c_asks_what_is_to_become_of_the_run(there: ChainServer) -> None:
    asked, go_on = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        asked.release()
        go_on.wait(30)

    there.service.says = [Said(openai("late").body, waits=wait)]
    with terminal("chain", "run", "hello", "-i", "topic=x", OQL_SERVER=there.url) as run:
        run.expect("execution ")
        assert asked.acquire(timeout=30)
        run.expect("a 0 s")
        run.type(CTRL_C)
        run.expect("Cancel the execution?")
        run.type(ENTER)
        run.expect("a ")
        run.type(CTRL_C)
        run.expect("Cancel the execution?")
        run.type(f"y{ENTER}")
        run.expect("is cancelled")
        assert run.wait() == 130
        execution = run.raw.partition("execution ")[2].split()[0]
    go_on.set()
    assert record(there, execution)["error"] == "Cancelled by user"
