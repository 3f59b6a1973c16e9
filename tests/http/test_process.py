"""The process tree: how it starts, refuses to start, survives deaths, and ends."""

import os
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from substrate.opening import open_store
from tests.cli.calling import oql
from tests.http.running import (
    TEST_LOGIN,
    Server,
    accounts_of,
    ask,
    children,
    refused,
    running,
    start,
    title,
    until,
)  # fmt: skip

ASKED = {"auth": TEST_LOGIN, "query": "EMIT 1"}

pytestmark = pytest.mark.slow


def gone(pids: list[int]) -> bool:
    return not any(title(pid) for pid in pids)


def test_every_process_says_what_it_is(server: Server) -> None:
    assert title(server.process.pid) == "oql: master"
    others = [
        *["oql: scheduler", "oql: valkey", "oql: web", "oql: web"],
        *["oql: worker"] * min(4, os.cpu_count() or 1),
    ]
    until(lambda: sorted(title(pid) for pid in children(server.process.pid)) == others)


def test_the_line_that_is_printed_works_when_pasted(server: Server) -> None:
    until(lambda: len(server.banner) == 4)
    assert server.banner[1] == "Development account: username test, password test\n"
    line = server.banner[3].strip()
    assert line.startswith("curl ")
    assert '"result":"Hello"' in subprocess.run(line, shell=True, check=True, capture_output=True, text=True).stdout


def test_what_it_writes_is_for_its_owner_only(server: Server) -> None:
    paths = [server.data, *server.data.rglob("*")]
    assert len(paths) > 5
    assert [path for path in paths if path.stat().st_mode & 0o077] == []


def test_one_folder_has_one_server(server: Server) -> None:
    code, said = refused(server.data)
    assert code == 1
    assert said == (
        f"oql: another server uses the data folder {server.data} (process {server.process.pid} {server.url}); "
        "`--data` takes another folder\n"
    )
    assert httpx.get(server.url + "/health").status_code == 200


def test_a_port_in_use(server: Server, tmp_path: Path) -> None:
    code, said = refused(tmp_path / "data", port=str(server.port))
    assert (code, said) == (
        1,
        f"oql: the address 127.0.0.1:{server.port} is in use; another port is chosen by --port or OQL_PORT\n",
    )


def test_a_host_that_is_not_here(tmp_path: Path) -> None:
    code, said = refused(tmp_path / "data", host="192.0.2.1", dev="false")
    assert code == 1
    assert said.startswith("oql: the address 192.0.2.1:0 cannot be used: ")
    code, said = refused(tmp_path / "data", host="no-such-host.invalid", dev="false")
    assert code == 2
    assert said.startswith("oql: cannot listen on no-such-host.invalid: ")


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = refused(tmp_path / "file" / "data")
    assert code == 1
    assert said.startswith(f"oql: cannot use the data folder {tmp_path / 'file' / 'data'}: ")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "server.lock").symlink_to("/dev/full")
    code, said = refused(folder)
    assert code == 1
    assert said.startswith(f"oql: cannot use the data folder {folder}: ")
    assert said.count("\n") == 1
    (folder / "server.lock").unlink()
    (folder / "accounts.sqlite").write_bytes(b"not a database " * 1_000)
    code, said = refused(folder)
    assert code == 1
    assert said.startswith("oql: cannot open the control database: ")
    assert said.count("\n") == 1


def test_a_folder_whose_key_cannot_be_used(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_bytes(b"short")
    code, said = refused(tmp_path)
    assert code == 1
    assert said.startswith(f"oql: cannot open the store: the key {key} is damaged: expected 32 bytes, found 5; ")
    checked = oql("serve", "--check", "--data", tmp_path)
    assert (checked.code, checked.err.removeprefix("oql: ")) == (1, said.removeprefix("oql: cannot open the store: "))
    key.unlink()
    with closing(open_store("", tmp_path)) as store:
        store.namespace("ada").make()
    key.unlink()
    code, said = refused(tmp_path)
    assert code == 1
    assert said.startswith(f"oql: cannot open the store: the key {key} is missing; put it back from a backup")
    assert said.count("\n") == 1
    assert not key.exists()


def test_development_mode_stays_on_this_machine(tmp_path: Path) -> None:
    code, said = refused(tmp_path / "data", host="0.0.0.0")
    assert code != 0
    assert "allow_public_dev" in said
    with running(tmp_path / "data", host="0.0.0.0", allow_public_dev="true") as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(server.url + "/health").status_code == 200
    with running(tmp_path / "data", host="0.0.0.0", dev="false") as server:
        assert httpx.get(server.url + "/health").status_code == 200


def test_ipv6(tmp_path: Path) -> None:
    with running(tmp_path / "data", host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        with httpx.Client(base_url=server.url) as client:
            assert ask(client, "EMIT 1").json()["result"] == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_and_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path / "data") as server, httpx.Client(base_url=server.url) as client:
        family = [server.process.pid, *children(server.process.pid)]
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, client, 'SLEEP "2s" AFTER EMIT "still answered"')
            until(lambda: client_sees_one_running(server))
            assert server.stop(how) == 0
            assert answer.result().json()["result"] == "still answered"
            assert answer.result().headers["connection"] == "close"
        assert gone(family)


def client_sees_one_running(server: Server) -> bool:
    return bool(httpx.get(server.url + "/health").json()["runningExecutions"] == 1)


def test_a_closed_terminal_ends_it(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        family = [server.process.pid, *children(server.process.pid)]
        for pid in family:
            os.kill(pid, signal.SIGHUP)
        assert server.process.wait(30) == 0
        assert gone(family)


def test_ctrl_c_reaches_every_process(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server, httpx.Client(base_url=server.url) as client:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask, client, 'SLEEP "1s" AFTER EMIT 1')
            until(lambda: client_sees_one_running(server))
            for pid in [server.process.pid, *children(server.process.pid)]:
                os.kill(pid, signal.SIGINT)
            assert answer.result().json()["result"] == 1
        assert server.process.wait(30) == 0
        assert {line["event"] for line in server.lines()} == {"request"}


def test_what_runs_too_long_is_called_off(tmp_path: Path) -> None:
    with running(tmp_path / "data", grace_s="1") as server, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, server.url + "/v1/query", json=ASKED | {"query": 'SLEEP "25s"'}, timeout=30)
        until(lambda: client_sees_one_running(server))
        assert server.stop() == 0
        assert answer.result().json()["error"]["code"] == "Timeout"


class Load:
    """Clients that keep asking until the server is gone. `ids` are those of the requests that were answered."""

    def __init__(self, server: Server, clients: int) -> None:
        self._server = server
        self.ids: set[str] = set()
        self.lost: list[str] = []
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self._server.url, timeout=30) as client:
            for turn in range(1_000_000):
                name = f"{number}-{turn}"
                try:
                    answer = client.post("/v1/query", json=ASKED, headers={"X-Request-Id": name})
                except httpx.ConnectError:
                    return
                except httpx.TransportError:
                    self.lost.append(name)
                else:
                    assert answer.json()["result"] == 1
                    self.ids.add(name)
                if self.stop.is_set():
                    return

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()


def answered(server: Server) -> set[str]:
    """The ids of the requests that the server says it answered."""
    return {line["request_id"] for line in server.lines() if line.get("route") == "/v1/query"}


def test_no_answer_is_lost_when_it_ends_under_load(tmp_path: Path) -> None:
    for turn in range(3):
        with running(tmp_path / f"data{turn}") as server:
            load = Load(server, 6)
            until(lambda: len(load.ids) > 200)  # noqa: B023 - called before the next turn
            assert server.stop() == 0
            load.wait()
            # Not answered, and not lost either: connections that nobody had accepted when the port was closed.
            assert answered(server) == load.ids


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        before = until(lambda: server.workers() if len(server.workers()) == 2 else None)
        load = Load(server, 4)
        until(lambda: len(load.ids) > 50)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(server.workers()) == 2 and before[0] not in server.workers())
        seen = len(load.ids)
        until(lambda: len(load.ids) > seen + 200)
        load.stop.set()
        load.wait()
        assert before[1] in server.workers()
        assert len(load.lost) <= 4
        assert httpx.get(server.url + "/health").json()["runningExecutions"] == 0


def test_a_run_that_dies_with_its_worker_is_not_counted_as_running(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers="1") as server:
        accounts_of(server).add("solo", "plum-Anchor-7-violet")
        login = {"username": "solo", "password": "plum-Anchor-7-violet"}
        with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=server.url, timeout=30) as client:
            lost = pool.submit(ask, client, 'SLEEP "25s"', auth=login)
            until(lambda: client_sees_one_running(server))
            os.kill(server.workers()[0], signal.SIGKILL)
            assert isinstance(lost.exception(), httpx.TransportError)
        until(lambda: not client_sees_one_running(server))
        with httpx.Client(base_url=server.url, timeout=30) as client:
            assert ask(client, "EMIT 1", auth=login).status_code == 200


def test_workers_do_not_outlive_their_master(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        workers, port = server.workers(), server.port
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        with running(tmp_path / "data", port=str(port)) as again:
            assert gone(workers)
            assert again.port == port
            with httpx.Client(base_url=again.url) as client:
                assert ask(client, "EMIT 1").json()["result"] == 1


def test_a_folder_is_as_good_as_new_after_everything_was_killed(tmp_path: Path) -> None:
    for turn in range(3):
        with running(tmp_path / "data") as server:
            load = Load(server, 4)
            accounts_of(server).add(f"turn{turn}", "plum-Anchor-7-violet")
            until(lambda: len(load.ids) > 20)  # noqa: B023 - called before the next turn
            family = [server.process.pid, *children(server.process.pid)]
            for pid in family:
                os.kill(pid, signal.SIGKILL)
            server.process.wait()
            load.wait()
            assert gone(family)
    with running(tmp_path / "data") as server, httpx.Client(base_url=server.url) as client:
        login = {"username": "turn0", "password": "plum-Anchor-7-violet"}
        assert ask(client, "EMIT !NAMESPACE", auth=login).json()["result"] == "user_turn0"
        assert [name.username for name in accounts_of(server).list()] == ["turn0", "turn1", "turn2"]


def test_a_busy_port_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert refused(tmp_path / "data", port=str(taken.getsockname()[1]))[0] == 1
    with running(tmp_path / "data"):
        pass


def test_two_servers_started_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(start_or_refusal, tmp_path / "data") for _ in range(2)]
        results = [one.result() for one in tries]
    started = [one for one in results if isinstance(one, Server)]
    for one in started:
        assert one.stop() == 0
    assert len(started) == 1
    assert next(one for one in results if isinstance(one, str)).startswith("oql: another server uses")


def start_or_refusal(data: Path) -> Server | str:
    try:
        return start(data)
    except AssertionError as refusal:
        return str(refusal).split("\n", 1)[0]


def test_it_is_ready_soon_after_it_is_started(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(tmp_path / "data") as server:
        assert httpx.get(server.url + "/ready").status_code == 200
        print(f"ready after {time.monotonic() - began:.2f} s")  # noqa: T201 - shown with -s
