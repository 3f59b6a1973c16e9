"""What people do to executions over HTTP: they cancel them, decide at their gates, and let failed ones go on."""

import time
from typing import Any

import falcon
import falcon.asgi

from chains.executions import reading, records
from chains.executions.records import AlreadyDecided, NoApproval, NotResumable, ReasonRequired, TooMany
from oql import json
from oql.jobs import records as jobs
from oql.jobs.following import Stand
from oql.jobs.records import Job
from server.chains.bodies import object_of
from server.chains.desk import Desk, note
from server.chains.executions import Mark, too_many
from server.following import Follower
from server.jobs.desk import name_of
from server.jobs.single import let_go
from server.problems import Problem
from server.request import Request
from server.streams import OpenStreams, moved
from substrate.interface import Frame, Namespace


class Steering:
    """The responders. `most_at_once`: how many executions of a namespace may run."""

    def __init__(self, desk: Desk, follower: Follower, mark: Mark, most_at_once: int) -> None:
        self._desk = desk
        self._follower = follower
        self._mark = mark
        self._most = most_at_once
        self._waiting = OpenStreams()

    async def cancel(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """Cancels an execution, for good."""
        caller, namespace = await self._desk.caller(req)
        note(req, id)
        now = time.time()
        by, unknown = name_of(caller, req), Problem(404, "Execution not found or already finished")
        await self._desk.require(namespace, unknown)
        before = await self._desk.write(namespace, lambda frame: _cancel(frame, id, by, now))
        if before is None:
            raise unknown
        self._mark(namespace.name, now)
        await let_go(self._desk.threads, namespace, before)
        resp.data = b'{"ok":true}'

    async def decide(self, req: Request, resp: falcon.asgi.Response, id: str, step: str) -> None:  # noqa: A002 - as above
        """A person's decision at a gate."""
        caller, namespace = await self._desk.caller(req)
        note(req, id)
        now = time.time()
        approved, reason = _decision_of(await object_of(self._desk.bodies, req))
        by, unknown = name_of(caller, req), Problem(404, "No pending approval found")
        await self._desk.require(namespace, unknown)
        try:
            await self._desk.write(namespace, lambda frame: records.decide(frame, id, step, approved, reason, by, now))
        except NoApproval:
            raise unknown from None
        except AlreadyDecided:
            raise Problem(409, "Already decided") from None
        except ReasonRequired:
            raise Problem(400, "reason is required") from None
        self._mark(namespace.name, now)
        resp.data = b'{"ok":true}'

    async def resume(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """Lets a failed execution go on, and answers when it has ended or waits for a person."""
        caller, namespace = await self._desk.caller(req)
        await object_of(self._desk.bodies, req)
        note(req, id)
        now = time.time()
        unknown = Problem(404, "Execution not found")
        await self._desk.require(namespace, unknown)
        self._desk.accounts.admit(caller.account)
        try:
            await self._desk.write(namespace, lambda frame: _resume(frame, id, now, self._most))
        except NotResumable as refusal:
            message = f"Execution {id} is not in error state (current: {refusal.status})"
            if refusal.root:
                message = f"Execution {id} is a part of {refusal.root}: resume that one"
            raise Problem(409, message) from None
        self._mark(namespace.name, now)
        await self._ended(req, namespace, id)
        found = await self._desk.read(reading.outcome, namespace, id)
        if found is None:  # it is kept no longer
            raise unknown
        if found["status"] == "error":
            raise Problem(500, found["error"] or "")
        if found["status"] == "done":
            resp.data = json.dumps({"executionId": id, "result": found["result"]})
            return
        resp.status = falcon.HTTP_202
        resp.data = json.dumps({"executionId": id, "status": found["status"]})

    async def _ended(self, req: Request, namespace: Namespace, execution: str) -> None:
        """Waits until an execution has ended or only waits for people, or nobody waits for the answer any more."""
        async with self._waiting.open(req) as over, self._follower.following(namespace, execution) as followed:
            while not over.is_set() and not followed.gone:
                stand = followed.stand
                if stand and (stand.over or await self._waits(namespace, execution, stand)):
                    return
                await moved(followed.beyond(stand), over)

    async def _waits(self, namespace: Namespace, execution: str, stand: Stand) -> bool:
        if stand.state != "suspended":
            return False
        return bool(await self._desk.read(reading.waits_for_people, namespace, execution))

    def end(self) -> None:
        """Answers all who wait for the end of an execution."""
        self._waiting.end()


def _cancel(frame: Frame, execution: str, by: str, now: float) -> Job | None:
    """Cancels an execution: the job that is run no longer, as it was; None where there is nothing to cancel."""
    found = records.find(frame, execution)
    before = jobs.find(frame, found.root) if found else None
    return before if records.cancel(frame, execution, by, now) else None


def _resume(frame: Frame, execution: str, now: float, most: int) -> None:
    if records.find(frame, execution) is None:
        raise Problem(404, "Execution not found")
    try:
        records.resume(frame, execution, now, most)
    except TooMany as refusal:
        raise too_many(refusal) from None


def _decision_of(body: dict[str, Any]) -> tuple[bool, str | None]:
    approved, reason = body.get("approved"), body.get("reason")
    if not isinstance(approved, bool):
        raise Problem(400, "approved must be true or false")
    if reason is not None and not isinstance(reason, str):
        raise Problem(400, "reason must be a text")
    return approved, reason
