"""What operators ask: is it up, is it ready, its figures, its own description."""

import asyncio
from collections.abc import Callable

import falcon.asgi

import oql
from accounts.service import Accounts
from oql import json
from server import metrics
from server.request import Request


class Operations:
    """The responders of /health, /ready, /metrics and /openapi.json; nobody has to say who they are."""

    def __init__(self, accounts: Accounts, document: Callable[[], bytes]) -> None:
        self._accounts = accounts
        self._document = document

    async def health(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This process answers."""
        running = metrics.programs_running()
        resp.data = json.dumps({"status": "ok", "ok": True, "version": oql.__version__, "runningExecutions": running})

    async def ready(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """The control database answers, so queries can be served; else its error becomes a 503."""
        await asyncio.to_thread(self._accounts.ready)
        resp.data = b'{"ready":true}'

    async def metrics(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """The figures of all processes, for Prometheus."""
        resp.content_type = metrics.CONTENT_TYPE
        resp.data = metrics.exposition()

    async def openapi(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This server, described for machines."""
        resp.data = self._document()
