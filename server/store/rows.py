"""Rows: one by its key, many at a time."""

from typing import Any

from server.bodies import LONG
from server.problems import Problem
from server.store.bodies import StoreBodies, one_of, refuse_version, version_wanted
from server.store.changes import change, key_text, written
from server.store.gate import Visit, lsn_json
from server.store.ndjson import Ndjson
from server.store.threads import Threads
from server.store.turn import Turn
from substrate import json
from substrate.errors import NotFound, kind_of, shown
from substrate.interface import Frame, PutRow, Written

NDJSON = "application/x-ndjson"
BATCH = "_batch"


class Rows:
    """The works of the routes below /rows."""

    def __init__(self, bodies: StoreBodies, threads: Threads, turn: Turn, ndjson: Ndjson) -> None:
        self._bodies = bodies
        self._threads = threads
        self._turn = turn
        self._ndjson = ndjson

    async def put(self, visit: Visit, schema: str) -> None:
        """Writes a row over what has its key."""
        _expectation(visit)
        version = version_wanted(visit.req)
        raw, row = await self._bodies.object(visit.req)
        if version is None and key_text(visit.req) is None:
            put = PutRow(schema, row) if len(raw) <= LONG else lambda frame: frame.put(schema, row)
            visit.answer(json.dumps(_put(await written(visit, put))))
            return
        await change(visit, raw, lambda frame: _put(frame.put(schema, row, version=version)))

    async def put_many(self, visit: Visit, schema: str) -> None:
        """Writes the rows of an array, all or none; or those of a stream of lines, by and by."""
        _expectation(visit)
        refuse_version(visit.req)
        media_type = (visit.req.content_type or "").partition(";")[0].strip().lower()
        if media_type == NDJSON:
            await self._ndjson.write(visit, lambda frame, rows: frame.put_many(schema, rows))
            return
        raw, rows = await self._bodies.json(visit.req)
        if not isinstance(rows, list):
            raise Problem(400, f"expected a JSON array of rows as the body, found {kind_of(rows)}")

        def work(frame: Frame) -> Any:
            return {"inserted": len(frame.put_many(schema, rows)), "lsn": lsn_json(frame.lsn)}

        await change(visit, raw, work)

    async def get(self, visit: Visit, schema: str, key: str = BATCH) -> None:
        """The row of a key, with its version."""
        if self._threads.inline:
            row = self._turn.reading(visit.namespace).get(schema, key)
        else:
            row = await self._threads.run(visit.namespace.get, schema, key)
        if row is None:
            raise NotFound(f"there is no row {shown(key)} in {shown(schema)}")
        visit.answer(json.dumps(row))

    async def replace(self, visit: Visit, schema: str, key: str = BATCH) -> None:
        """Writes the row of a key."""
        version = version_wanted(visit.req)
        raw, row = await self._bodies.object(visit.req)
        await change(visit, raw, lambda frame: _done(frame.replace(schema, key, row, version=version)))

    async def delete(self, visit: Visit, schema: str, key: str = BATCH) -> None:
        """Deletes the row of a key."""
        version = version_wanted(visit.req)
        raw = await self._bodies.raw(visit.req)

        def work(frame: Frame) -> Any:
            deleted = frame.delete(schema, key, version=version)
            return {"ok": True, "deleted": deleted, "lsn": lsn_json(frame.lsn)}

        await change(visit, raw, work)


def _expectation(visit: Visit) -> None:
    """The published hint that no row with the key is there; rows are written the same way with and without it."""
    if visit.req.query_string:
        one_of(visit.req, "expect", "insert")


def _done(done: Written) -> dict[str, Any]:
    return {"ok": True, "lsn": lsn_json(done.lsn)}


def _put(done: Written) -> dict[str, Any]:
    answer = _done(done)
    if done.made:
        answer["pk"] = done.key
    return answer
