"""GET and POST /gather/{token}: the page of a form or question, for whoever has its link, and what it sends.

Opening it changes nothing. One answer counts; the page does not wait for what the job makes of it.
"""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from oql.jobs import answering, records, waits
from oql.jobs.answering import Answer, Over, UnknownWait, WrongAnswer
from oql.jobs.records import Job
from oql.jobs.waits import OpenWait
from server.forms import FORM, read_form
from server.jobs.desk import Desk
from server.jobs.single import Mark
from server.people import pages as gather
from server.people.confirm import BY_LINK, admits
from server.people.pages import NOTICES, Notice
from server.problems import Problem
from server.request import Request
from substrate.errors import NotFound
from substrate.interface import Namespace
from worker.links import Links

_MOST_FIELDS = 10_000
_FOREIGN = Notice(403, "Not from this page", "The answer came from a page of another site, and was not taken.")
_OVER = Notice(410, "No longer needed", "What asked for the answer is over.")
_STALE = "this page was out of date: check the answers, and send them again"


class GatherLinks:
    """The responders of /gather/{token}."""

    def __init__(self, desk: Desk, links: Links, mark: Mark) -> None:
        self._desk = desk
        self._links = links
        self._mark = mark

    async def show(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """The page: a form, or why there is none."""
        found = await self._found(req, token)
        if found is None:
            _notice(resp, NOTICES["unknown"])
            return
        _, job, wait = found
        now = time.time()
        if answering.is_open(job, wait, now):
            self._page(resp, token, wait)
        else:
            _notice(resp, _notice_of(answering.over(job, wait, now)))

    async def send(self, req: Request, resp: falcon.asgi.Response, token: str) -> None:
        """Takes an answer, and says so; one that does not fit is shown again with what is wrong."""
        posted = await self._posted(req)
        found = await self._found(req, token)
        if found is None:
            _notice(resp, NOTICES["unknown"])
            return
        if gather.is_cross_site(req.headers):
            _notice(resp, _FOREIGN)
            return
        namespace, job, wait = found
        proof, fields = gather.sent(posted)
        if not self._links.proves(token, proof) and answering.is_open(job, wait, time.time()):
            self._page(resp, token, wait, fields, {"": _STALE})
            return
        await self._give(resp, token, namespace, wait, fields, job.id)

    async def _give(
        self, resp: falcon.asgi.Response, token: str, namespace: Namespace, wait: OpenWait, fields: Mapping[str, Any],
        job_id: str,
    ) -> None:  # fmt: skip
        answer, now = Answer(wait.key, fields, fields), time.time()
        try:
            await self._desk.write(
                namespace, partial(answering.give, job_id=job_id, answer=answer, by=BY_LINK, now=now)
            )
        except UnknownWait:
            _notice(resp, NOTICES["unknown"])
        except WrongAnswer as error:
            self._page(resp, token, wait, fields, error.problems)
        except Over as error:
            _notice(resp, _notice_of(error))
        else:
            self._mark(namespace.name, now)
            _notice(resp, _thanks(wait, answer))

    async def _found(self, req: Request, token: str) -> tuple[Namespace, Job, OpenWait] | None:
        """What a link leads to; None where that is nothing, or nothing any more."""
        meant = self._links.read(token)
        if meant is None:
            return None
        name, job_id, key = meant
        if not await asyncio.to_thread(admits, self._desk, name):
            return None
        req.namespace, req.job_id = name, job_id
        namespace = self._desk.store.namespace(name)
        try:
            found = await self._desk.threads.run(_job_and_wait, namespace, job_id, key)
        except NotFound:
            return None
        return (namespace, *found) if found else None

    async def _posted(self, req: Request) -> dict[str, str]:
        """The fields of a form; of one that stands twice the last. Raises Problem: 400, 408, 413, 415."""
        if (req.content_type or "").partition(";")[0].strip().lower() != FORM:
            raise Problem(415, f"expected the header Content-Type: {FORM}")
        raw = await self._desk.bodies.raw(req)
        try:
            return dict(await read_form(raw, _MOST_FIELDS))
        except ValueError:
            raise Problem(400, f"the body is no form in UTF-8 of at most {_MOST_FIELDS:,} fields") from None

    def _page(
        self,
        resp: falcon.asgi.Response,
        token: str,
        wait: OpenWait,
        values: Mapping[str, Any] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> None:
        # The action is relative: links to this server may begin with a path.
        page = gather.page(wait.shown, token, self._links.proof(token), values, problems, wait.deadline)
        _html(resp, page, 400 if problems else 200)


def _job_and_wait(namespace: Namespace, job_id: str, key: str) -> tuple[Job, OpenWait] | None:
    job = records.find(namespace, job_id)
    wait = next((wait for wait in waits.of_job(namespace, job_id) if wait.key == key), None)
    return (job, wait) if job and wait and wait.kind != "sleep" else None


def _thanks(wait: OpenWait, answer: Answer) -> Notice:
    if wait.kind == "gather":
        return gather.THANKS
    decision, _ = answering.checked(wait, answer)
    return gather.APPROVED if decision["approved"] else gather.REJECTED


def _notice_of(over: Over) -> Notice:
    return NOTICES.get(over.state, _OVER)


def _notice(resp: falcon.asgi.Response, notice: Notice) -> None:
    _html(resp, notice.page, notice.status)


def _html(resp: falcon.asgi.Response, page: str, status: int) -> None:
    resp.status = falcon.code_to_http_status(status)
    resp.set_headers(gather.HEADERS)
    resp.text = page
