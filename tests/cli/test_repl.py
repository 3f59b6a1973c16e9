"""`oql repl`, without a terminal and on one."""

import os
from pathlib import Path

import pytest

from oql.cli.repl.piped import inputs
from tests.cli.calling import Called, oql
from tests.cli.pseudo_terminal import CTRL_C, CTRL_D, ENTER, TAB, UP, terminal


def said(*lines: str) -> Called:
    """What the dialogue answers to lines that come through a pipe."""
    return oql("repl", stdin="\n".join(lines))


def test_variables_and_the_cache_are_kept_between_inputs() -> None:
    called = said('UPPER "ada" SET ?a', "", 'CACHE ?a AS "k"', "", 'CACHE "k" SET ?b AFTER EMIT ?a & ?b', "")
    assert (called.code, called.out, called.err) == (0, "ADAADA\n", "")


def test_a_program_is_warned_of_variables_that_no_input_has_set() -> None:
    called = said('UPPER "ada" SET ?name', "", "EMIT ?name", "", 'EMIT "x" & ?nmae', "")
    assert (called.code, called.out) == (0, "ADA\nx\n")
    assert called.err.splitlines()[:2] == ["warning: `?nmae` is never set, so it is null", " --> <input>:1:12"]
    assert called.err.count("warning") == 1


def test_the_value_of_a_step_that_keeps_it_nowhere_is_shown_and_kept() -> None:
    called = said('UPPER "x"', "", "EMIT ?_ & ?_", "", 'UPPER "y" OR UPPER "z"', "", "ENLIST 1 AND 2", "", 'EMIT "e"')
    assert called.out == "X\nXX\n[1,2]\ne\n"
    assert called.code == 0


def test_whoever_begins_with_a_connector_is_told_how_an_input_goes_on() -> None:
    assert "an input that ends with AFTER, AND or OR goes on" in said("EMIT 1", "", "AFTER EMIT 2").err
    assert said("EMIT 1 AFTER", "EMIT 2") == Called(0, "12\n", "")


def test_an_error_is_shown_and_the_dialogue_goes_on() -> None:
    called = said('UPPER "x" SET ?a AFTER PARSE JSON "{"', "", "UPER 1", "", "EMIT ?a")
    assert (called.code, called.out) == (1, "X\n")
    assert [line for line in called.err.splitlines() if line.startswith(("error", " -->"))] == [
        "error[JsonFailed]: " + called.err.splitlines()[0].partition(": ")[2],
        " --> <input>:1:24",
        "error[ParseError]: `UPER` is not a verb",
        " --> <input>:1:1",
    ]


def test_commands() -> None:
    called = said(
        'UPPER "x" SET ?a', "", "ENLIST 1 AND true SET ?list", "", ":vars", ":trace", ":clear", ":vars", ":help pad",
        ":help", ":quit", "EMIT 'never'",
    )  # fmt: skip
    assert called.out.startswith(
        "variable  kind   value\n?a        text   X\n?list     array  [1,true]\nno variables\nPAD text TO whole-number "
    )
    assert called.err.splitlines()[1].split()[:2] == ["ENLIST", "Ok"]
    assert ":vars          the variables and their values\n" in called.out
    assert "never" not in called.out


@pytest.mark.parametrize("word", ["quit", "exit"])
def test_words_that_people_try_first_are_commands(word: str) -> None:
    called = said("help", "", word, "", "EMIT 'never'")
    assert (called.code, called.err) == (0, "")
    assert called.out == said(":help").out


def test_a_dialogue_on_the_data_of_another_namespace(tmp_path: Path) -> None:
    lines = 'WRITE "kept" INTO "/root/note"\n\nEMIT !NAMESPACE & " "\n\nREAD "/root/note"\n'
    called = oql("repl", "--namespace", "user_ada", stdin=lines, OQL_DATA=str(tmp_path))
    assert (called.code, called.out.split()) == (0, ["user_ada", "kept"])
    elsewhere = oql("repl", stdin='READ "/root/note"', OQL_DATA=str(tmp_path))
    assert elsewhere.code == 1


def test_tracing_every_run() -> None:
    called = said(":trace on", "EMIT 1", "", ":trace off", "EMIT 2")
    assert called.out == "trace is on\n1\ntrace is off\n2\n"
    assert [line.split()[0] for line in called.err.splitlines()] == ["step", "EMIT"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (":hlep", "`:hlep` is not a command; did you mean `:help`?"),
        (":xyz", "`:xyz` is not a command; try `:help`"),
        (":help uper", "`UPER` is not a verb; did you mean `UPPER`?"),
        (":load none.oql", "none.oql: no such file"),
        (":load", "expected `:load FILE`"),
        (":trace maybe", "expected `:trace`, `:trace on` or `:trace off`, found `:trace maybe`"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(line: str, problem: str) -> None:
    called = said(line)
    assert (called.code, called.out, called.err) == (1, "", f"error: {problem}\n")


def test_a_file_is_run_with_the_variables(tmp_path: Path) -> None:
    (tmp_path / "a.oql").write_text('EMIT ?name SET ?x AFTER UPPER "kept" SET ?y')
    called = said('UPPER "ada" SET ?name', "", f":load {tmp_path / 'a.oql'}", "EMIT ?y")
    assert called.out == "ADA\nKEPT\n"


def test_an_empty_line_ends_an_input_unless_something_is_open() -> None:
    text = (
        "EMIT 1\nAFTER EMIT 2\n\n\n:vars\nIF 1 IS NULL OPEN NEST\n\nCLOSE NEST\n\n"
        'EMIT "a\n\nb"\n \nEMIT 3 AFTER\n\nEMIT 4'
    )
    assert list(inputs(text.splitlines(keepends=True))) == [
        "EMIT 1\nAFTER EMIT 2\n",
        ":vars\n",
        "IF 1 IS NULL OPEN NEST\n\nCLOSE NEST\n",
        'EMIT "a\n\nb"\n',
        "EMIT 3 AFTER\n\nEMIT 4",
    ]


@pytest.mark.slow
def test_a_dialogue_on_a_terminal(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with terminal(XDG_STATE_HOME=str(tmp_path), OQL_DATA=str(data)) as screen:
        screen.enter('UPPER "shown"')
        screen.expect("SHOWN\n")
        screen.enter(f'IF 1 IS EQUAL TO 1 OPEN NEST{ENTER}EMIT "tak" & "en"{ENTER}CLOSE NEST')
        screen.expect("...>")
        screen.expect("\ntaken\n")
        screen.enter(f'EMIT "drop" & "ped"{CTRL_C}EMIT "af" & "ter"')
        screen.expect("\nafter\n")
        screen.enter('WRITE "now" INTO "/root/begun" AFTER SLEEP "5m"')
        screen.wait_for(data / "namespaces" / "local" / "files" / "begun")
        screen.type(CTRL_C)
        screen.expect("error[Timeout]: the run was cancelled")
        screen.enter('EMIT "still " & "here"')
        screen.expect("\nstill here\n")
        screen.expect("oql>")
        screen.type("UCWO" + TAB)
        screen.expect("UCWORDS")
        screen.type(CTRL_C + CTRL_D)
        assert screen.wait() == 0
        assert "\x1b[31;1merror[Timeout]" in screen.raw
        assert "\ndropped\n" not in screen.raw.replace("\r", "")
    history = tmp_path / "oql" / "history"
    assert "+UPPER" in history.read_text()
    assert (history.stat().st_mode & 0o777, history.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.slow
def test_the_next_dialogue_knows_the_last_one_and_shows_no_colours_when_told(tmp_path: Path) -> None:
    history = tmp_path / "oql" / "history"
    history.parent.mkdir()
    history.write_text('\n# 2026-01-01 00:00:00\n+EMIT "earlier"\n')
    history.chmod(0o644)
    with terminal("repl", XDG_STATE_HOME=str(tmp_path), NO_COLOR="1") as screen:
        screen.enter(UP)
        screen.expect("\nearlier\n")
        screen.enter("UPER 1")
        screen.expect("error[ParseError]: `UPER` is not a verb")
        screen.enter(":quit")
        assert screen.wait() == 0
        assert "\x1b[31;1m" not in screen.raw
    assert os.stat(history).st_mode & 0o777 == 0o600
