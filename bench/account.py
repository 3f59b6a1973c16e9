"""The account that the measured requests are of, and what they ask."""

import json
from pathlib import Path

from accounts.service import Accounts
from bench.load import Request

_PROGRAM = 'EMIT "Hello"'
_LOGIN = {"username": "bench", "password": "a password of some length"}
_DEVELOPMENT = {"username": "test", "password": "test"}
_JSON = {"Content-Type": "application/json"}


def account_in(data: Path) -> str:
    """Adds an account that may ask as much at once as anybody may; a bearer token of it."""
    accounts = Accounts(data)
    account = accounts.add(_LOGIN["username"], _LOGIN["password"], tier="enterprise")
    token = accounts.issue_token(account).secret
    accounts.close()
    return token


def emit(path: str = "/v1/query", *, development: bool = False) -> Request:
    """EMIT "Hello" with the account's password, or the development account's, in the body."""
    return Request(path, json.dumps({"auth": _DEVELOPMENT if development else _LOGIN, "query": _PROGRAM}), _JSON)


def emit_with_token(token: str) -> Request:
    """EMIT "Hello" with a bearer token."""
    return Request("/v1/query", json.dumps({"query": _PROGRAM}), _JSON | {"Authorization": f"Bearer {token}"})
