"""Servers on this machine for requests to go to: HTTP as a table of answers, and raw bytes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from oql.outbound import Outbound

OPENED: list[Outbound] = []
"""The guards of the running test, which a fixture closes."""


def guard(*args: Any, **options: Any) -> Outbound:
    """A guard that is closed when the test ends."""
    OPENED.append(Outbound(*args, **options))
    return OPENED[-1]


@dataclass(frozen=True)
class Asked:
    """One request as the server got it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


@dataclass
class Answer:
    """What to say to a request."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Says nothing of clients that go away."""


class Web:
    """A server of HTTP/1.1 with an answer for each path, 200 and the path itself for others; notes what it is asked.

    An answer may also be for a path without its query, or for the folder that it is in.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self.answers: dict[str, Answer | Callable[[Asked], Answer]] = {}
        self.asked: list[Asked] = []
        self.server = _Server((host, port), self._handler())
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = int(self.server.server_address[1])
        self.at = f"{host}:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.at}"

    def answer_to(self, path: str) -> "Answer | Callable[[Asked], Answer]":
        """The answer for a path, for it without its query, or for the folder that it is in."""
        plain = path.partition("?")[0]
        folder = plain.rpartition("/")[0] + "/"
        known = [name for name in (path, plain, folder) if name in self.answers and (name == plain or name != "/")]
        return self.answers[known[0]] if known else Answer(body=path.encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10
            disable_nagle_algorithm = True  # else a body waits 40 ms for its head to be acknowledged

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", 0)))
                asked = Asked(self.command, self.path, headers, body, self.client_address[1])
                web.asked.append(asked)
                answer = web.answer_to(self.path)
                answer = answer if isinstance(answer, Answer) else answer(asked)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if "content-length" not in {name.lower() for name in answer.headers}:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            def log_message(self, *args: object) -> None:
                """Says nothing."""

        for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler.do_GET)
        return Handler


@contextmanager
def serving(web: Web) -> Iterator[Web]:
    """The server at work."""
    thread = threading.Thread(target=web.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.server.shutdown()
        web.server.server_close()
        thread.join()


@contextmanager
def raw(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does this with each connection; gives its host:port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                talk(connection)
            except OSError:  # the client has gone
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
