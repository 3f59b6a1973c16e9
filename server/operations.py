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
from server.replicas import Replicas
from server.request import Request
from substrate.errors import StoreError
from substrate.interface import DatabaseError, Store
from worker.hints import answers


class Operations:
    """The responders of /health, /ready, /metrics and /openapi.json; nobody has to say who they are."""

    def __init__(
        self,
        accounts: Accounts,
        store: Store,
        redis_url: str | None,
        executions: Callable[[], int],
        document: Callable[[], bytes],
        replicas: Replicas,
    ) -> None:
        """redis_url: a Redis without which the server is not ready, None for none; `executions` counts those of chains.

        It may wait.
        """
        self._accounts = accounts
        self._store = store
        self._redis_url = redis_url
        self._executions = executions
        self._document = document
        self._replicas = replicas

    async def health(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This process answers, and the store opens. What runs are programs of clients, and executions of chains."""
        running = metrics.programs_running() + await asyncio.to_thread(self._executions_of_an_open_store)
        resp.data = json.dumps({"status": "ok", "ok": True, "version": oql.__version__, "runningExecutions": running})

    def _executions_of_an_open_store(self) -> int:
        self._store.ready()
        return self._executions()

    async def ready(self, req: Request, resp: falcon.asgi.Response) -> None:
        """The databases answer, and Redis where one is set, so queries can be served; else a 503 tells why."""
        missing = await asyncio.to_thread(self._missing, req.request_id)
        if missing:
            told = json.loads(body_of(CODES[503], missing, req.request_id, retry=True))
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", "1")
            resp.data = json.dumps(told | {"ready": False})
            return
        holder = await asyncio.to_thread(self._replicas.holder)
        resp.data = json.dumps({"ready": True, "wal": "sync", "lease_holder": holder})

    def _missing(self, request_id: str) -> str:
        """Why queries cannot be served as they should; empty when they can."""
        try:
            self._accounts.ready()
            self._store.ready()
        except (DatabaseError, StoreError) as error:
            log_fault(error, request_id=request_id)
            return "a database does not answer"
        if self._redis_url and answers(self._redis_url):
            return "Redis does not answer"
        return self._replicas.missing()

    async def metrics(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """The figures of all processes, for Prometheus."""
        resp.content_type = metrics.CONTENT_TYPE
        resp.data = metrics.exposition()

    async def openapi(self, _req: Request, resp: falcon.asgi.Response) -> None:
        """This server, described for machines."""
        resp.data = self._document()
