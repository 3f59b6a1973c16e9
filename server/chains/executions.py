"""Executions over HTTP: started, listed, shown; and what they ask people."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import falcon
import falcon.asgi

from chains.executions import reading
from chains.executions.records import TooMany
from chains.inputs import MISSING
from chains.launching import Launcher
from chains.library import Kind
from chains.lowering import ChainRefused
from chains.pipelines.reading import any_record
from oql import json
from oql.messages import shorten
from server.chains.bodies import object_of
from server.chains.desk import Desk, checked_name, note
from server.problems import Problem
from server.request import Request
from substrate.interface import Frame, Namespace

DEFAULT_LIMIT = 50
MOST_LISTED = 200
_LONGEST_NUMBER = 15
_INPUT = "input"

Mark = Callable[[str, float], None]
"""Says that work of a namespace is due at a time."""


class Executions:
    """The responders of /execute, /executions and /approvals.

    `launcher` gives what starts executions in a namespace.
    """

    def __init__(self, desk: Desk, mark: Mark, launcher: Callable[[str], Launcher]) -> None:
        self._desk = desk
        self._mark = mark
        self._launcher = launcher

    # starting

    async def execute(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """Starts a chain; the id of its execution."""
        await self.start(req, resp, "chain", name)

    async def start(self, req: Request, resp: falcon.asgi.Response, kind: Kind, name: str) -> None:
        """Starts what is saved under a name. Raises Problem (400, 429)."""
        caller, namespace = await self._desk.caller(req)
        checked_name(name)
        body = await object_of(self._desk.bodies, req)
        values, hint = _input_of(body), _hint_of(body)
        self._desk.accounts.admit(caller.account)
        now, launch = time.time(), self._launcher(namespace.name)
        execution = await self._desk.write(namespace, partial(_launch, launch, kind, name, values, now, hint))
        req.job_id = execution
        self._mark(namespace.name, now)
        resp.data = json.dumps({"executionId": execution})

    # looking

    async def list(self, req: Request, resp: falcon.asgi.Response) -> None:
        """A page of executions, the newest first."""
        _, namespace = await self._desk.caller(req)
        limit = min(_number(req, "limit") or DEFAULT_LIMIT, MOST_LISTED)
        resp.data = json.dumps(await self._desk.read(reading.listed, namespace, limit, _number(req, "offset")) or [])

    async def get(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """An execution as it stands."""
        _, namespace = await self._desk.caller(req)
        resp.data = json.dumps(await self._found(req, any_record, namespace, id))

    async def timeline(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as above
        """The steps that have ended, by time."""
        _, namespace = await self._desk.caller(req)
        resp.data = json.dumps(await self._found(req, reading.timeline, namespace, id))

    async def approvals(self, req: Request, resp: falcon.asgi.Response) -> None:
        """What people are asked now."""
        _, namespace = await self._desk.caller(req)
        resp.data = json.dumps(await self._desk.read(reading.approvals, namespace, time.time()) or [])

    async def _found(
        self, req: Request, work: Callable[[Namespace, str], Any], namespace: Namespace, execution: str
    ) -> Any:
        note(req, execution)
        found = await self._desk.read(work, namespace, execution)
        if found is None:
            raise Problem(404, "Not found")
        return found


def _launch(
    launch: Launcher, kind: Kind, name: str, values: dict[str, Any], now: float, hint: str, frame: Frame
) -> str:
    try:
        return launch(frame, kind, name, values, now)
    except TooMany as refusal:
        raise too_many(refusal) from None
    except ChainRefused as refusal:
        meant = refusal.hint or (hint if refusal.message.startswith(MISSING) else "")
        raise Problem(400, refusal.message, hint=meant) from None


def too_many(refusal: TooMany) -> Problem:
    """The answer where all slots are taken."""
    message = f"Too many concurrent executions ({refusal.running} running). Try again later."
    return Problem(429, message, headers={"Retry-After": "1"})


def _input_of(body: dict[str, Any]) -> dict[str, Any]:
    values = body.get(_INPUT)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise Problem(400, "input must be an object")
    return values


def _hint_of(body: dict[str, Any]) -> str:
    """Which field of a body is none, where the inputs may have been meant by it."""
    strange = next((field for field in body if field != _INPUT), None)
    if strange is None or _INPUT in body:
        return ""
    return f"`{shorten(strange)}` is no field of this request; the inputs stand in `{_INPUT}`"


def _number(req: Request, name: str) -> int:
    """A whole number of the query; 0 for none, and for what is not one."""
    text = (req.get_param(name) or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0
