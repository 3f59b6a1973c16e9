"""A server that is told to end while many follow its jobs: it ends, and they lose nothing."""

import asyncio
import base64
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from falcon.testing import create_scope

from server.request import Request
from server.streams import OpenStreams
from tests.crash.clients import Login
from tests.crash.holding_on import Watched, judged, opened, target_in
from tests.crash.killing import Target
from tests.crash.sink import Sink, taking
from tests.crash.storm import PASSWORD, logins
from tests.crash.streams import Reader
from tests.crash.works import slow_loop

JOBS = 20
READERS = 80
LATE = 20
GRACE_S = 15.0


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A server that takes webhooks."""
    with taking() as made:
        yield made


def asked(target: Target, login: Login, path: str) -> socket.socket:
    """A connection on which a stream was asked for, and nothing is read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", target.server.port))
    credentials = base64.b64encode(f"{login.auth['username']}:{PASSWORD}".encode()).decode()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\r\n".encode())
    return client


def wide_rows(target: Target, login: Login) -> None:
    """A table that no buffer holds."""
    query = """CREATE TABLE "wide" FROM "d" WITH "text TEXT, id UUID PRIMARY"
REPLICATE "0123456789abcdef" WITH 10000 SET ?wide
RANGE FROM 0 TO 60 SET ?all
FOREACH ?all AS ?n OPEN NEST
  NEW JSON OBJECT OPEN NEST SET text AS ?wide CLOSE NEST SET ?o
  INSERT ?o INTO "wide" FROM "d"
CLOSE NEST"""
    answer = httpx.post(target.url() + "/v1/query", json={"auth": login.auth, "query": query}, timeout=60)
    assert answer.json()["status"] == "ok", answer.text


@pytest.mark.slow
def test_it_ends_in_time_and_every_reader_goes_on_elsewhere(sink: Sink, tmp_path: Path) -> None:
    target = target_in(tmp_path, sink, grace_s=str(GRACE_S))
    store = opened(target)
    try:
        [login] = logins(target, 1)
        works = [Watched(target, login, slow_loop(f"t{number}", 40), store) for number in range(JOBS)]
        for work in works:
            work.give()
        wide_rows(target, login)
        auth = httpx.BasicAuth(login.auth["username"], PASSWORD)
        paths = [f"/v1/job/{work.job_id}/stream" for work in works]
        readers = [Reader(target.url, paths[number % JOBS], auth) for number in range(READERS)]
        threads = [threading.Thread(target=reader.read_all, args=(None,), daemon=True) for reader in readers]
        for thread in threads:
            thread.start()
        works[0].holder()
        deaf = [asked(target, login, f"/v1/tenants/{login.namespace}/watch?schemas=d.wide") for _ in range(2)]
        late = [asked(target, login, f"/v1/job/{works[0].job_id}/stream") for _ in range(LATE)]
        target.server.process.send_signal(signal.SIGTERM)
        assert target.server.process.wait(GRACE_S) == 0
        for client in deaf + late:
            client.close()
        assert [reader.broken for reader in readers] == [0] * READERS
        target.restart()
        for thread in threads:
            thread.join()
        faults = judged(works, sink)
        assert not faults, "\n".join([*faults, *target.log])
        for number in range(JOBS):
            whole = Reader(target.url, paths[number], auth)
            whole.read_all(None)
            assert len(whole.got) > 40
            assert all(reader.got == whole.got for reader in readers[number::JOBS])
    finally:
        store.close()
        target.end()


def test_a_stream_that_begins_when_all_end_is_over_at_once() -> None:
    async def nothing_more() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    async def opened_before_and_after() -> tuple[bool, bool]:
        streams, req = OpenStreams(), Request(create_scope(), nothing_more)
        async with streams.open(req) as before:
            streams.end()
            async with streams.open(req) as late:
                return before.is_set(), late.is_set()

    assert asyncio.run(opened_before_and_after()) == (True, True)
