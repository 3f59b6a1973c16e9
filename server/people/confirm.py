"""POST /v1/confirm/{id}: answers what a job waits for, and then waits for the job as POST /v1/query does."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from oql.jobs import answering
from oql.jobs.answering import Answer, Over, RejectedForm, UnknownWait, WrongAnswer, WrongKind
from oql.jobs.records import Job
from server.envelopes import Confirmation
from server.jobs.desk import Desk, moment, name_of, unknown_job
from server.jobs.single import Mark
from server.problems import Problem, invalid, unauthorized
from server.programs import Programs
from server.query import wait_asked
from server.request import Request
from server.store.bodies import param
from substrate.interface import Namespace
from worker.links import Links

BY_LINK = "a link for people"
TAKEN_UP_S = 1.0
"""When workers look at a job that this process is about to take up, should it die before."""

_EXPECTED = {
    "fields": "the job waits for a form: expected `fields`",
    "approved": "the job waits for a decision: expected `approved`",
}


class Confirmations:
    """The responder of /v1/confirm/{id}. `wall_s`: how long a request waits at most."""

    def __init__(self, desk: Desk, programs: Programs, links: Links, mark: Mark, wall_s: float) -> None:
        self._desk = desk
        self._programs = programs
        self._links = links
        self._mark = mark
        self._wall_s = wall_s

    async def confirm(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """Gives an answer, of which one counts, and answers with what the job has come to."""
        asked = await self._desk.bodies.read(req, Confirmation)
        namespace, by, key = await self._who(req, asked, id)
        deadline_s = wait_asked(req, resp, asked.options.deadline_ms, self._wall_s)
        await self._desk.job(req, namespace, id)
        answer = Answer(key, asked.fields, _decision(asked))
        if answer.fields is None and answer.decision is None:
            raise invalid("approved", "is required, or `fields` with the answers to a form")
        job = await self._given(namespace, id, answer, by)
        self._mark(namespace.name, time.time() + TAKEN_UP_S)
        reply = await self._programs.run_job(namespace, job, deadline_s)
        resp.data = reply.body
        if reply.accepted:
            resp.status = falcon.HTTP_202

    async def _given(self, namespace: Namespace, job_id: str, answer: Answer, by: str) -> Job:
        """Gives an answer to a job, which is due then. Raises Problem (400, 404, 409)."""
        try:
            give = partial(answering.give, job_id=job_id, answer=answer, by=by, now=time.time())
            return await self._desk.write(namespace, give)
        except UnknownWait:
            raise _unknown(answer) from None
        except WrongKind as error:
            raise Problem(400, _EXPECTED[error.expected], detail={"expected": error.expected}) from None
        except RejectedForm:
            how = f"a form cannot be rejected: leave it out, or cancel the job by DELETE /v1/job/{job_id}"
            raise invalid("approved", how) from None
        except WrongAnswer as error:
            raise _wrong(error.problems) from None
        except Over as error:
            raise over_problem(error) from None

    async def _who(self, req: Request, asked: Confirmation, job_id: str) -> tuple[Namespace, str, str | None]:
        """Whose job it is, who answers, and what. Raises Problem (401, 403), AccountsError."""
        key = asked.key if asked.key is not None else param(req, "key")
        if asked.token is None:
            caller, namespace = await self._desk.caller(req, asked.auth)
            return namespace, name_of(caller, req), key
        meant = self._links.read(asked.token)
        if asked.auth is not None:
            raise invalid("token", "stands instead of `auth`")
        if meant is None or meant[1] != job_id or key not in (None, meant[2]):
            raise unauthorized("this token is not right here")
        if not await asyncio.to_thread(admits, self._desk, meant[0]):
            raise unauthorized("this token is not right here")
        req.namespace = meant[0]
        return self._desk.store.namespace(meant[0]), BY_LINK, meant[2]


def admits(desk: Desk, namespace: str) -> bool:
    """Whether links into a namespace work: not while its account is disabled."""
    account = desk.accounts.of_namespace(namespace)
    return account is not None and not account.disabled


def over_problem(error: Over) -> Problem:
    """The answer where nothing is waited for any more."""
    detail: dict[str, Any] = {"state": error.state}
    if error.by is not None or error.at is not None:
        detail |= {"answered_by": error.by, "answered_at": moment(error.at)}
    return Problem(409, f"the job waits for no answer here: {error.state}", detail=detail)


def _decision(asked: Confirmation) -> Mapping[str, Any] | None:
    if asked.approved is None:
        return None
    return {"approved": asked.approved, "reason": asked.reason}


def _unknown(answer: Answer) -> Problem:
    if answer.key is None:
        return unknown_job()
    return Problem(404, "the job has not waited for anything under this key", detail={"key": answer.key[:200]})


def _wrong(problems: Mapping[str, str]) -> Problem:
    name, message = next(iter(problems.items()))
    return Problem(400, f"`{name}`: {message}", detail={"fields": dict(problems)})
