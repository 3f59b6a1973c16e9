"""A run on a server, by POST /v1/query."""

import sys
from dataclasses import dataclass
from typing import Any

import click
import httpx

from oql import json
from oql.cli.answers import Answer
from oql.cli.refusal import Failed, Refused
from oql.cli.terminal import is_terminal
from oql.errors import Code, OqlError, ProgramError, Span
from oql.source import Source

_TIMEOUT = httpx.Timeout(10, read=None)


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


def run_there(source: Source, server: str, request: dict[str, str], credentials: Credentials) -> Answer:
    """Runs a program on the server at an address. Refused when it does not answer with a run."""
    address = server if "://" in server else f"http://{server}"
    body = {"auth": credentials.auth, "query": source.text, "request": request}
    try:
        response = httpx.post(
            f"{address.rstrip('/')}/v1/query",
            content=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=_TIMEOUT,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        raise Failed(f"cannot reach {address}: {failure or type(failure).__name__}") from None
    answer = _body(response, address)
    error = answer.get("error")
    return Answer(source, answer, error_from_json(error, source) if isinstance(error, dict) else None)


def _body(response: httpx.Response, address: str) -> dict[str, Any]:
    """The answer of a run; any other is refused with what the server says."""
    try:
        body = json.loads(response.content, max_depth=1_000)
    except json.JsonError:
        body = None
    if not isinstance(body, dict):
        raise Failed(f"{address} is no OQL server: it answers {response.status_code}")
    if response.is_success and "status" in body:
        return {"trace": [], **body}
    message = f"{address} refuses: {body.get('message', response.reason_phrase)}"
    raise Failed(f"{message} ({response.status_code} {body.get('error', '')})")


def error_from_json(shown: dict[str, Any], source: Source) -> OqlError:
    """The error that an answer's error object describes."""
    inner = shown.get("errors")
    if inner:
        return ProgramError(error_from_json(error, source) for error in inner)
    span = None
    if "line" in shown:
        start = _offset(source, shown["line"], shown["column"])
        span = Span(start, _offset(source, shown["end_line"], shown["end_column"]))
    return OqlError(_code(shown["code"]), shown["message"], span, shown.get("hint"))


def _offset(source: Source, line: int, column: int) -> int:
    """The offset of a place in the text."""
    lines = source.text.split("\n")[: line - 1]
    return sum(len(before) + 1 for before in lines) + column - 1


def _code(name: str) -> Code:
    """The code of a name; a newer server may have others."""
    return Code(name) if name in set(Code) else Code.INTERNAL
