"""The one shape of every answer that is not 2xx: `{"error", "message", "request_id", "detail"?, "retry"?}`.

Paths of chains have a published shape of their own, `{"error", "request_id", "hint"?}`, where `error` is the message. A
problem is raised in the same way everywhere; its shape depends on the path alone (`server.request.of_chains`).
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import falcon
import falcon.asgi

from accounts.errors import AccountsError, AdmissionRefused, AuthFailed, Waiting
from oql import json
from server.logs import log_fault
from server.request import Request
from substrate.errors import Fenced, StoreError
from substrate.interface import DatabaseError, DiskFull

CODES = {
    400: "validation_failed",
    401: "unauthorized",
    402: "quota_exceeded",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    410: "gone",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    429: "rate_limited",
    431: "headers_too_large",
    499: "cancelled",
    500: "internal",
    503: "unavailable",
}
"""The code of each status, where a problem does not say a more exact one."""

STORE_STATUSES = {
    "validation_failed": 400,
    "quota_exceeded": 402,
    "not_found": 404,
    "conflict": 409,
    "cancelled": 499,
    "fenced": 503,
    "server_error": 503,
}
"""The status of each code of the store."""
STORE_FAULT = "server_error"
"""What the routes of the store call a 500, and a 503 that is not `fenced`: a published name."""

CHAIN_TEXTS = {
    401: "Authentication required",
    405: "Method not allowed",
    413: "Request body too large",
}
"""What the API of chains says to these statuses, whatever the reason."""

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="oql", Basic realm="oql", charset="UTF-8"'}


class Problem(Exception):
    """A refusal of ours: raise it anywhere in a responder, it becomes the answer.

    hint: what paths of chains tell beside a message whose words are published.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        detail: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code or CODES[status]
        self.detail = detail
        self.headers = headers or {}
        self.retry = retry
        self.hint = hint


def invalid(field: str, message: str, *, code: str | None = None) -> Problem:
    """A 400 about one field of the request."""
    return Problem(400, f"`{field}`: {message}", code=code, detail={"fields": {field: message}})


def unauthorized(message: str) -> Problem:
    """A 401 that says how to authenticate."""
    return Problem(401, message, headers=CHALLENGE)


def unavailable(message: str) -> Problem:
    """A 503 after which the same request may soon succeed."""
    return Problem(503, message, headers={"Retry-After": "1"}, retry=True)


def phrase(status: int) -> str:
    """What a status means, in words; 499 is in no standard."""
    return "Cancelled" if status == 499 else HTTPStatus(status).phrase


def body_of(
    code: str, message: str, request_id: str, detail: Mapping[str, Any] | None = None, *, retry: bool = False
) -> bytes:
    """The body of a problem; also for answers that Falcon never sees."""
    document: dict[str, Any] = {"error": code, "message": message, "request_id": request_id}
    if detail:
        document["detail"] = detail
    if retry:
        document["retry"] = True
    return json.dumps(document)


def handle_with_problems(
    app: "falcon.asgi.App[Request, falcon.asgi.Response]",
    allowed: Mapping[str, str],
    preflight: Callable[[Request, falcon.asgi.Response, str], None],
    near: Callable[[str], str | None],
) -> None:
    """Makes every failure of a responder, and of the routing, an answer of the one shape.

    `allowed`: the methods of each path; `preflight` answers OPTIONS, also where nothing is; `near`: the path of a route
    that was probably meant by a path of none.
    """

    async def on_http_error(req: Request, resp: falcon.asgi.Response, error: falcon.HTTPError, _params: object) -> None:
        if error.status_code == 404 and req.method == "OPTIONS":
            preflight(req, resp, "OPTIONS")
            return
        if error.status_code == 404:
            _answer(req, resp, _nothing_at(req, near))
            return
        _answer(req, resp, _from_falcon(error, req, allowed.get(req.uri_template or "", "")))

    app.add_error_handler(Exception, _on_fault)
    app.add_error_handler(falcon.HTTPError, on_http_error)
    app.add_error_handler(DatabaseError, _on_database_error)
    app.add_error_handler(AccountsError, _on_accounts_error)
    app.add_error_handler(StoreError, _on_store_error)
    app.add_error_handler(Problem, _on_problem)


def _answer(req: Request, resp: falcon.asgi.Response, problem: Problem) -> None:
    status = problem.status
    resp.status = falcon.code_to_http_status(status)
    resp.content_type = falcon.MEDIA_JSON
    resp.text = None
    code = STORE_FAULT if req.to_store and problem.code in _OURS else problem.code
    if req.to_chains:
        told = {"error": CHAIN_TEXTS.get(status, problem.message), "request_id": req.request_id}
        resp.data = json.dumps(told | ({"hint": problem.hint} if problem.hint else {}))
    else:
        resp.data = body_of(code, problem.message, req.request_id, problem.detail, retry=problem.retry)
    resp.set_headers(dict(problem.headers))


_OURS = frozenset({CODES[500], CODES[503]})


async def _on_store_error(req: Request, resp: falcon.asgi.Response, error: StoreError, _params: object) -> None:
    if STORE_STATUSES[error.code] == 503 and not isinstance(error, Fenced):
        log_fault(error, request_id=req.request_id)
    _answer(req, resp, from_store(error))


def from_store(error: StoreError) -> Problem:
    """The answer to a refusal by the store."""
    status = STORE_STATUSES[error.code]
    headers = {"Retry-After": "1"} if status == 503 else {}
    return Problem(status, error.message, code=error.code, detail=error.detail, headers=headers, retry=error.retry)


async def _on_problem(req: Request, resp: falcon.asgi.Response, error: Problem, _params: object) -> None:
    _answer(req, resp, error)


async def _on_accounts_error(req: Request, resp: falcon.asgi.Response, error: AccountsError, _params: object) -> None:
    _answer(req, resp, from_accounts(error))


def from_accounts(error: AccountsError) -> Problem:
    """The answer to a refusal by the accounts."""
    if isinstance(error, AdmissionRefused):
        return Problem(429, str(error), code=error.code, headers=_limit_headers(error))
    if isinstance(error, Waiting):
        return Problem(429, str(error), headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, AuthFailed):
        return unauthorized(str(error))
    return Problem(400, str(error))


def _limit_headers(error: AdmissionRefused) -> dict[str, str]:
    daily = error.code == "QuotaExceeded"
    name, window = ("daily", ";w=86400") if daily else ("at-once", "")
    reset = error.reset if daily else error.retry_after
    return {
        "Retry-After": str(error.retry_after),
        "RateLimit-Policy": f'"{name}";q={error.limit}{window}',
        "RateLimit": f'"{name}";r={error.remaining};t={reset}',
    }


def _nothing_at(req: Request, near: Callable[[str], str | None]) -> Problem:
    if req.to_chains:
        return Problem(404, "Not found")
    meant = near(req.path)
    return Problem(404, f"there is nothing at this path{f'; did you mean {meant}?' if meant else ''}")


def _from_falcon(error: falcon.HTTPError, req: Request, methods: str) -> Problem:
    status = error.status_code
    if status == 405 or req.method not in falcon.COMBINED_METHODS:
        message = f"{req.method} is not allowed here; allowed: {methods}"
        return Problem(405, message, headers={"Allow": methods}, hint=message)
    if status not in CODES:
        status = 400 if status < 500 else 500
    return Problem(status, phrase(status).lower())


async def _on_database_error(req: Request, resp: falcon.asgi.Response, error: DatabaseError, _params: object) -> None:
    log_fault(error, request_id=req.request_id, job_id=req.job_id)
    full = isinstance(error, DiskFull)
    _answer(req, resp, unavailable("the disk is full" if full else "the control database does not answer"))


async def _on_fault(req: Request, resp: falcon.asgi.Response, error: Exception, _params: object) -> None:
    fault = log_fault(error, request_id=req.request_id, job_id=req.job_id)
    _answer(req, resp, Problem(500, f"internal fault {fault}; its id is in the server's log"))
