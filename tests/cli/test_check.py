"""`oql check`: everything that is wrong with some programs, and nothing runs."""

import json
from pathlib import Path

from tests.cli.calling import oql


def test_all_errors_and_warnings_of_all_files_are_shown(tmp_path: Path) -> None:
    (tmp_path / "bad.oql").write_text('UPER "x"\nAFTER EMIT 1\nAFTER LOWR 2\n')
    (tmp_path / "doubtful.oql").write_text("EMIT ?never\n")
    (tmp_path / "good.oql").write_text("EMIT 1\n")
    called = oql("check", "bad.oql", "doubtful.oql", "good.oql", folder=tmp_path)
    assert called.code == 1
    assert called.err == "3 files checked: 2 errors, 1 warning\n"
    shown = [line for line in called.out.splitlines() if line.startswith(("error", "warning", " -->"))]
    assert shown == [
        "error[ParseError]: `UPER` is not a verb",
        " --> bad.oql:1:1",
        "error[ParseError]: `LOWR` is not a verb",
        " --> bad.oql:3:7",
        "warning: `?never` is never set, so it is null",
        " --> doubtful.oql:1:6",
    ]


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    (tmp_path / "a.oql").write_text("EMIT ?never\n")
    called = oql("check", ".", folder=tmp_path)
    assert (called.code, called.err) == (0, "1 file checked: 0 errors, 1 warning\n")


def test_json_says_what_the_mode_check_of_the_endpoint_says() -> None:
    called = oql("check", "-", "--json", stdin='CACHE 1 AS "k" AFTER EMIT ?never')
    checked = json.loads(called.out)[0]
    assert (called.code, checked["file"], checked["status"], checked["errors"]) == (0, "<stdin>", "ok", [])
    assert [(effect["step"], effect["writes"]) for effect in checked["effects"]] == [("CACHE", ["cache:k"])]
    assert [(warning["line"], warning["column"]) for warning in checked["warnings"]] == [(1, 27)]
    broken = oql("check", "-", "--json", stdin="UPER 1")
    assert (broken.code, json.loads(broken.out)[0]["errors"][0]["code"]) == (1, "ParseError")


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    called = oql("check", "none.oql", folder=tmp_path)
    assert (called.code, called.out, called.err) == (2, "", "error: none.oql: no such file\n")


def test_what_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "latin.oql").write_bytes(b'EMIT "\xe9"\n')
    (tmp_path / "bad.oql").write_text("UPER 1\n")
    called = oql("check", "latin.oql", "none.oql", ".", folder=tmp_path)
    assert called.code == 2
    assert called.out.startswith("error[ParseError]: `UPER` is not a verb\n --> bad.oql:1:1\n")
    latin = "latin.oql is not UTF-8: byte 0xe9 at offset 6; save it as UTF-8"
    assert called.err.splitlines() == [
        f"error: {latin}", "error: none.oql: no such file", f"error: {latin}", "1 file checked: 1 error, 0 warnings",
    ]  # fmt: skip
    laid_out = oql("fmt", "--check", "latin.oql", "bad.oql", folder=tmp_path)
    assert (laid_out.code, laid_out.err.splitlines()[0]) == (2, f"error: {latin}")
    assert (tmp_path / "bad.oql").read_text() == "UPER 1\n"


def test_fixes_are_written_back_where_the_file_then_has_no_errors(tmp_path: Path) -> None:
    (tmp_path / "good.oql").write_text('uper "x" SET ?u;\nif ?u == "X" { print(?u) }\n')
    (tmp_path / "bad.oql").write_text('emit "x"\nXYZZY 1\n')
    called = oql("check", "--fix", "bad.oql", "good.oql", folder=tmp_path)
    assert (called.code, called.err) == (1, "good.oql: 6 fixes made\n2 files checked: 2 errors, 0 warnings\n")
    assert (tmp_path / "bad.oql").read_text() == 'emit "x"\nXYZZY 1\n'
    assert (tmp_path / "good.oql").read_text() == (
        'UPPER "x" SET ?u\nIF ?u IS EQUAL TO "X" OPEN NEST EMIT ?u CLOSE NEST\n'
    )


def test_a_fix_keeps_the_letters_of_a_text() -> None:
    called = oql("check", "--fix", "-", stdin="UPPER Ada SET ?a AFTER EMIT Hello World\n")
    assert (called.code, called.out) == (0, 'UPPER "Ada" SET ?a AFTER EMIT "Hello World"\n')


def test_standard_input_goes_to_standard_output_with_its_fixes() -> None:
    called = oql("check", "--fix", "-", stdin="emit 1\n")
    assert (called.code, called.out) == (0, "EMIT 1\n")


def test_a_fix_is_shown_and_stands_in_the_json() -> None:
    assert "= fix: replace `EMTI` by `EMIT`" in oql("check", "-", stdin="EMTI 1").out
    error = json.loads(oql("check", "-", "--json", stdin="EMTI 1").out)[0]["errors"][0]
    assert error["fix"] == {"line": 1, "column": 1, "end_line": 1, "end_column": 5, "text": "EMIT"}
