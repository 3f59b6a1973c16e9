"""Connections are spread over the web workers, and none waits for a worker that does not answer."""

import asyncio
import contextlib
import os
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvloop

from server.process.accepting import MOST_WORKERS, Connections, Count, Counts, Listener
from tests.http.running import Server, running, until

READY = b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connections_of(pid: int, port: int) -> int:
    """How many connections to a port a process has."""
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in table if row[1].endswith(f":{port:04X}") and row[3] == "01"}
    found = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(entry) in inodes
    return found


def spread(server: Server) -> list[int]:
    """How many connections each web worker has."""
    return [connections_of(pid, server.port) for pid in server.workers()]


def connected(stack: ExitStack, server: Server, count: int) -> list[socket.socket]:
    """Connections that are begun at once."""
    made = []
    for _ in range(count):
        one = stack.enter_context(socket.socket())
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            one.connect(("127.0.0.1", server.port))
        made.append(one)
    return made


def answered(connections: list[socket.socket]) -> None:
    """Each gets an answer."""
    for one in connections:
        one.settimeout(20)
        one.sendall(READY)
    for one in connections:
        assert one.recv(4096).startswith(b"HTTP/1.1 200 ")


def both_take(server: Server) -> bool:
    """Whether each of the workers is ready, and takes some of 30 connections."""
    with ExitStack() as stack:
        answered(connected(stack, server, 30))
        return len(server.workers()) == 2 and min(spread(server)) > 0


@pytest.mark.slow
def test_many_that_come_at_once_are_spread(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers="2") as server:
        until(lambda: both_take(server))
        for _ in range(3):
            until(lambda: sum(spread(server)) == 0)
            with ExitStack() as stack:
                answered(connected(stack, server, 64))
                assert sum(spread(server)) == 64
                assert min(spread(server)) >= 10  # often about half, where one often had none


@pytest.mark.slow
def test_one_that_takes_the_place_of_another_gets_its_part(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers="2") as server, ExitStack() as stack:
        until(lambda: both_take(server))
        answered(connected(stack, server, 20))
        first = server.workers()[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: first not in server.workers() and both_take(server))
        answered(connected(stack, server, 40))
        assert min(spread(server)) >= 10


@pytest.mark.slow
def test_a_worker_that_is_stopped_keeps_nobody_waiting(tmp_path: Path) -> None:
    with running(tmp_path / "data", workers="2") as server, ExitStack() as stack:
        [stopped, other] = until(lambda: len(found := server.workers()) == 2 and found)  # one may still be starting
        os.kill(stopped, signal.SIGSTOP)
        try:
            answered(connected(stack, server, 50))
            assert connections_of(other, server.port) == 50
        finally:
            os.kill(stopped, signal.SIGCONT)


# one worker


def test_counts_are_given_back_and_taken_again() -> None:
    counts = Counts()
    first, second = counts.take(), counts.take()
    assert not first.has_more_than_another(5, 1)  # the other takes none yet
    second.tell(3)
    assert first.has_more_than_another(5, 1)
    assert not first.has_more_than_another(4, 1)
    second.forget()
    second.tell(0)
    assert not first.has_more_than_another(5, 1)
    counts.give_back(first)
    assert counts.take().place == first.place
    last = [counts.take() for _ in range(MOST_WORKERS)][-1]
    last.tell(9)
    assert not last.has_more_than_another(9, 1)
    counts.give_back(last)
    assert counts.take().place is None


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


class Greeting(asyncio.Protocol):
    """Greets who connects."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override] # it is one
        self._connections.add(self)
        transport.write(b"hello")

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)


def listener_on(sock: socket.socket, count: Count) -> Listener:
    connections = Connections(count)
    return Listener(sock, count, lambda: Greeting(connections), connections)


async def greeted(sock: socket.socket) -> bytes:
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    try:
        return await asyncio.wait_for(reader.readexactly(5), 20)
    finally:
        writer.close()


def test_where_there_is_no_descriptor_left_connections_wait_for_one(listening: socket.socket) -> None:
    async def work() -> None:
        listener = listener_on(listening, Counts().take())
        assert await greeted(listening) == b"hello"
        client = socket.create_connection(listening.getsockname())
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, before[1]))
        try:
            await asyncio.sleep(0.3)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        client.setblocking(False)
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 100), 20) == b"hello"
        client.close()
        listener.close()
        await listener.wait_closed()

    uvloop.run(work())


def test_what_the_others_do_not_take_is_taken_late(listening: socket.socket) -> None:
    async def work() -> None:
        counts = Counts()
        busy = counts.take()
        busy.tell(-1_000)  # as if it had much fewer, and yet it takes none
        listener = listener_on(listening, counts.take())
        assert await asyncio.gather(*(greeted(listening) for _ in range(30))) == [b"hello"] * 30
        listener.close()
        listener.close()

    uvloop.run(work())


def test_nothing_is_taken_once_it_is_closed(listening: socket.socket) -> None:
    async def work() -> None:
        counts = Counts()
        other = counts.take()
        count = counts.take()
        listener = listener_on(listening, count)
        assert other.has_more_than_another(2, 1)
        listener.close()
        assert not other.has_more_than_another(2, 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await greeted(listening)

    uvloop.run(work())
