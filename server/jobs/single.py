"""Jobs over HTTP: how one stands, which there are, how one is cancelled, and how a failed one goes on."""

import asyncio
import time
from collections.abc import Callable

import falcon
import falcon.asgi

from chains.executions import records as executions
from oql import json
from oql.jobs import records
from oql.jobs.executions import KINDS
from oql.jobs.records import Job
from oql.jobs.runner import tell
from server.chains.executions import too_many
from server.jobs.answers import job_json, written
from server.jobs.desk import Desk, moment, name_of, unknown_job
from server.jobs.listing import MOST, page, place_asked, states_asked
from server.problems import Problem
from server.request import Request
from server.store.bodies import whole
from server.store.threads import Threads
from substrate.interface import Frame, Namespace
from worker.links import Links

DEFAULT_LIMIT = 20
LOOK_S = 0.03
"""How often a cancelled job is looked at, until the last of its steps has ended."""

Mark = Callable[[str, float], None]
"""Says that work of a namespace is due at a time."""


class Jobs:
    """The responders of /v1/job/{id} and /v1/jobs. `mark`: see `worker.marks`.

    `most_executions`: of chains that may run at once in a namespace.
    """

    def __init__(self, desk: Desk, links: Links, mark: Mark, most_executions: int) -> None:
        self._most = most_executions
        self._desk = desk
        self._links = links
        self._mark = mark

    async def get(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """A job as it stands."""
        _, namespace = await self._desk.caller(req)
        job = await self._desk.job(req, namespace, id)
        resp.data = await self._desk.read(self._shown, namespace, job)

    async def list(self, req: Request, resp: falcon.asgi.Response) -> None:
        """A page of the account's jobs."""
        states, after = states_asked(req), place_asked(req)
        limit = whole(req, "limit", DEFAULT_LIMIT, 1, MOST)
        _, namespace = await self._desk.owner(req)
        if not await self._desk.threads.quick(namespace.exists):
            resp.data = b'{"jobs":[],"next":null}'
            return
        resp.data = await self._desk.read(page, namespace, states, limit, after, self._links, time.time())

    async def cancel(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """Cancels a job, and answers when none of its steps can start any more."""
        caller, namespace = await self._desk.owner(req)
        await self._desk.job(req, namespace, id)
        by, now = name_of(caller, req), time.time()
        before, done = await self._desk.write(namespace, lambda frame: _cancel(frame, id, by, now))
        if not done:
            raise _over(before)
        self._mark(namespace.name, now)
        await let_go(self._desk.threads, namespace, before)
        resp.data = await self._desk.read(self._shown, namespace, await self._desk.job(req, namespace, id))

    async def retry(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """Lets a failed job go on behind its last finished step."""
        _, namespace = await self._desk.owner(req)
        job = await self._desk.job(req, namespace, id)
        now, again = time.time(), self._resume if job.kind in KINDS else records.retry
        if not await self._desk.write(namespace, lambda frame: again(frame, id, now)):
            raise _not_failed(await self._desk.job(req, namespace, id))
        self._mark(namespace.name, now)
        resp.status = falcon.HTTP_202
        resp.data = json.dumps({"status": "accepted", "job_id": id, "poll_url": self._links.job(id)})

    def _resume(self, frame: Frame, execution: str, now: float) -> bool:
        """As a failed execution goes on in the API of chains. Raises Problem (429)."""
        try:
            executions.resume(frame, execution, now, self._most)
        except executions.NotResumable:
            return False
        except executions.TooMany as refusal:
            raise too_many(refusal) from None
        return True

    def _shown(self, namespace: Namespace, job: Job) -> bytes:
        return written(job_json(namespace, job, self._links, time.time()))


async def let_go(threads: Threads, namespace: Namespace, before: Job) -> None:
    """Waits until whoever runs a cancelled job has noticed; who is dead has no lease any more after a while."""
    if before.state != "running":
        return
    while time.time() < (before.due or 0.0):
        job = await threads.run(records.find, namespace, before.id)
        if job is None or job.holder is None:
            return
        await asyncio.sleep(LOOK_S)


def _cancel(frame: Frame, job_id: str, by: str, now: float) -> tuple[Job, bool]:
    """Cancels a job in a frame: how it stood before, and whether it was not over. Raises Problem (404)."""
    before = records.find(frame, job_id)
    if before is None:
        raise unknown_job()
    cancelled = records.cancel(frame, job_id, by, now)
    if cancelled:
        tell(frame, cancelled, "cancelled", {}, now)
    return before, cancelled is not None


def _over(job: Job) -> Problem:
    by = (job.answer or {}).get("cancelled_by") if job.state == "cancelled" else None
    detail = {"state": job.state, "ended_by": by, "ended_at": moment(job.finished)}
    return Problem(409, f"the job is over: {job.state}", detail=detail)


def _not_failed(job: Job) -> Problem:
    if job.state == "error":
        message = "a run that was over at once cannot go on: send its program again"
        if job.kind == "nested":
            message = "an execution inside another one goes on with that"
        return Problem(409, message, detail={"state": job.state, "kind": job.kind})
    return Problem(409, f"the job has not failed: {job.state}", detail={"state": job.state})
