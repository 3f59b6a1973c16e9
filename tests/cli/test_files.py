"""Files of runs in this process: kept in the data folder, where people find them, and where a server has them too."""

from pathlib import Path

import httpx

from tests.cli.calling import oql
from tests.http.running import running


def test_files_outlive_the_run_and_stand_in_the_data_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    written = oql("run", "-c", 'WRITE "Hello" INTO "/root/a/b.txt"', OQL_DATA=str(data))
    assert (written.code, written.err) == (0, "")
    assert (data / "namespaces" / "local" / "files" / "a" / "b.txt").read_text() == "Hello"
    assert oql("run", "-c", 'READ "/root/a/b.txt" SET ?t AFTER EMIT ?t', OQL_DATA=str(data)).out == "Hello\n"
    assert oql("repl", stdin='LIST "/root/a"\n', OQL_DATA=str(data)).out == '["b.txt"]\n'


def test_namespaces_are_apart(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    oql("run", "--namespace", "one", "-c", 'WRITE "x" INTO "/root/a"', OQL_DATA=data)
    look = 'EXISTS "/root/a" SET ?e AFTER EMIT ?e'
    assert oql("run", "--namespace", "one", "-c", look, OQL_DATA=data).out == "true\n"
    assert oql("run", "-c", look, OQL_DATA=data).out == "false\n"
    odd = oql("run", "--namespace", "../one", "-c", look, OQL_DATA=data)
    assert (odd.code, odd.out) == (2, "")
    assert "`../one` is no name of" in odd.err


def test_a_server_on_the_folder_answers_the_links(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as server:
        shared = oql(
            "run", "-c", 'WRITE "x" INTO "/root/a" AFTER SHARE "/root/a" SET ?url AFTER EMIT ?url',
            OQL_DATA=str(data), OQL_PORT=str(server.port),
        )  # fmt: skip
        assert shared.out.startswith(f"{server.url}/files/"), shared.err
        assert httpx.get(shared.out.strip()).text == "x"


def test_a_run_that_needs_no_files_makes_no_folder(tmp_path: Path) -> None:
    oql("run", "-c", 'UPPER "x" SET ?u AFTER EMIT ?u', OQL_DATA=str(tmp_path / "data"))
    assert not (tmp_path / "data").exists()
