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
