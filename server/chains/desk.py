"""What the routes of chains have in common: who asks, in which namespace, and where work is done there."""

import asyncio
import re
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from accounts.accounts import Account
from accounts.service import Accounts
from chains.library import is_name
from server.bodies import Bodies, require_json
from server.chains.here import is_from_here, names_here
from server.credentials import Caller, Callers
from server.problems import Problem, unauthorized
from server.request import Request
from server.store.threads import Threads
from substrate.errors import NotFound
from substrate.interface import Frame, Namespace, Store

SCOPE = "query"
MOST_BODY = 2 * 2**20
"""Bytes of a request's body."""
YAML = ("text/yaml", "application/yaml", "application/x-yaml")
_ID = re.compile(r"(?:pip_)?[0-9a-f]{16}")
P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """Finds callers and their namespaces, and does work there off the event loop.

    `local`: who programs of this machine are that do not say so, None where everybody has to.
    """

    def __init__(
        self, accounts: Accounts, callers: Callers, store: Store, threads: Threads, local: Account | None
    ) -> None:
        self.accounts = accounts
        self.bodies = Bodies(MOST_BODY)
        self.threads = threads
        self._callers = callers
        self._store = store
        self._local = local

    async def caller(self, req: Request) -> tuple[Caller, Namespace]:
        """Who asks. Raises Problem (401, 403, 415), AccountsError."""
        caller = await self._caller(req)
        req.namespace = caller.account.namespace
        return caller, self._store.namespace(caller.account.namespace)

    async def _caller(self, req: Request) -> Caller:
        if not req.auth:
            if self._local and is_from_here(req):
                return Caller(self._local)
            raise unauthorized("credentials are required")
        _refuse_forged(req)
        return await self._callers.find(req, None, SCOPE)

    async def read(
        self, work: Callable[Concatenate[Namespace, P], T], namespace: Namespace, *args: P.args, **named: P.kwargs
    ) -> T | None:
        """Reads in a namespace; None where that was never made. Raises what `work` does, StoreError."""
        try:
            return await self.threads.run(work, namespace, *args, **named)
        except NotFound:
            return None

    async def require(self, namespace: Namespace, otherwise: Problem) -> None:
        """Raises `otherwise` where the namespace was never made, so that it is not made by asking."""
        if not await self.threads.quick(namespace.exists):
            raise otherwise

    async def write(self, namespace: Namespace, work: Callable[[Frame], T]) -> T:
        """Runs `work` in a frame of a namespace, which is made. Raises what `work` does, StoreError."""
        return await asyncio.wrap_future(namespace.submit(work))


def note(req: Request, execution: str) -> None:
    """Has the log tell which execution a request is about, where that can be the id of one."""
    if _ID.fullmatch(execution):
        req.job_id = execution


def checked_name(name: str) -> str:
    """The name of a chain, pipeline or the like. Raises Problem (400)."""
    if not is_name(name):
        raise Problem(400, f'Invalid name: "{name[:200]}"')
    return name


def media_type(req: Request) -> str:
    """The media type of a request's body, in lower case."""
    return (req.content_type or "").partition(";")[0].strip().lower()


def _refuse_forged(req: Request) -> None:
    """Raises Problem (415) for what a browser may have sent on its own, with a password that it remembers.

    It does so for any page, without asking us first, unless the body is of a type that no form has.
    """
    foreign = req.origin is not None and not names_here(req.origin)
    changes = req.method not in ("GET", "HEAD", "DELETE", "PUT", "PATCH")  # the last three are asked about first
    if foreign and changes and (req.auth or "").lower().startswith("basic") and media_type(req) not in YAML:
        require_json(req.content_type)
