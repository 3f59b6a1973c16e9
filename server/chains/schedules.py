"""Schedules over HTTP: listed, made, changed, switched on and off, run at once, deleted."""

import os
import time
from collections.abc import Callable
from typing import Any

import falcon
import falcon.asgi

from chains.launching import Launcher
from chains.schedules import firing, given, record
from chains.schedules.given import MOST_SCHEDULES, ScheduleRefused
from chains.schedules.record import LastRun, Schedule
from chains.schedules.shown import shown
from chains.starting import TooMany
from oql import json
from server.chains.bodies import object_of
from server.chains.desk import Desk
from server.chains.executions import Mark, too_many
from server.problems import Problem
from server.request import Request
from substrate.interface import Frame, Namespace


class Schedules:
    """The schedules of namespaces. `launcher(namespace)` starts runs there."""

    def __init__(self, desk: Desk, launcher: Callable[[str], Launcher], mark: Mark) -> None:
        self._desk = desk
        self._launcher = launcher
        self._mark = mark

    async def list(self, req: Request, resp: falcon.asgi.Response) -> None:
        """GET /schedules."""
        _, namespace = await self._desk.caller(req)
        found = await self._desk.read(record.listed, namespace)
        _answer(resp, [shown(schedule) for schedule in found or []])

    async def get(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as in the path
        """GET /schedules/:id."""
        _, namespace = await self._desk.caller(req)
        found = await self._desk.read(record.find, namespace, id)
        if found is None:
            raise _unknown()
        _answer(resp, shown(found))

    async def create(self, req: Request, resp: falcon.asgi.Response) -> None:
        """POST /schedules."""
        _, namespace = await self._desk.caller(req)
        body = await object_of(self._desk.bodies, req)
        try:
            made = given.new(f"sched_{os.urandom(6).hex()}", body, time.time())
        except ScheduleRefused as error:
            raise Problem(400, str(error), hint=error.hint) from None
        await self._desk.write(namespace, lambda frame: _add(frame, made))
        self._due(namespace, made)
        resp.status = falcon.HTTP_201
        _answer(resp, shown(made))

    async def change(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as in the path
        """PUT /schedules/:id."""
        _, namespace = await self._desk.caller(req)
        body = await object_of(self._desk.bodies, req)
        await self._replace(namespace, resp, id, lambda schedule: given.changed(schedule, body, time.time()))

    async def toggle(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as in the path
        """PATCH /schedules/:id/toggle."""
        _, namespace = await self._desk.caller(req)
        await self._replace(namespace, resp, id, lambda schedule: given.toggled(schedule, time.time()))

    async def run(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as in the path
        """POST /schedules/:id/run."""
        caller, namespace = await self._desk.caller(req)
        await self._known(namespace, id, Problem(400, "Schedule not found"))
        self._desk.accounts.admit(caller.account)
        launch, now = self._launcher(namespace.name), time.time()
        try:
            last = await self._desk.write(namespace, lambda frame: _run(frame, id, now, launch))
        except TooMany as error:
            raise too_many(error) from None
        if last is None:
            raise Problem(400, "Schedule not found")
        if last.id is None:
            raise Problem(400, last.error or "")
        self._mark(namespace.name, now)
        _answer(resp, {"executionId": last.id})

    async def delete(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - as in the path
        """DELETE /schedules/:id."""
        _, namespace = await self._desk.caller(req)
        await self._known(namespace, id, _unknown())
        if not await self._desk.write(namespace, lambda frame: record.delete(frame, id)):
            raise _unknown()
        _answer(resp, {"ok": True})

    async def _known(self, namespace: Namespace, id: str, otherwise: Problem) -> None:  # noqa: A002 - as in the path
        """Raises `otherwise` where there is no such schedule, so that a namespace is not made by asking."""
        if await self._desk.read(record.find, namespace, id) is None:
            raise otherwise

    async def _replace(
        self, namespace: Namespace, resp: falcon.asgi.Response, id_: str, change: Callable[[Schedule], Schedule]
    ) -> None:
        await self._known(namespace, id_, _unknown())

        def work(frame: Frame) -> Schedule | None:
            found = record.find(frame, id_)
            if found is None:
                return None
            changed = change(found)
            record.keep(frame, changed)
            return changed

        try:
            changed = await self._desk.write(namespace, work)
        except ScheduleRefused as error:
            raise Problem(400, str(error), hint=error.hint) from None
        if changed is None:
            raise _unknown()
        self._due(namespace, changed)
        _answer(resp, shown(changed))

    def _due(self, namespace: Namespace, schedule: Schedule) -> None:
        if schedule.due is not None:
            self._mark(namespace.name, schedule.due)


def _add(frame: Frame, schedule: Schedule) -> None:
    if record.count(frame) >= MOST_SCHEDULES:
        raise Problem(400, f"there are {MOST_SCHEDULES:,} schedules already")
    record.keep(frame, schedule)


def _run(frame: Frame, id_: str, now: float, launch: Launcher) -> LastRun | None:
    schedule = record.find(frame, id_)
    if schedule is None:
        return None
    return firing.run_now(
        frame, schedule, now, lambda: launch(frame, schedule.kind, schedule.name, schedule.input, now)
    )


def _unknown() -> Problem:
    return Problem(404, "Not found")


def _answer(resp: falcon.asgi.Response, value: Any) -> None:
    resp.data = json.dumps(value)
