"""Who is asking: credentials in the body, HTTP Basic, a bearer token, or a whitelisted Origin."""

import asyncio
import base64
import binascii
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from accounts.accounts import Account
from accounts.service import Accounts
from accounts.tokens import Grant
from server import metrics
from server.envelopes import Credentials
from server.problems import Problem, unauthorized, unavailable
from server.request import Request

ALL_JOBS = "/v1/jobs"
HASHING_QUEUE = 64
"""Sign-ins that may wait for a thread; beyond, they are refused at once."""


@dataclass(slots=True)
class Sent:
    """What an Authorization header says: the fields of `Credentials`."""

    username: str | None = None
    password: str | None = None
    token: str | None = None


@dataclass(slots=True)
class Caller:
    """The account that asks; its grant when it asked by token; `named` False when only its Origin spoke."""

    account: Account
    grant: Grant | None = None
    named: bool = True


class Callers:
    """Finds the caller of a request. Raises AuthFailed, TooManyFailures or Problem (400, 401, 403, 503)."""

    def __init__(self, accounts: Accounts, threads: int) -> None:
        self._accounts = accounts
        self._hashing = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._hashes = 0

    async def find(self, req: Request, auth: Credentials | None, scope: str | None) -> Caller:
        """The caller, who may do what `scope` names (None: whatever its token allows), from this origin."""
        sent = auth or _from_header(req)
        caller = self._by_origin(req) if sent is None else self._remembered(sent) or await self._signed_in(req, sent)
        req.namespace = caller.account.namespace
        origin = req.origin
        if origin is not None and not self._accounts.origin_allowed(caller.account, origin):
            raise Problem(403, "this Origin is not on the account's whitelist")
        if req.path == ALL_JOBS and not caller.named and caller.account.operations is not None:
            raise Problem(403, "this Origin may only run the account's named operations")
        if caller.grant and scope and scope not in caller.grant.token.scopes:
            raise Problem(403, f"this token lacks the scope `{scope}`", detail={"scope": scope})
        return caller

    def _remembered(self, auth: Credentials | Sent) -> Caller | None:
        """The caller where that is known without hashing a password."""
        if auth.token is not None:
            grant = self._accounts.by_token(auth.token)
            return Caller(grant.account, grant)
        account = self._accounts.recall(auth.username or "", auth.password or "")
        return Caller(account) if account else None

    def _by_origin(self, req: Request) -> Caller:
        if req.origin is None:
            raise unauthorized("credentials are required: `auth` in the body, or an Authorization header")
        account = self._accounts.by_origin(req.origin)
        if account is None:
            raise Problem(403, "this Origin is not on the whitelist of any account, and there are no credentials")
        return Caller(account, named=False)

    async def _signed_in(self, req: Request, auth: Credentials | Sent) -> Caller:
        if self._hashes >= HASHING_QUEUE:
            raise unavailable("too many sign-ins at once")
        self._hashes += 1
        try:
            with metrics.in_flight():
                return Caller(await asyncio.get_running_loop().run_in_executor(self._hashing, self._check, req, auth))
        finally:
            self._hashes -= 1

    def _check(self, req: Request, auth: Credentials | Sent) -> Account:
        return self._accounts.authenticate(auth.username or "", auth.password or "", req.address)

    def close(self) -> None:
        """Ends the threads."""
        self._hashing.shutdown(wait=False, cancel_futures=True)


def _from_header(req: Request) -> Sent | None:
    """What the Authorization header says. Raises Problem (401) when it says nothing that can be read."""
    header = req.auth
    if not header:
        return None
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return Sent(token=value)
    if scheme.lower() == "basic":
        username, colon, password = _decoded(value).partition(":")
        if colon and username and password:
            return Sent(username, password)
    raise unauthorized("expected an Authorization header of Basic with base64 of name:password, or of Bearer")


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
