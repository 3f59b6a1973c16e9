"""POST /v1/query: checks a request, admits it, and answers with what the program did."""

import asyncio
import hashlib
import re
from collections.abc import Collection
from functools import partial
from time import time

import falcon
import falcon.asgi

from accounts.service import Accounts
from oql import json
from oql.jobs import records
from oql.jobs.records import Job
from oql.local import new_id
from oql.outbound import Forbidden, Outbound
from server.bodies import Bodies
from server.credentials import Callers
from server.envelopes import Query
from server.jobs import telling
from server.problems import Problem, invalid
from server.programs import Order, Programs, Reply
from server.request import Request
from substrate.errors import NotFound
from substrate.interface import Frame, Namespace
from substrate.interface.faults import reach
from worker.hints import Hints
from worker.links import Links

SCOPE = "query"
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*(\d{1,5})\s*(?:$|[,;])", re.IGNORECASE)


class Jobs:
    """What makes jobs of requests."""

    def __init__(self, programs: Programs, hints: Hints, links: Links, outbound: Outbound) -> None:
        self._programs = programs
        self._hints = hints
        self._links = links
        self._outbound = outbound

    def check_webhook(self, url: str | None) -> None:
        """Raises Problem (400) for an address that can never be called."""
        try:
            if url:
                self._outbound.check(url)
        except Forbidden as error:
            raise invalid("options.webhook", str(error)) from None

    async def run(self, namespace: Namespace, order: Order, asked: Query) -> Reply:
        """A job for a request: one that is followed until the deadline, or in the mode `async` left to workers.

        A repeated request with the same idempotency key is answered by the first one's job.
        """
        refused = await self._programs.static_errors(order)
        if refused is not None:
            return Reply(refused)
        key, print_ = asked.options.idempotency_key, _fingerprint(asked)
        job = await self._found(namespace, key, print_) if key else None
        if job is None:
            create = partial(_create, order=order, key=key, fingerprint=print_)
            made = await asyncio.wrap_future(namespace.submit(create))
            job = made or await self._found(namespace, key, print_)
            assert job is not None
            reach("between a job and its mark")
            self._hints.mark(namespace.name, job.created)
        return await self._follow(namespace, job, asked, order.deadline_s)

    async def repeated(self, namespace: Namespace, asked: Query, deadline_s: float) -> Reply | None:
        """The answer of the job that a request with this key has made before; None where none has.

        Raises Problem (409): that was another request.
        """
        job = await self._found(namespace, asked.options.idempotency_key, _fingerprint(asked))
        return await self._follow(namespace, job, asked, deadline_s) if job else None

    async def _follow(self, namespace: Namespace, job: Job, asked: Query, deadline_s: float) -> Reply:
        if asked.mode == "async":
            return Reply(telling.accepted(job.id, self._links), accepted=True)
        return await self._programs.run_job(namespace, job, deadline_s)

    @staticmethod
    async def _found(namespace: Namespace, key: str | None, fingerprint: str) -> Job | None:
        try:
            job = await asyncio.to_thread(records.find_by_key, namespace, key or "")
        except NotFound:
            return None
        if job and job.fingerprint != fingerprint:
            message = "this idempotency key was used for another request"
            raise Problem(409, message, detail={"fields": {"options.idempotency_key": message}})
        return job


def _create(frame: Frame, order: Order, key: str | None, fingerprint: str) -> Job | None:
    made = records.create(
        frame, id=order.job_id, source=order.text, request=order.request, now=time(), options=order.options,
        idempotency_key=key, fingerprint=fingerprint,
    )  # fmt: skip
    return records.find(frame, order.job_id) if made else None


class Queries:
    """The responder of /v1/query. `wall_s`: how long a request waits at most."""

    def __init__(
        self, accounts: Accounts, callers: Callers, programs: Programs, bodies: Bodies, jobs: Jobs, wall_s: float
    ) -> None:
        self._accounts = accounts
        self._callers = callers
        self._programs = programs
        self._bodies = bodies
        self._jobs = jobs
        self._wall_s = wall_s

    async def run(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Runs or checks a program. Each counts as a query of the day, and one that takes long as one at once."""
        asked = await self._bodies.read(req, Query)
        text, mode, chosen = asked.query, asked.mode, asked.options
        caller = await self._callers.find(req, asked.auth, SCOPE)
        account = caller.account
        if account.operations is not None and not caller.named:
            await self._check_operations(account.namespace, text, account.operations)
        deadline_s = wait_asked(req, resp, chosen.deadline_ms, self._wall_s)
        self._jobs.check_webhook(chosen.webhook)
        if chosen.idempotency_key and mode != "check":
            repeated = await self._jobs.repeated(self._programs.namespace(account.namespace), asked, deadline_s)
            if repeated is not None:
                _answer(resp, repeated)
                return
        self._accounts.admit(account)
        slot = self._accounts.slot(account)
        if mode == "check":
            resp.data = await self._programs.check(text, slot, req)
            return
        req.job_id = new_id(4)
        options = {"webhook": chosen.webhook} if chosen.webhook else {}
        order = Order(text, req.job_id, account.namespace, slot, asked.request, deadline_s, options)
        if mode == "async" or chosen.idempotency_key:
            reply = await self._keep(order, asked)
        else:
            reply = await self._programs.run(order, req)
        _answer(resp, reply)

    async def _check_operations(self, namespace: str, text: str, operations: Collection[str]) -> None:
        """Refuses what a page without credentials may not run, where its account allows named operations only."""
        step = await self._programs.step_beyond(namespace, text, operations)
        if step:
            raise Problem(403, "this Origin may only run the account's named operations", detail={"step": step})

    async def _keep(self, order: Order, asked: Query) -> Reply:
        namespace = self._programs.namespace(order.namespace)
        if asked.mode == "async":
            return await self._jobs.run(namespace, order, asked)
        with order.slot:
            return await self._jobs.run(namespace, order, asked)


def _answer(resp: falcon.asgi.Response, reply: Reply) -> None:
    resp.data = reply.body
    if reply.accepted:
        resp.status = falcon.HTTP_202


def _fingerprint(asked: Query) -> str:
    told = json.dumps([asked.query, asked.request, asked.mode, asked.options.webhook], sort_keys=True)
    return hashlib.sha256(told).hexdigest()


def wait_asked(req: Request, resp: falcon.asgi.Response, deadline_ms: int | None, most_s: float) -> float:
    """Seconds to wait: `options.deadline_ms`, else the header `Prefer: wait=`, else `most_s`; never more than these."""
    if deadline_ms is not None:
        return min(deadline_ms / 1000, most_s)
    prefer = req.sent(b"prefer")
    wait = _WAIT.search(prefer) if prefer else None
    if wait is None:
        return most_s
    followed = min(float(wait[1]), most_s)
    resp.set_header("Preference-Applied", f"wait={followed:g}")
    return followed
