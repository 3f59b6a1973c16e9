"""What operators ask: is it up, is it ready, its figures, its own description."""

import asyncio
from collections.abc import Callable

import falcon
import falcon.asgi

import oql
from accounts.service import Accounts
from oql import json
from server import metrics
from server.logs import log_fault
from server.problems import CODES, body_of
from server.request import Request
from substrate.errors import StoreError
from substrate.interface import DatabaseError, Store


class Operations:
    """The responders of /health, /ready, /metrics and /openapi.json; nobody has to say who they are."""

    def __init__(self, accounts: Accounts, store: Store, document: Callable[[], bytes]) -> None:
        self._accounts = accounts
        self._store = store
        self._document = document

    async def health(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This process answers, and the store opens."""
        await asyncio.to_thread(self._store.ready)
        running = metrics.programs_running()
        resp.data = json.dumps({"status": "ok", "ok": True, "version": oql.__version__, "runningExecutions": running})

    async def ready(self, req: Request, resp: falcon.asgi.Response) -> None:
        """The databases answer, so queries can be served; else a 503 tells why."""
        try:
            await asyncio.to_thread(self._accounts.ready)
            await asyncio.to_thread(self._store.ready)
        except (DatabaseError, StoreError) as error:
            log_fault(error, request_id=req.request_id)
            told = json.loads(body_of(CODES[503], "a database does not answer", req.request_id, retry=True))
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", "1")
            resp.data = json.dumps(told | {"ready": False})
            return
        resp.data = b'{"ready":true,"wal":"sync","lease_holder":null}'

    async def metrics(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """The figures of all processes, for Prometheus."""
        resp.content_type = metrics.CONTENT_TYPE
        resp.data = metrics.exposition()

    async def openapi(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This server, described for machines."""
        resp.data = self._document()
