"""POST /v1/query: checks a request, admits it, and answers with what the program did."""

import re

import falcon.asgi

from accounts.service import Accounts
from oql.local import new_id
from server.bodies import Bodies
from server.credentials import Callers
from server.envelopes import Query
from server.problems import Problem, invalid
from server.programs import Order, Programs
from server.request import Request

SCOPE = "query"
_WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*(\d{1,5})\s*(?:$|[,;])", re.IGNORECASE)


class Queries:
    """The responder of /v1/query."""

    def __init__(self, accounts: Accounts, callers: Callers, programs: Programs, bodies: Bodies) -> None:
        self._accounts = accounts
        self._callers = callers
        self._programs = programs
        self._bodies = bodies

    async def run(self, req: Request, resp: falcon.asgi.Response) -> None:
        """Runs or checks a program. Each counts as a query of the day, and one that takes long as one at once."""
        asked = await self._bodies.read(req, Query)
        _refuse_what_needs_jobs(asked)
        caller = await self._callers.find(req, asked.auth, SCOPE)
        deadline_s = _deadline(req, resp, asked)
        self._accounts.admit(caller.account)
        slot = self._accounts.slot(caller.account)
        if asked.mode == "check":
            resp.data = await self._programs.check(asked.query, slot, req)
            return
        req.job_id = new_id(4)
        order = Order(asked.query, req.job_id, caller.account.namespace, slot, asked.request, deadline_s)
        resp.data = await self._programs.run(order, req)


def _refuse_what_needs_jobs(asked: Query) -> None:
    if asked.mode == "async":
        raise Problem(
            400,
            "this server does not run programs as jobs yet: use the mode `sync` or `check`",
            code="unsupported_mode",
            detail={"fields": {"mode": "expected 'sync' or 'check'"}},
        )
    if asked.options.idempotency_key is not None:
        raise invalid("options.idempotency_key", "this server does not keep answers yet", code="unsupported_option")


def _deadline(req: Request, resp: falcon.asgi.Response, asked: Query) -> float | None:
    """Seconds the client will wait: `options.deadline_ms`, else the header `Prefer: wait=`, else None."""
    if asked.options.deadline_ms is not None:
        return asked.options.deadline_ms / 1000
    wait = _WAIT.search(req.get_header("Prefer") or "")
    if wait is None:
        return None
    resp.set_header("Preference-Applied", f"wait={wait[1]}")
    return float(wait[1])
