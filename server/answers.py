"""What every answer gets on its way out: id, safe headers, leave for other origins, a count, a log line."""

from collections.abc import Callable
from time import perf_counter

import falcon.asgi

from server import metrics
from server.logs import log_answer
from server.origins import Origins
from server.request import Request

NO_ROUTE = "(none)"
"""How logs and figures show a path that is not declared: what clients make up stays out of both."""


class Answers:
    """Falcon middleware around every request. `started` and `ended` are called once, by the process."""

    def __init__(self, origins: Origins, started: Callable[[], None], ended: Callable[[], None]) -> None:
        self._origins = origins
        self._started = started
        self._ended = ended

    async def process_startup(self, _scope: object, _event: object) -> None:
        """The worker is about to take requests."""
        self._started()

    async def process_shutdown(self, _scope: object, _event: object) -> None:
        """The worker has answered its last request."""
        metrics.publish()
        self._ended()

    async def process_response(
        self, req: Request, resp: falcon.asgi.Response, _resource: object, _succeeded: bool
    ) -> None:
        """Completes, counts and logs the answer."""
        route, status = req.uri_template or NO_ROUTE, resp.status_code
        resp.set_headers((("X-Request-Id", req.request_id), ("X-Content-Type-Options", "nosniff")))
        if req.to_store:
            resp.set_header("X-OC-Request-Id", req.request_id)
        if resp.get_header("Cache-Control") is None:  # sites and streams have their own
            resp.set_header("Cache-Control", "no-store")
        if req.site is None:
            self._origins.mark(req, resp)
        seconds = perf_counter() - req.started
        metrics.request_ends(req.method, route, status, seconds)
        log_answer(_fields(req, status, route, seconds))


def _fields(req: Request, status: int, route: str, seconds: float) -> dict[str, object]:
    fields: dict[str, object] = {
        "method": req.method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 3),
        "request_id": req.request_id,
        "client": req.address,
    }
    if req.namespace:
        fields["namespace"] = req.namespace
    if req.job_id:
        fields["job_id"] = req.job_id
    if req.gone:
        fields["gone"] = True
    return fields
