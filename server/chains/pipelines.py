"""Pipelines over HTTP: their texts as JSON, and their runs. Saving and starting is as for chains."""

import falcon.asgi

from chains import library
from chains.pipelines import reading
from chains.pipelines.document import read_pipeline
from chains.pipelines.spec import with_defaults
from oql import json
from server.chains.desk import Desk, checked_name, note
from server.chains.executions import Executions
from server.problems import Problem
from server.request import Request


class Pipelines:
    """The responders that only pipelines have."""

    def __init__(self, desk: Desk, executions: Executions) -> None:
        self._desk = desk
        self._executions = executions

    async def json(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """GET /pipelines/:name/json: a pipeline as an object, what its text leaves out included."""
        _, namespace = await self._desk.caller(req)
        saved = await self._desk.read(library.find, namespace, "pipeline", checked_name(name))
        pipeline = read_pipeline(saved.text).pipeline if saved else None
        if pipeline is None:
            raise Problem(404, f'Pipeline "{name}" not found')
        resp.data = json.dumps(with_defaults(pipeline))

    async def execute(self, req: Request, resp: falcon.asgi.Response, name: str) -> None:
        """POST /pipelines/:name/execute."""
        await self._executions.start(req, resp, "pipeline", name)

    async def list(self, req: Request, resp: falcon.asgi.Response) -> None:
        """GET /pipeline-executions: the newest runs, whole."""
        _, namespace = await self._desk.caller(req)
        resp.data = json.dumps(await self._desk.read(reading.newest, namespace) or [])

    async def get(self, req: Request, resp: falcon.asgi.Response, id: str) -> None:  # noqa: A002 - a segment's name
        """GET /pipeline-executions/:id."""
        _, namespace = await self._desk.caller(req)
        note(req, id)
        found = await self._desk.read(reading.record, namespace, id)
        if found is None:
            raise Problem(404, "Not found")
        resp.data = json.dumps(found)
