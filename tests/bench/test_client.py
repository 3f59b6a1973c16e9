"""Our load generator counts what a server really answered."""

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat

from bench.client import drive
from bench.load import Request
from bench.processes import ROOT

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class Answering(socketserver.ThreadingTCPServer):
    """Answers each request with `pieces`, which arrive one after the other; counts the requests."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, pieces: list[bytes], request: Request) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pieces = pieces
        self.request_bytes = request.wire()
        self.answered = 0
        self.counting = threading.Lock()


class Handler(socketserver.BaseRequestHandler):
    """One connection."""

    server: Answering

    def handle(self) -> None:
        """Reads requests until the client goes."""
        while self._read():
            with self.server.counting:
                self.server.answered += 1
            for piece in self.server.pieces:
                self.request.sendall(piece)

    def _read(self) -> bool:
        wanted = self.server.request_bytes
        got = b""
        while len(got) < len(wanted):
            more = self.request.recv(len(wanted) - len(got))
            if not more:
                return False
            got += more
        assert got == wanted
        return True


@contextmanager
def answering(pieces: list[bytes], request: Request) -> Iterator[Answering]:
    with Answering(pieces, request) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def test_every_answer_is_counted_once() -> None:
    request = Request("/a", '{"é": 1}', {"X-Name": "value"})
    with answering([HEAD[:20], HEAD[20:] + b"he", b"llo"], request) as server:
        found = drive(server.server_address[1], 3, repeat(request.wire()), 0.2)
    assert found["failed"] == 0
    # Each connection may have one request on its way at the end.
    assert 0 < found["requests"] <= server.answered <= found["requests"] + 3
    assert 0 < found["p50"] <= found["p99"] < 5


def test_each_request_is_sent_once() -> None:
    request = Request("/a")
    with answering([HEAD + b"hello"], request) as server:
        found = drive(server.server_address[1], 3, repeat(request.wire(), 10))
        assert found["requests"] == server.answered == 10


def test_answers_that_are_no_success_are_counted_as_failed() -> None:
    request = Request("/a")
    with answering([HEAD.replace(b"200 OK", b"503 No") + b"hello"], request) as server:
        found = drive(server.server_address[1], 2, repeat(request.wire()), 0.1)
    assert found["failed"] == found["requests"] > 0


def test_the_client_is_a_program_of_its_own() -> None:
    request = Request("/a")
    with answering([HEAD + b"hello"], request) as server:
        command = [sys.executable, "-m", "bench.client", str(server.server_address[1]), "1", "2"]
        done = subprocess.run(command, cwd=ROOT, input=request.wire(), capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert set(found) == {"requests", "seconds", "failed", "p50", "p99"}
    assert found["requests"] > 0


def test_a_request_as_bytes() -> None:
    assert Request("/x").wire() == b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert Request("/x", "é", {"A": "b"}).wire() == (
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nA: b\r\nContent-Length: 2\r\n\r\n\xc3\xa9"
    )
