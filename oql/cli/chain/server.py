"""A server's API of chains, as the command line and the MCP server ask it."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import click
import httpx

from chains.executions.events import FINAL
from oql import json
from oql.cli.options import settings_in_force
from oql.cli.refusal import Failed, Refused
from oql.cli.remote import ServerProblem, unreachable
from oql.cli.terminal import is_terminal

_QUICK = httpx.Timeout(10, read=60)
_PATIENT = httpx.Timeout(10, read=None)
_STREAMED = httpx.Timeout(10, read=90)  # three heartbeats
_TRIES = 8
_UNAUTHORIZED, _NOT_FOUND, _NO_CONTENT = 401, 404, 204


class _NothingMore(Exception):
    """The event that was the last one known is the last one there is."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an execution: its number, None of a server that gives none, and its fields."""

    number: int | None
    fields: dict[str, Any]


class ChainServer:
    """A server with the credentials of whoever asks, which a development server on this machine does not need.

    All methods raise Failed where the server cannot be reached, and ServerProblem where it refuses.
    """

    def __init__(self, address: str, auth: "httpx.Auth | None" = None) -> None:
        self.address = (address if "://" in address else f"http://{address}").rstrip("/")
        self._auth = auth

    def get(self, *path: str, **params: Any) -> Any:
        """The JSON at a path, whose parts are escaped."""
        return self._json(self._send("GET", path, params=params))

    def text(self, *path: str) -> str:
        """The text at a path."""
        return self._send("GET", path).text

    def send(self, method: str, *path: str, body: Mapping[str, Any] | None = None, patient: bool = False) -> Any:
        """The JSON that a request is answered with. `patient`: however long that takes."""
        timeout = _PATIENT if patient else _QUICK
        return self._json(self._send(method, path, body=None if body is None else dict(body), timeout=timeout))

    def saved(self, kind: str, name: str) -> str | None:
        """The text that is saved under a name (`kind`: chains, pipelines); None where there is none."""
        try:
            return self.text(kind, name)
        except ServerProblem as problem:
            if problem.status != _NOT_FOUND:
                raise
            return None

    def save(self, kind: str, name: str, text: str) -> dict[str, Any]:
        """Saves the text of a chain or pipeline (`kind`: chains, pipelines)."""
        saved: dict[str, Any] = self._json(self._send("POST", (kind, name), text=text))
        return saved

    def decide(self, execution: str, step: str, *, approved: bool, reason: str | None) -> None:
        """Answers a gate."""
        body = {"approved": approved} if reason is None else {"approved": approved, "reason": reason}
        self.send("POST", "executions", execution, "approve", step, body=body)

    def events(self, execution: str, silence_s: float | None = None, *, after: int | None = None) -> Iterator[Event]:
        """What an execution tells, up to its end; the connection is made again where it breaks.

        silence_s: the end where so long nothing comes; after: the number of the last event that is known.
        """
        last = after
        tries = 0
        why = "the stream ended before the execution did"
        while tries < _TRIES:
            try:
                for event in self._stream(execution, last, silence_s):
                    last, tries = event.number or last, 0
                    yield event
                    if event.fields["type"] in FINAL:
                        return
            except httpx.ReadTimeout:
                if silence_s is not None:
                    return
            except _NothingMore:
                return
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
            tries += 1
            time.sleep(0.2 * tries)
        follow = f"oql chain logs {execution} --follow --server {self.address}"
        raise Failed(f"{self.address} tells nothing more of the execution {execution}: {why}\nit may go on: {follow}")

    def _stream(self, execution: str, last: int | None, silence_s: float | None) -> Iterator[Event]:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        timeout = _STREAMED if silence_s is None else httpx.Timeout(10, read=silence_s)
        url = self._url(("executions", execution, "stream"))
        with httpx.stream("GET", url, headers=headers, auth=self._auth, timeout=timeout) as response:
            if not response.is_success:
                response.read()
                raise self._problem(response)
            if response.status_code == _NO_CONTENT:
                raise _NothingMore
            yield from events_in(response.iter_lines())

    def _send(
        self,
        method: str,
        path: tuple[str, ...],
        *,
        params: Mapping[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        text: str | None = None,
        timeout: httpx.Timeout = _QUICK,
    ) -> httpx.Response:
        headers, content = {}, None
        if text is not None:
            headers, content = {"Content-Type": "text/yaml"}, text.encode()
        elif body is not None:
            headers, content = {"Content-Type": "application/json"}, json.dumps(body)
        with self._reaching():
            response = httpx.request(
                method, self._url(path), params=params, headers=headers, content=content, auth=self._auth,
                timeout=timeout,
            )  # fmt: skip
        if not response.is_success:
            raise self._problem(response)
        return response

    def _url(self, path: tuple[str, ...]) -> str:
        return "/".join([self.address, *(quote(part, safe="") for part in path)])

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (httpx.ConnectError, httpx.InvalidURL, httpx.UnsupportedProtocol) as failure:
            raise unreachable(self.address, failure) from None
        except httpx.HTTPError as failure:
            raise Failed(f"{self.address} does not answer: {failure or type(failure).__name__}") from None

    def _json(self, response: httpx.Response) -> Any:
        try:
            return json.loads(response.content, max_depth=1_000)
        except json.JsonError:
            raise Failed(f"{self.address} is no OQL server: its answer is no JSON") from None

    def _problem(self, response: httpx.Response) -> Failed:
        """What the server says it refuses: `error` is a text in the answers about chains, a code in others."""
        if response.status_code == _UNAUTHORIZED and self._auth is None:
            return Failed("the server wants credentials: give --user (OQL_USER) or --token (OQL_TOKEN)")
        if response.status_code == _UNAUTHORIZED:
            return Failed(
                "the server refuses these credentials: see --token (OQL_TOKEN), or --user (OQL_USER) and its password"
            )
        try:
            body = json.loads(response.content, max_depth=1_000)
        except json.JsonError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("error"), str):
            return Failed(f"{self.address} is no OQL server: it answers {response.status_code}")
        told = body.get("message") or "; ".join(filter(None, (body["error"], body.get("hint"))))
        return ServerProblem(str(told), response.status_code, body)


def events_in(lines: Iterator[str]) -> Iterator[Event]:
    """The events of a stream of server-sent events; comments are left out."""
    number: int | None = None
    data: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and value.isdecimal():
            number = int(value)
        elif name == "data":
            data.append(value)
        elif not line and data:
            fields = json.loads("\n".join(data), max_depth=1_000)
            if isinstance(fields, dict) and isinstance(fields.get("type"), str):
                yield Event(number, fields)
            data = []


def server_at(
    address: str | None, user: str | None, password: str | None, token: str | None, data: str | None = None
) -> ChainServer:
    """The server that options name, else the one that the settings on this machine describe."""
    if not address:
        settings = settings_in_force(data)
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
        address = f"http://{host}:{settings.port}"
    return ChainServer(address, _auth(user, password, token))


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _auth(user: str | None, password: str | None, token: str | None) -> "httpx.Auth | None":
    if token:
        return _Bearer(token)
    if not user:
        return None
    if password is None and is_terminal(sys.stdin):
        password = click.prompt("Password", hide_input=True, err=True)
    if not password:
        raise Refused("there is no password: give --password (OQL_PASSWORD)")
    return httpx.BasicAuth(user, password)
