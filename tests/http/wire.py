"""HTTP as bytes on a socket, for what no client library would send."""

import json
import socket
from dataclasses import dataclass
from typing import Any, Self

from tests.http.running import TEST_LOGIN

HELLO = json.dumps({"auth": TEST_LOGIN, "query": 'EMIT "Hello"'}).encode()


@dataclass
class Answer:
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection. `closed` tells whether the other side has ended it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def post(self, body: bytes = HELLO, *headers: str) -> None:
        """Sends a query."""
        lines = [
            "POST /v1/query HTTP/1.1", "Host: x", "Content-Type: application/json",
            f"Content-Length: {len(body)}", *headers,
        ]  # fmt: skip
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def answer(self, *, bodiless: bool = False) -> Answer:
        """The next answer."""
        while b"\r\n\r\n" not in self._read:
            self._more()
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if bodiless else int(headers["content-length"])
        while len(self._read) < length:
            self._more()
        body, self._read = self._read[:length], self._read[length:]
        return Answer(int(first.split()[1]), headers, body)

    def closed(self) -> bool:
        """Waits for the other side to end the connection; False when it says something instead."""
        try:
            return self._read == b"" and self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionError(f"closed after {self._read!r}")
        self._read += data
