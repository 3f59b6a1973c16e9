"""The account that the measured requests are of, and what they ask."""

import json
from dataclasses import dataclass
from pathlib import Path

from accounts.service import Accounts
from bench.load import Request

_PROGRAM = 'EMIT "Hello"'
_LOGIN = {"username": "bench", "password": "a password of some length"}
_DEVELOPMENT = {"username": "test", "password": "test"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Owner:
    """An account: a bearer token of it, and the namespace of what it keeps."""

    token: str
    namespace: str


def account_in(data: Path) -> str:
    """Adds an account that may ask as much at once as anybody may; a bearer token of it."""
    return owner_in(data, _LOGIN["username"]).token


def owner_in(data: Path, username: str) -> Owner:
    """Adds another such account."""
    accounts = Accounts(data)
    account = accounts.add(username, _LOGIN["password"], tier="enterprise")
    token = accounts.issue_token(account).secret
    accounts.close()
    return Owner(token, account.namespace)


def emit(path: str = "/v1/query", *, development: bool = False) -> Request:
    """EMIT "Hello" with the account's password, or the development account's, in the body."""
    return Request(path, json.dumps({"auth": _DEVELOPMENT if development else _LOGIN, "query": _PROGRAM}), _JSON)


def emit_with_token(token: str) -> Request:
    """EMIT "Hello" with a bearer token."""
    return running(_PROGRAM, token)


def running(program: str, token: str) -> Request:
    """A program with a bearer token."""
    return Request("/v1/query", json.dumps({"query": program}), _JSON | {"Authorization": f"Bearer {token}"})
