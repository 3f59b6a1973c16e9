"""A server, as commands ask it: runs by POST /v1/query, and the jobs that these become."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click
import httpx

from oql import json
from oql.cli.answers import Answer
from oql.cli.refusal import Failed, Refused
from oql.cli.terminal import is_terminal
from oql.errors import Code, Fix, OqlError, ProgramError, Span
from oql.source import Source

_TIMEOUT = httpx.Timeout(10, read=None)
_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_NOT_FOUND = 404


def version_at(host: str, port: int) -> str:
    """The version of the server that answers there; empty where what answers is none of ours."""
    try:
        url = httpx.URL(scheme="http", host=host, port=port, path="/health")
        told = httpx.get(url, timeout=2, trust_env=False).json()
        return str(told["version"]) if "runningExecutions" in told else ""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError):
        return ""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who asks: a token, or a login with its password."""

    auth: dict[str, str]

    @classmethod
    def given(cls, user: str | None, password: str | None, token: str | None) -> "Credentials":
        """The credentials from options and environment; a missing password is asked for on a terminal."""
        if token:
            return cls({"token": token})
        if not user:
            raise Refused("the server wants credentials: give --user (OQL_USER) or --token (OQL_TOKEN)")
        if password is None and is_terminal(sys.stdin):
            password = click.prompt("Password", hide_input=True, err=True)
        if not password:
            raise Refused("there is no password: give --password (OQL_PASSWORD)")
        return cls({"username": user, "password": password})


class ServerProblem(Failed):
    """A server has refused: the status of its answer, and the details, where it gives any."""

    def __init__(self, problem: str, status: int, detail: Any) -> None:
        super().__init__(problem)
        self.status = status
        self.detail: dict[str, Any] = detail if isinstance(detail, dict) else {}


class Server:
    """A server at an address, with the credentials of whoever asks."""

    def __init__(self, address: str, credentials: Credentials) -> None:
        self.address = (address if "://" in address else f"http://{address}").rstrip("/")
        self._auth = credentials.auth

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        wait_s: int | None = None,
        **params: str | int | None,
    ) -> dict[str, Any]:
        """The body of an answer. Failed where the server cannot be reached, ServerProblem where it refuses.

        wait_s: how long the server may wait for what it has begun before it answers that this goes on.
        """
        sent = body if path == "/v1/query" or body is None else {"auth": self._auth, **body}
        with _reaching(self.address):
            response = httpx.request(
                method,
                f"{self.address}{path}",
                params={name: value for name, value in params.items() if value is not None},
                content=None if sent is None else json.dumps(sent),
                headers=_headers(sent is not None, wait_s),
                auth=None if sent is not None else self._header,
                timeout=_TIMEOUT,
            )
        return _body(response, self.address)

    def run(self, text: str, request: Mapping[str, str]) -> dict[str, Any]:
        """Runs a program: the body of the answer."""
        answer = self.ask("POST", "/v1/query", {"auth": self._auth, "query": text, "request": request})
        if "status" not in answer:
            raise Failed(f"{self.address} is no OQL server")
        return {"trace": [], **answer}

    def _header(self, request: httpx.Request) -> httpx.Request:
        token = self._auth.get("token")
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
            return request
        login = httpx.BasicAuth(self._auth["username"], self._auth["password"])
        return next(login.auth_flow(request))


@contextmanager
def _reaching(address: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise unreachable(address, failure) from None


def unreachable(address: str, failure: Exception) -> Failed:
    """The problem with a server that no connection leads to, and what to do."""
    reason = _ERRNO.sub("", str(failure)) or type(failure).__name__
    todo = "start one with `oql serve --dev`, or name another one with --server (OQL_SERVER)"
    if "WRONG_VERSION_NUMBER" in reason:
        todo = f"it may speak http alone: http://{address.partition('://')[2]}"
    return Failed(f"cannot reach {address}: {reason}; {todo}")


def run_there(source: Source, server: Server, request: dict[str, str]) -> Answer:
    """Runs a program on a server, asking the person at the terminal, up to its end. Refused when it runs nothing."""
    from oql.cli.jobs.following import follow

    return follow(server, source, server.run(source.text, request))


def _body(response: httpx.Response, address: str) -> dict[str, Any]:
    """The answer to a request; any other is refused with what the server says."""
    try:
        body = json.loads(response.content, max_depth=1_000)
    except json.JsonError:
        body = None
    if not isinstance(body, dict):
        raise Failed(f"{address} is no OQL server: it answers {response.status_code}")
    if response.is_success:
        return body
    message = f"{address} refuses: {body.get('message', response.reason_phrase)}"
    code = body.get("error", "")
    place = urlsplit(address)
    hint = f"; the address of a server is {place.scheme}://{place.netloc}" if place.path else ""
    hint = hint if response.status_code == _NOT_FOUND else ""
    raise ServerProblem(f"{message} ({response.status_code} {code}){hint}", response.status_code, body.get("detail"))


def error_from_json(shown: dict[str, Any], source: Source) -> OqlError:
    """The error that an answer's error object describes."""
    inner = shown.get("errors")
    if inner:
        return ProgramError(error_from_json(error, source) for error in inner)
    message = shown["message"].removeprefix(f"{shown['code']}: ")  # as steps of chains tell it
    error = OqlError(_code(shown["code"]), message, _span(shown, source), shown.get("hint"))
    fix = shown.get("fix")
    span = _span(fix, source) if fix else None
    if fix and span:
        error.fix = Fix(span, fix["text"])
    return error


def _span(place: dict[str, Any], source: Source) -> Span | None:
    """What lies between two places of the text, None of an object without them."""
    if "line" not in place:
        return None
    start = _offset(source, place["line"], place["column"])
    return Span(start, _offset(source, place["end_line"], place["end_column"]))


def _offset(source: Source, line: int, column: int) -> int:
    """The offset of a place in the text."""
    lines = source.text.split("\n")[: line - 1]
    return sum(len(before) + 1 for before in lines) + column - 1


def _code(name: str) -> Code:
    """The code of a name; a newer server may have others."""
    return Code(name) if name in set(Code) else Code.INTERNAL


def _headers(has_body: bool, wait_s: int | None) -> dict[str, str]:
    headers = {"Content-Type": "application/json"} if has_body else {}
    return headers if wait_s is None else headers | {"Prefer": f"wait={wait_s}"}
