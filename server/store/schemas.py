"""Tables: declared by manifests in TOML."""

from typing import Any

import falcon

from server.store.bodies import StoreBodies, text
from server.store.changes import change
from server.store.gate import Visit, lsn_json
from server.store.threads import Threads
from substrate import json
from substrate.interface import Frame


class Schemas:
    """The works of the routes below /schemas, and what a tenant holds."""

    def __init__(self, bodies: StoreBodies, threads: Threads) -> None:
        self._bodies = bodies
        self._threads = threads

    async def register(self, visit: Visit) -> None:
        """Declares a table, or changes it where that is compatible."""
        raw = await self._bodies.raw(visit.req)
        manifest = text(raw)

        def work(frame: Frame) -> Any:
            registered = frame.register(manifest)
            return {"id": registered.id, "version": registered.version, "tenant": visit.tenant}

        await change(visit, raw, work)

    async def list(self, visit: Visit) -> None:
        """The ids of all tables."""
        visit.answer(json.dumps(await self._threads.quick(visit.namespace.table_ids)))

    async def manifest(self, visit: Visit, schema: str) -> None:
        """The manifest of a table as it was registered."""
        found = await self._threads.quick(visit.namespace.manifest_text, schema)
        visit.resp.content_type = falcon.MEDIA_TEXT
        visit.answer(found.encode())

    async def drop(self, visit: Visit, schema: str) -> None:
        """Deletes a table with its rows."""
        raw = await self._bodies.raw(visit.req)
        await change(visit, raw, lambda frame: {"deleted": frame.drop(schema), "lsn": lsn_json(frame.lsn)})
