"""What the routes of jobs have in common: who asks, in which namespace, and where its records are read and written."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from accounts.service import Accounts
from oql import iso
from oql.jobs import records
from oql.jobs.records import Job
from server.bodies import Bodies, require_json
from server.credentials import Caller, Callers
from server.envelopes import Credentials
from server.problems import Problem, unauthorized
from server.request import Request
from server.store.threads import Threads
from substrate.errors import NotFound
from substrate.interface import Frame, Namespace, Store

SCOPE = "query"
P = ParamSpec("P")
T = TypeVar("T")


class Desk:
    """Finds callers and their namespaces, and does work there off the event loop."""

    def __init__(self, accounts: Accounts, callers: Callers, bodies: Bodies, store: Store, threads: Threads) -> None:
        self.accounts = accounts
        self.bodies = bodies
        self.store = store
        self.threads = threads
        self._callers = callers

    async def caller(self, req: Request, auth: Credentials | None = None) -> tuple[Caller, Namespace]:
        """Who asks about a job whose id they know. Raises Problem, AccountsError."""
        caller = await self._callers.find(req, auth, SCOPE)
        return caller, self.store.namespace(caller.account.namespace)

    async def owner(self, req: Request) -> tuple[Caller, Namespace]:
        """As `caller`, of what an Origin alone does not permit. Raises Problem (401) for that too."""
        if req.method == "POST" and req.origin is not None:
            require_json(req.content_type)  # a browser would send a request without a body for any page
        caller, namespace = await self.caller(req)
        if not caller.named:
            raise unauthorized("this needs credentials; a whitelisted Origin is not enough")
        return caller, namespace

    async def read(
        self, work: Callable[Concatenate[Namespace, P], T], namespace: Namespace, *args: P.args, **named: P.kwargs
    ) -> T:
        """Reads in a namespace. Raises Problem (404) where it was never made, StoreError."""
        try:
            return await self.threads.run(work, namespace, *args, **named)
        except NotFound:
            raise unknown_job() from None

    async def write(self, namespace: Namespace, work: Callable[[Frame], T]) -> T:
        """Runs `work` in a frame of a namespace that was made. Raises what `work` does, StoreError."""
        return await asyncio.wrap_future(namespace.submit(work))

    async def job(self, req: Request, namespace: Namespace, job_id: str) -> Job:
        """The job of an id. Raises Problem (404), the same one for an unknown job as for somebody else's."""
        req.job_id = job_id[:64]
        job = await self.read(records.find, namespace, job_id)
        if job is None:
            raise unknown_job()
        return job


def unknown_job() -> Problem:
    """The answer to an id that is none of the account's jobs."""
    return Problem(404, "this account has no such job")


def name_of(caller: Caller, req: Request) -> str:
    """How records call the one who asks."""
    if not caller.named:
        return f"a page of {req.origin}"
    if caller.grant is None:
        return caller.account.username
    token = caller.grant.token
    return f"{caller.account.username}, token {token.name or token.id}"


def moment(at: float | None) -> str | None:
    """A Unix time as answers show it: ISO 8601 with milliseconds, in UTC."""
    return None if at is None else iso.utc(at)
