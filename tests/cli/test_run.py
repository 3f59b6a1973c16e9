"""`oql run`: what goes to which stream, and with which exit code it ends."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.calling import OQL, Called, here, oql, variables
from tests.cli.pseudo_terminal import terminal

UNKNOWN_VERB = """\
error[ParseError]: `UPER` is not a verb
 --> bad.oql:1:1
  |
1 | UPER "x"
  | ^^^^
  = hint: did you mean `UPPER`?
  = fix: replace `UPER` by `UPPER`
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ('EMIT "Hello"', "Hello\n"),
        ('EMIT "two\\nlines\\n"', "two\nlines\n"),
        ('EMIT "h\u00e9"', "h\u00e9\n"),
        ("EMIT 29.50", "29.5\n"),
        ("EMIT true", "true\n"),
        ('UPPER "nothing is emitted"', "null\n"),
        ('ENLIST 1 AND "a" AND null SET ?a AFTER EMIT ?a', '[1,"a",null]\n'),
        ('DECODE "aGk=" AS "base64" SET ?b AFTER CAST ?b AS "binary" SET ?c AFTER EMIT ?c', '"aGk="\n'),
    ],
)
def test_a_text_is_printed_as_it_is_and_anything_else_as_json(program: str, printed: str) -> None:
    called = oql("run", "-c", program)
    assert (called.code, called.out, called.err) == (0, printed, "")


def test_a_file_and_standard_input_are_programs(tmp_path: Path) -> None:
    (tmp_path / "hello.oql").write_bytes(b'\xef\xbb\xbfEMIT "from\r\na file"')
    assert oql("run", "hello.oql", folder=tmp_path).out == "from\r\na file\n"
    assert oql("run", "-", stdin='EMIT "piped"').out == "piped\n"


def test_static_errors_are_all_shown_and_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "bad.oql").write_text('UPER "x"')
    called = oql("run", "bad.oql", folder=tmp_path)
    assert (called.code, called.out, called.err) == (1, "", UNKNOWN_VERB)
    both = oql("run", "-c", 'EMIT "never" AFTER LOWR "x" AFTER EMIT !NOWW')
    assert (both.code, both.out) == (1, "")
    assert [line for line in both.err.splitlines() if line.startswith("error")] == [
        "error[ParseError]: `LOWR` is not a verb",
        "error[ParseError]: `!NOWW` is not a system variable",
    ]


MISSPELT = 'STRING "a" SET ?name AFTER EMIT ?nmae'
WARNED = """\
warning: `?nmae` is never set, so it is null
 --> {name}:1:33
  |
1 | STRING "a" SET ?name AFTER EMIT ?nmae
  |                                 ^^^^^
  = hint: did you mean `?name`?
"""


def test_warnings_are_shown_before_a_run_and_change_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.oql").write_text(MISSPELT)
    for called, name in (
        (oql("run", "-c", MISSPELT), "<command line>"),
        (oql("run", "a.oql", folder=tmp_path), "a.oql"),
        (oql("run", "-", stdin=MISSPELT), "<stdin>"),
    ):
        assert (called.code, called.out, called.err) == (0, "null\n", WARNED.format(name=name))
    failed = oql("run", "-c", f'{MISSPELT} AFTER CALCULATE "1 / 0"')
    assert failed.code == 1
    assert [line.split(":")[0] for line in failed.err.splitlines() if line[0].isalpha()] == [
        "warning",
        "error[CalculateFailed]",
    ]


def test_warnings_stay_out_of_the_answer_as_json() -> None:
    called = oql("run", "--json", "-c", MISSPELT)
    assert (called.code, json.loads(called.out)["status"]) == (0, "ok")
    assert called.err == WARNED.format(name="<command line>")


def test_a_variable_that_is_given_is_set() -> None:
    called = oql("run", "-c", MISSPELT, "--var", "nmae=b")
    assert (called.code, called.out, called.err) == (0, "b\n", "")


def test_an_error_of_the_run_is_shown_with_its_place() -> None:
    called = oql("run", "-c", 'EMIT "before" AFTER CALCULATE "1 / 0"')
    assert (called.code, called.out) == (1, "")
    assert called.err.startswith("error[CalculateFailed]: ")
    assert " --> <command line>:1:21\n" in called.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "program.oql is empty"),
        (b" \n\t", "program.oql is empty"),
        (b'EMIT "\xff"', "program.oql is not UTF-8: byte 0xff at offset 6; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_program_is_refused_in_one_line(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "program.oql").write_bytes(content)
    called = oql("run", "program.oql", folder=tmp_path)
    assert (called.code, called.out, called.err) == (2, "", f"error: {problem}\n")


def test_a_missing_file_and_a_folder_are_refused_in_one_line(tmp_path: Path) -> None:
    missing = oql("run", "none.oql", folder=tmp_path)
    assert (missing.code, missing.err) == (2, "error: none.oql: no such file\n")
    folder = oql("run", ".", folder=tmp_path)
    assert (folder.code, folder.err) == (2, "error: . is a folder, not a program\n")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("examples/helo.oql", "examples/helo.oql: no such file; did you mean `examples/hello.oql`?"),
        ('EMIT "Hello"', 'EMIT "Hello": no such file; a program itself stands behind -c'),
        ("x" * 300 + " y", "x" * 300 + " y: no such file; a program itself stands behind -c"),
        ("a.yml", "a.yml is YAML; a chain is run by `oql chain run a.yml`"),
    ],
)
def test_what_is_no_file_of_a_program_tells_what_to_do(given: str, problem: str) -> None:
    called = here("run", given)
    assert (called.code, called.out, called.err) == (2, "", f"error: {problem}\n")


def test_a_program_must_be_given_once() -> None:
    assert oql("run").code == 2
    assert oql("run", "a.oql", "-c", "EMIT 1").code == 2


def test_variables_are_texts_or_json() -> None:
    program = 'EMIT ?a & "|" & ?b(0)(k) & "|" & ?c'
    called = oql("run", "-c", program, "--var", "a=1=2", "--var", 'b:=[{"k": 7}]', "--var", "c=")
    assert called.out == "1=2|7|\n"
    text = oql("run", "-c", "IF ?n IS IDENTICAL TO '7' OPEN NEST EMIT 'text' CLOSE NEST", "--var", "n=7")
    assert text.out == "text\n"


@pytest.mark.parametrize("given", ["novalue", "1a=x", "a:={oops", "=x"])
def test_a_variable_that_cannot_be_read_is_wrong_usage(given: str) -> None:
    called = oql("run", "-c", "EMIT 1", "--var", given)
    assert (called.code, called.out) == (2, "")
    assert given.partition(":=")[2] in called.err


def test_the_request_and_the_namespace_reach_the_program() -> None:
    program = 'EMIT !GET(id) & !REQUEST(header:X-Name) & "@" & !NAMESPACE'
    request = ("--request", "param:id=7", "--request", "header:x-name=Ada=L")
    assert oql("run", "-c", program, *request).out == "7Ada=L@local\n"
    assert oql("run", "-c", "EMIT !NAMESPACE", "--namespace", "shop").out == "shop\n"
    assert oql("run", "-c", "EMIT 1", "--request", "id").code == 2


def test_the_trace_is_a_table_on_stderr() -> None:
    program = 'ENLIST 1 AND 2 SET ?a AFTER FOREACH ?a AS ?x OPEN NEST EMIT ?x CLOSE NEST OR UPPER "b"'
    called = oql("run", "-c", program, "--trace")
    assert called.out == "12\n"
    head, *rows = [line.split() for line in called.err.splitlines()]
    assert head == ["step", "status", "ms", "class", "place", "path"]
    assert [(row[0], row[1], *row[3:]) for row in rows] == [
        ("ENLIST", "Ok", "Cpu", "1:1", "1"),
        ("FOREACH", "Ok", "Cpu", "1:29", "2"),
        ("EMIT", "Ok", "Cpu", "1:56", "2.body#1.1"),
        ("EMIT", "Ok", "Cpu", "1:56", "2.body#2.1"),
        ("UPPER", "Skipped", "Cpu", "1:78", "3"),
    ]
    indents = [len(line) - len(line.lstrip()) for line in called.err.splitlines()[1:]]
    assert indents == [0, 0, 2, 2, 0]


def test_json_is_the_whole_answer() -> None:
    called = oql("run", "-c", 'EMIT "x"', "--json")
    answer = json.loads(called.out)
    assert (called.code, called.err, called.out.count("\n")) == (0, "", 1)
    assert (answer["status"], answer["result"], answer["trace"][0]["step"]) == ("ok", "x", "EMIT")
    failed = oql("run", "-c", 'UPPER "x" AFTER PARSE JSON "{"', "--json")
    error = json.loads(failed.out)["error"]
    assert (failed.code, failed.err) == (1, "")
    assert (error["code"], error["line"], error["column"]) == ("JsonFailed", 1, 17)
    static = oql("run", "-c", "UPER 1 AFTER LOWR 2", "--json")
    assert [inner["column"] for inner in json.loads(static.out)["error"]["errors"]] == [1, 14]


def test_limits_are_settings() -> None:
    endless = 'WHILE 1 IS EQUAL TO 1 OPEN NEST UPPER "x" CLOSE NEST'
    called = oql("run", "-c", endless, OQL_LIMIT_STEPS="50")
    assert (called.code, called.err.splitlines()[0]) == (1, "error[LimitExceeded]: the limit of 50 steps is reached")
    wrong = oql("run", "-c", endless, OQL_LIMIT_STEPS="many")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("error: setting `limit_steps`")


def test_limits_are_read_from_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "oql.toml").write_text("limit_output_bytes = 3\n")
    assert oql("run", "-c", 'EMIT "abcd"', OQL_DATA=str(tmp_path)).code == 1
    assert oql("run", "-c", 'EMIT "abc"', OQL_DATA=str(tmp_path)).code == 0


@pytest.mark.slow
def test_a_terminal_shows_json_indented_and_the_trace_in_colours() -> None:
    program = 'ENLIST 1 AND "a" SET ?a AFTER EMIT ?a AFTER PARSE JSON "{" OR UPPER "b"'
    with terminal("run", "-c", program, "--trace") as screen:
        assert screen.wait() == 0
        assert '[\n  1,\n  "a"\n]\n' in screen.seen
        assert "\x1b[31mError" in screen.raw
        assert "\x1b[32mOk" in screen.raw
    with terminal("run", "-c", program, "--trace", NO_COLOR="1") as screen:
        assert screen.wait() == 0
        assert "\x1b[" not in screen.raw


def interrupted_after(seconds: float) -> Called:
    """How a long run ends that gets Ctrl-C after so many seconds."""
    command = [OQL, "run", "-c", 'EMIT "a" AFTER SLEEP "5m"']
    with subprocess.Popen(command, env=variables({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        try:
            run.wait(seconds)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    return Called(run.returncode, out, err)


@pytest.mark.slow
def test_ctrl_c_calls_the_run_off() -> None:
    # Nothing shows from outside when the run has begun: when the signal came too early, the next one waits longer.
    tries = (interrupted_after(seconds) for seconds in (1, 2, 4, 8, 16, 32))
    called = next(called for called in tries if ":1:16" in called.err)
    assert (called.code, called.out) == (130, "")
    assert called.err.splitlines()[:2] == ["error[Timeout]: the run was cancelled", " --> <command line>:1:16"]


def test_texts_from_outside_are_run_where_that_is_allowed() -> None:
    program = ("run", "-c", "SIDELOAD !GET(code)", "--request", "param:code=EMIT 7")
    refused = oql(*program)
    assert (refused.code, "Forbidden" in refused.err) == (1, True)
    assert oql(*program, "--allow-sideload").out == "7\n"


@pytest.mark.parametrize("arguments", [("run", "-c", 'EMIT "x"'), ("verbs",), ("settings", "--json")])
def test_an_output_that_takes_nothing_is_an_error_in_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [OQL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )
    assert (done.returncode, done.stderr) == (1, "error: cannot write the output: No space left on device\n")
