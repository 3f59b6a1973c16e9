"""Databases of `oql run` and `oql repl`: those of the data folder."""

from pathlib import Path

from tests.cli.calling import oql

MADE = 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "k NUMBER PRIMARY"'
ONE = 'PARSE JSON \'{"k": 1}\' SET ?r AFTER INSERT ?r INTO "t" FROM "d"'
READ = 'QUERY "t" FROM "d" SET ?rows AFTER EMIT ?rows'


def test_rows_outlive_the_process(tmp_path: Path) -> None:
    assert oql("run", "-c", f"{MADE} AFTER {ONE}", OQL_DATA=str(tmp_path)).code == 0
    called = oql("run", "-c", READ, OQL_DATA=str(tmp_path))
    assert (called.code, called.out, called.err) == (0, '[{"k":1}]\n', "")


def test_the_dialogue_has_the_same_ones(tmp_path: Path) -> None:
    said = oql("repl", stdin=f"{MADE}\n\n{ONE}\n\n{READ}\n\n", OQL_DATA=str(tmp_path))
    assert (said.code, said.out.splitlines()[-1]) == (0, '[{"k":1}]')
    assert oql("run", "-c", READ, OQL_DATA=str(tmp_path)).out == '[{"k":1}]\n'


def test_each_namespace_has_its_own(tmp_path: Path) -> None:
    assert oql("run", "-c", f"{MADE} AFTER {ONE}", "--namespace", "user_ada", OQL_DATA=str(tmp_path)).code == 0
    called = oql("run", "-c", "DATABASE LIST SET ?l AFTER EMIT ?l", OQL_DATA=str(tmp_path))
    assert called.out == "[]\n"


def test_a_namespace_that_can_have_none_is_refused(tmp_path: Path) -> None:
    called = oql("run", "-c", "DATABASE LIST", "--namespace", "a b", OQL_DATA=str(tmp_path))
    assert called.code != 0
    assert "`a b` is no name of a tenant" in called.err


def test_programs_without_databases_make_no_folder(tmp_path: Path) -> None:
    assert oql("run", "-c", 'EMIT "Hello"', OQL_DATA=str(tmp_path / "data")).out == "Hello\n"
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    called = oql("run", "-c", "DATABASE LIST", OQL_DATA=str(tmp_path / "file" / "data"))
    assert called.code != 0
    assert "cannot be used" in called.err
    assert "Traceback" not in called.err
