"""Clients that take little of what waits for them, or nothing: a connection of the server in this process."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvloop
from uvicorn.config import Config
from uvicorn.server import ServerState

from server.process import accepting, connection
from server.process.accepting import Counts, Listener
from server.process.connection import Connection

SIZE = 16 * 2**20
SLOW = 0.4
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def large(_scope: object, _receive: object, send: Callable[[Any], Awaitable[None]]) -> None:
    """An application whose answer is larger than what the kernel keeps for a client."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % SIZE)]})
    await send({"type": "http.response.body", "body": bytes(SIZE)})


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket, and a server that has less patience than usual."""
    for module in (accepting, connection):
        monkeypatch.setattr(module, "SLOW_SECONDS", SLOW)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def served(listening: socket.socket, client: Callable[[socket.socket], int]) -> tuple[int, int]:
    """What a client on a thread makes of its connection, and how many connections the server has then."""

    async def work() -> tuple[int, int]:
        config = Config(large, loop="uvloop", http=Connection, lifespan="off", log_config=None)
        config.load()
        state = ServerState()

        def made() -> Connection:
            return Connection(config=config, server_state=state, app_state={})

        listener = Listener(listening, Counts().take(), made, state.connections)
        try:
            with socket.socket() as sock:
                sock.settimeout(20)
                sock.connect(listening.getsockname())
                sock.sendall(GET)
                got = await asyncio.to_thread(client, sock)
                return got, len(state.connections)
        finally:
            listener.close()

    return uvloop.run(asyncio.wait_for(work(), 60))


def read_slowly(sock: socket.socket, piece: int, pause_s: float, most_s: float) -> int:
    """How many bytes come until the connection ends, or until that time is over."""
    began, got = time.monotonic(), 0
    while time.monotonic() - began < most_s:
        time.sleep(pause_s)
        try:
            data = sock.recv(piece)
        except ConnectionResetError:
            break
        if not data:
            break
        got += len(data)
    return got


def test_who_takes_nothing_is_let_go(listening: socket.socket) -> None:
    def client(_sock: socket.socket) -> int:
        time.sleep(5 * SLOW)
        return 0

    assert served(listening, client) == (0, 0)


def test_who_takes_very_little_is_let_go(listening: socket.socket) -> None:
    got, connections = served(listening, lambda sock: read_slowly(sock, 1_024, SLOW / 8, 8 * SLOW))
    assert 0 < got < SIZE // 2
    assert connections == 0


def test_who_takes_enough_gets_everything_however_long_it_takes(listening: socket.socket) -> None:
    def client(sock: socket.socket) -> int:
        began = time.monotonic()
        got = 0
        while got < SIZE:
            got += len(sock.recv(512 * 1024))
            time.sleep(SLOW / 8)
        assert time.monotonic() - began > 2 * SLOW
        return got

    got, _ = served(listening, client)
    assert got >= SIZE  # and the head
