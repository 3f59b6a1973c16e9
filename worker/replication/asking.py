"""Another server's routes of replication, over one connection that one thread uses at a time."""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from substrate import json
from substrate.errors import Conflict, NotFound

TIMEOUT_SECONDS = 45.0
"""How long nothing may come; a wait for frames is shorter."""


class Unreachable(Exception):
    """The other server does not answer, or not as it should: later it may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: a JSON value, and the headers by their names in lower case. `size`: its bytes."""

    value: Any
    headers: Mapping[str, str]
    size: int


class Server:
    """The server at an address, asked with an operator's token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._connection: http.client.HTTPConnection | None = None
        self._over = False

    def get(self, path: str, **params: object) -> Answer:
        """The answer to a GET below /v1. Raises Conflict, NotFound as the server does, Unreachable."""
        return self._answer("GET", _with(path, params), None)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """The answer to a POST below /v1, as `get`."""
        return self._answer("POST", path, json.dumps(dict(body)))

    def lines(self, path: str, **params: object) -> Iterator[bytes]:
        """The lines of a long answer as they come, which is the only one to be read meanwhile."""
        response = self._response("GET", _with(path, params), None)
        try:
            while line := response.readline():
                yield line
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.url}: {error}") from error
        finally:
            self.close()

    def end(self) -> None:
        """Ends what waits for an answer, from any thread; nothing more is asked."""
        self._over = True
        waiting = self._connection.sock if self._connection else None
        if waiting is not None:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets go of the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _answer(self, method: str, path: str, body: bytes | None) -> Answer:
        response = self._response(method, path, body)
        try:
            raw = response.read()
            return Answer(json.loads(raw), {name.lower(): value for name, value in response.getheaders()}, len(raw))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise Unreachable(f"{self.url}: {error}") from error

    def _response(self, method: str, path: str, body: bytes | None) -> http.client.HTTPResponse:
        fresh = self._connection is None
        try:
            return self._sent(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if fresh:
                raise Unreachable(f"{self.url}: {error}") from error
        try:  # the server may have closed a connection that was idle
            return self._sent(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(f"{self.url}: {error}") from error

    def _sent(self, method: str, path: str, body: bytes | None) -> http.client.HTTPResponse:
        if self._over:
            raise Unreachable(f"{self.url}: asked no more")
        if self._connection is None:
            self._connection = _connection(self.url)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        prefix = urlsplit(self.url).path.rstrip("/")
        self._connection.request(method, f"{prefix}/v1{path}", body, headers)
        response = self._connection.getresponse()
        if response.status != 200:
            raise _refusal(response, response.read())
        return response


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)


def _with(path: str, params: Mapping[str, object]) -> str:
    given = {name: value for name, value in params.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _refusal(response: http.client.HTTPResponse, body: bytes) -> Exception:
    try:
        told = json.loads(body)
        message, detail = str(told["message"]), dict(told.get("detail") or {})
    except (KeyError, TypeError, ValueError):
        message, detail = "", {}
    if response.status == 409:
        return Conflict(message, **detail)
    if response.status == 404:
        return NotFound(message, **detail)
    return Unreachable(f"answered {response.status}: {message[:200]}")
