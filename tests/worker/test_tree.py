"""The processes of `oql serve` beside the web workers, and `oql worker`: kept running, and gone at the end."""

import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.http.running import COMMAND, ROOT, Server, children, running, title, until, variables
from tests.worker.valkeys import PrivateValkey
from worker.hints import answers

OTHERS = ("oql: scheduler", "oql: valkey", "oql: worker")


def named(server: Server, name: str) -> list[int]:
    return [pid for pid in children(server.process.pid) if title(pid) == name]


def family(server: Server) -> list[int]:
    """All processes of a server, once they are there."""
    until(lambda: all(named(server, name) for name in (*OTHERS, "oql: web")))
    return [server.process.pid, *children(server.process.pid)]


def gone(pids: list[int]) -> bool:
    return not any(title(pid) for pid in pids)


def test_each_child_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path / "data", job_workers="1") as server:
        everybody = family(server)
        for name in OTHERS:
            (before,) = named(server, name)
            os.kill(before, signal.SIGKILL)
            until(lambda: named(server, name) and named(server, name) != [before])  # noqa: B023 - called at once
        assert httpx.get(server.url + "/health").status_code == 200
        assert len(children(server.process.pid)) == len(everybody) - 1
        said = {line["event"] for line in server.lines() if line["event"] != "request"}
        assert said == {f"the process `{name}` has ended, and is started again" for name in OTHERS}


def test_one_that_dies_at_once_is_not_started_all_the_time(tmp_path: Path) -> None:
    with running(tmp_path / "data", job_workers="1") as server:
        family(server)
        for _ in range(4):
            (before,) = until(lambda: named(server, "oql: worker"))
            os.kill(before, signal.SIGKILL)
            until(lambda: before not in named(server, "oql: worker"))  # noqa: B023 - called at once
        until(lambda: named(server, "oql: worker"))
        assert len(server.lines()) < 10


def test_nothing_outlives_a_killed_master(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        everybody = family(server)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        until(lambda: gone(everybody))
    with running(tmp_path / "data") as again:
        until(lambda: answers(f"unix://{tmp_path}/data/valkey.sock") == "")
        family(again)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_everything_ends_with_the_master(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path / "data") as server:
        everybody = family(server)
        for pid in everybody if how != signal.SIGTERM else everybody[:1]:
            os.kill(pid, how)
        assert server.process.wait(30) == 0
        assert gone(everybody)
        assert server.lines() == []
        assert not (tmp_path / "data" / "valkey.sock").exists()


def test_a_worker_that_is_stopped_by_itself_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path / "data", job_workers="1") as server:
        family(server)
        (before,) = until(lambda: named(server, "oql: worker"))
        os.kill(before, signal.SIGTERM)
        until(lambda: named(server, "oql: worker") and named(server, "oql: worker") != [before])


def test_nobody_but_web_workers_holds_the_port(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        family(server)
        others = [pid for name in OTHERS for pid in named(server, name)]
        until(lambda: not any(_listens(pid, server.port) for pid in others))
        assert all(_listens(pid, server.port) for pid in named(server, "oql: web"))


def _listens(pid: int, port: int) -> bool:
    """Whether a process has the socket that listens on a port."""
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in table if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    return any(os.readlink(entry) in inodes for entry in Path(f"/proc/{pid}/fd").iterdir())


def test_a_data_folder_with_a_long_name(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 25) / "data"
    data.parent.mkdir()
    with running(data) as server:
        family(server)
        assert server.lines() == []
        assert not (data / "valkey.sock").exists()


def test_a_redis_that_is_set_is_used_and_has_to_answer(redis: PrivateValkey, tmp_path: Path) -> None:
    with running(tmp_path / "data", redis_url=redis.url) as server:
        until(lambda: named(server, "oql: worker"))
        assert named(server, "oql: valkey") == []
        assert httpx.get(server.url + "/ready").status_code == 200
        redis.kill()
        told = httpx.get(server.url + "/ready")
        assert (told.status_code, told.json()["message"]) == (503, "Redis does not answer")
        redis.start()
        assert httpx.get(server.url + "/ready").status_code == 200


def test_a_worker_without_a_tree(tmp_path: Path) -> None:
    command = (COMMAND[0], "worker")
    with running(tmp_path / "data", job_workers="0") as server:
        until(lambda: named(server, "oql: scheduler"))
        assert named(server, "oql: worker") == []
        for how in (signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen(command, cwd=ROOT, env=variables(tmp_path / "data", {})) as process:
                until(lambda: title(process.pid) == "oql: worker")
                process.send_signal(how)
                assert process.wait(30) == 0
