"""The webhooks of a job over HTTP: how they went, and sending them once more."""

import time
from typing import Any

import falcon
import falcon.asgi

from oql import deliveries, json
from oql.deliveries import Delivery
from server.bodies import decode, require_json
from server.envelopes import Redelivery
from server.jobs.desk import Desk, moment
from server.jobs.single import Mark
from server.problems import Problem
from server.request import Request
from substrate.interface import Frame


class Webhooks:
    """The responders of /v1/webhooks/{id}."""

    def __init__(self, desk: Desk, mark: Mark) -> None:
        self._desk = desk
        self._mark = mark

    async def show(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """The webhooks of a job with every attempt."""
        found = await self._of_job(req, id)
        resp.data = json.dumps({"deliveries": [_delivery_json(one) for one in found]})

    async def redeliver(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """Sends one webhook of a job once more, or all of them that are not on their way."""
        raw = await self._desk.bodies.raw(req)
        if raw:
            require_json(req.content_type)
        wanted = decode(Redelivery, raw).id if raw else None
        found = await self._of_job(req, id)
        chosen = [one.id for one in found if wanted in (None, one.id)]
        if not chosen:
            raise Problem(404, "the job has no webhook with this id" if wanted else "the job has no webhooks")
        now = time.time()

        def work(frame: Frame) -> None:
            for one in chosen:
                deliveries.redeliver(frame, one, now)

        namespace = self._desk.store.namespace(req.namespace or "")
        await self._desk.write(namespace, work)
        self._mark(namespace.name, now)
        resp.status = falcon.HTTP_202
        resp.data = json.dumps({"status": "accepted", "job_id": id, "deliveries": chosen})

    async def _of_job(self, req: Request, job_id: str) -> list[Delivery]:
        _, namespace = await self._desk.owner(req)
        await self._desk.job(req, namespace, job_id)
        found = await self._desk.read(deliveries.listed, namespace, job_id)
        return [one for one in found if one.kind == "webhook"]


def _delivery_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "url": delivery.target,
        "state": delivery.state,
        "attempts": [{**attempt, "at": moment(attempt["at"])} for attempt in delivery.attempts],
        "created_at": moment(delivery.created),
        "next_attempt_at": moment(delivery.due),
    }
