"""SIGUSR2: the tree becomes the program that is installed, with the settings of now, and nobody notices but by them."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.crash.streams import Reader
from tests.http.running import (
    COMMAND,
    ROOT,
    TEST_LOGIN,
    Server,
    ask,
    children,
    client_from,
    refused,
    running,
    title,
    until,
    variables,
)  # fmt: skip

SLOW_MACHINE_SECONDS = 120.0
PAUSE_SECONDS = 0.05
"""Between the requests of a client, so that the reload has a processor too."""
SIGNED = httpx.BasicAuth(*TEST_LOGIN.values())
COUNTING = """CACHE "go" SET ?go
CALCULATE "0" SET ?n
WHILE ?go IS NULL OPEN NEST
  NEW JSON OBJECT OPEN NEST SET step AS ?n CLOSE NEST SET ?o
  INSERT ?o INTO "t" FROM "d" AFTER SLEEP "100ms"
  AFTER CALCULATE "?n + 1" SET ?n AFTER CACHE "go" SET ?go
CLOSE NEST
EMIT ?n"""
AS_A_MANAGER = """import os, sys
if sys.argv[1] != "3":
    os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])"""
"""Hands over a socket as the third open file, and becomes the program behind it."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for this file: each test leaves other processes behind than it found."""
    with running(tmp_path_factory.mktemp("reloaded") / "data", grace_s="5", trusted_proxies="127.0.0.1") as started:
        until(lambda: len(at_work(started)) >= 5)
        yield started


@contextmanager
def load(server: Server, clients: int = 3) -> Iterator[set[str]]:
    """Clients that keep asking; the ids of the requests that were answered. Every one has to be, each once."""
    answered: set[str] = set()
    failed: list[str] = []
    over = threading.Event()

    def keep_asking(number: int) -> None:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            turn = 0
            while not over.wait(PAUSE_SECONDS):
                name = f"{time.monotonic_ns()}-{number}-{turn}"
                try:
                    assert ask(client, "EMIT 1", auth=TEST_LOGIN).json()["result"] == 1
                    answered.add(name)
                except (httpx.TransportError, AssertionError) as error:
                    failed.append(repr(error))
                turn += 1

    threads = [threading.Thread(target=keep_asking, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: len(answered) > 20)
        yield answered
        before = len(answered)
        until(lambda: len(answered) > before + 20)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failed == []


def at_work(server: Server) -> dict[int, str]:
    """The processes of the tree but the private Redis, by what they say they are."""
    named = {pid: title(pid) for pid in children(server.process.pid)}
    return {pid: name for pid, name in named.items() if name.startswith("oql: ") and name != "oql: valkey"}


def reload(server: Server) -> None:
    """Sends the signal, and waits until the former processes are gone and as many new ones are there."""
    until(lambda: len(at_work(server)) >= 5)
    before, asked = at_work(server), refusals(server)

    def former_are_gone() -> bool:
        nonlocal asked
        if refusals(server) == asked:  # a check that took too long counts as a refusal
            server.process.send_signal(signal.SIGUSR2)
            asked += 1
        return not set(before) & set(children(server.process.pid))

    until(former_are_gone, SLOW_MACHINE_SECONDS)
    until(lambda: sorted(at_work(server).values()) == sorted(before.values()), SLOW_MACHINE_SECONDS)


def refusals(server: Server, why: str = "") -> int:
    """How often the log says that the running program goes on."""
    return server.log.read_text().count(f'"event":"not reloaded: {why}')


def test_nobody_is_refused_and_jobs_go_on(server: Server) -> None:
    redis = until(lambda: [pid for pid in children(server.process.pid) if title(pid) == "oql: valkey"])
    with httpx.Client(base_url=server.url, timeout=60) as client:
        ask(client, 'CREATE DATABASE "d" AFTER CREATE TABLE "t" FROM "d" WITH "step NUMBER, id UUID PRIMARY"')
        job = ask(client, COUNTING, mode="async").json()["job_id"]
        reader = Reader(lambda: server.url, f"/v1/job/{job}/stream", SIGNED)
        following = threading.Thread(target=reader.read_all, args=(None,))
        following.start()
        until(lambda: reader.got)
        (server.data / "oql.toml").write_text("body_bytes = 3000\n")
        with load(server):
            reload(server)
        assert ask(client, "EMIT 1 " + " " * 3000).status_code == 413
        ask(client, 'CACHE "yes" AS "go"')
        following.join(SLOW_MACHINE_SECONDS)
        count = client.get(f"/v1/job/{job}", auth=SIGNED).json()["result"]
        rows = ask(client, 'QUERY "t" FROM "d" SORT BY "step" SET ?r AFTER EMIT ?r').json()["result"]
    assert [row["step"] for row in rows] == list(range(int(count)))
    assert (reader.over, reader.broken) == (True, 0)
    whole = Reader(lambda: server.url, f"/v1/job/{job}/stream", SIGNED)
    whole.read_all(None)
    assert reader.got == whole.got
    assert [pid for pid in children(server.process.pid) if title(pid) == "oql: valkey"] == redis


def test_a_program_that_could_not_start_does_not_take_over(server: Server) -> None:
    until(lambda: len(at_work(server)) >= 5)
    before = at_work(server)
    file = server.data / "oql.toml"
    file.write_text('body_bytes = "many"\n')
    server.process.send_signal(signal.SIGUSR2)
    try:
        until(lambda: refusals(server, "error: setting `body_bytes`"), SLOW_MACHINE_SECONDS)
    finally:
        file.unlink()
    assert at_work(server) == before
    assert httpx.get(server.url + "/health").status_code == 200


def test_programs_of_two_layouts_never_work_beside_each_other(server: Server) -> None:
    file = server.data / "format.json"
    layout = json.loads(file.read_text())
    file.write_text(json.dumps({"version": "0.0.1", "counts": layout["counts"] | {"accounts": 1}}))
    before, together = set(at_work(server)), []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            now = set(at_work(server)) & set(at_work(server))  # a look takes time, in which some end and others begin
            together.append(bool(now & before and now - before))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with load(server):
            reload(server)
    finally:
        over.set()
        watching.join()
    assert len(together) > 10
    assert not any(together)
    assert json.loads(file.read_text()) == layout


def test_a_trusted_proxy_says_who_the_client_is(server: Server) -> None:
    def seen(address: str, name: str) -> str:
        with client_from(server, address) as client:
            client.get("/health", headers={"X-Request-Id": name, "X-Forwarded-For": "192.0.2.7, 192.0.2.8, 127.0.0.1"})
        return str(server.line(name)["client"])

    assert seen("127.0.0.1", "by-the-proxy") == "192.0.2.8"
    assert seen("127.0.0.2", "by-another") == "127.0.0.2"


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "format.json").write_text('{"version": "9.1.0", "counts": {"accounts": 999}}')
    code, told = refused(tmp_path / "data")
    assert code == 1
    assert told == (
        f"oql: the data folder {tmp_path / 'data'} was written by OQL 9.1.0, which is newer than this one (0.1.0):"
        " run that version or a newer one, or restore a backup into an empty folder\n"
    )


def test_connections_wait_in_a_socket_of_the_service_manager(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as early:
        early.connect(listening.getsockname())
        early.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", AS_A_MANAGER, str(listening.fileno()), *COMMAND],
                cwd=ROOT, env=variables(tmp_path / "data", {}), pass_fds=[listening.fileno()], stdout=log, stderr=log,
            )  # fmt: skip
        try:
            early.settimeout(SLOW_MACHINE_SECONDS)
            assert early.recv(1000).startswith(b"HTTP/1.1 200 ")
        finally:
            process.terminate()
            assert process.wait(60) == 0
