"""Plans and SQL: at once where they are known to be quick, else on threads, where whoever knows their id can end them,
and the client by going away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from time import perf_counter
from typing import Any, TypeVar

from ulid import ULID

from server import metrics
from server.problems import Problem
from server.request import Request, new_store_id
from server.store.bodies import StoreBodies, one_of, require
from server.store.changes import change
from server.store.envelopes import Question, SqlStatement
from server.store.gate import Visit, lsn_json
from server.store.threads import Threads, call_on_thread
from server.store.turn import Turn
from substrate import json, plan, sql
from substrate.errors import described
from substrate.interface import Call, Frame, NotQuick, Reading, Store

LONGEST_SQL = 64 * 1024
LONGEST_QUICK = 1024
"""The bytes of a body whose plan or statement may be read at once."""
QUERY_ID = "X-OC-Query-Id"

T = TypeVar("T")


class Queries:
    """The works of /query, /sql, /ask, /queries/:id/cancel and /plan-schema. `calls` makes the bounds of a new call."""

    def __init__(
        self, store: Store, bodies: StoreBodies, threads: Threads, turn: Turn, calls: Callable[[], Call]
    ) -> None:
        self._store = store
        self._bodies = bodies
        self._threads = threads
        self._turn = turn
        self._calls = calls

    async def query(self, visit: Visit) -> None:
        """The rows of a plan; with `explain` also what each node has cost."""
        explain = one_of(visit.req, "explain", "true", "false") == "true"
        call = self._call(visit)
        raw, asked = await self._bodies.json(visit.req)

        def work() -> bytes:
            rows, tree = visit.namespace.explain(asked, call)
            return json.dumps({"rows": rows, "explain": tree})

        def read(source: Reading) -> bytes:
            return json.dumps(source.query(asked, call))

        visit.answer(await (self._run(visit, call, work) if explain else self._read(visit, call, raw, read)))

    async def ask(self, visit: Visit) -> None:
        """The rows that answer a question in words; with `show_plan` also the plan that was run."""
        call = self._call(visit)
        _, asked = await self._bodies.object(visit.req)
        text, schemas, show_plan = _question(asked)

        def work() -> bytes:
            answered = visit.namespace.ask(text, schemas, call)
            told = {"rows": answered.rows, "cache": answered.cache}
            return json.dumps(told | {"plan": answered.plan} if show_plan else told)

        visit.answer(await self._run(visit, call, work))

    async def sql(self, visit: Visit) -> None:
        """The rows of a SELECT; what an INSERT or DELETE would do, and with `execute` that it was done."""
        call = self._call(visit)
        raw, asked = await self._bodies.object(visit.req)
        text, params, execute = _statement(asked)
        writes = execute and await self._threads.run(sql.writes, text)
        visit.require("write" if writes else "read")

        def write(frame: Frame) -> Any:
            return frame.execute(text, params) | {"lsn": lsn_json(frame.lsn)}

        def read(source: Reading) -> bytes:
            return json.dumps(source.sql(text, params, call))

        if writes:
            await change(visit, raw, write)
        else:
            visit.answer(await self._read(visit, call, raw, read))

    async def cancel(self, visit: Visit, id: str) -> None:  # noqa: A002 - its name in the path
        """Ends a running call of the bearer's tenant; an operator's may be of any."""
        cancelled = await self._threads.run(self._cancel, id.upper(), visit.bearer.tenant)
        visit.answer(json.dumps({"cancelled": cancelled}))

    async def plan_schema(self, visit: Visit) -> None:
        """The grammar of plans, as JSON Schema."""
        visit.answer(_plan_schema())

    def _cancel(self, query_id: str, tenant: str | None) -> bool:
        tenants = self._store.names() if tenant is None else [tenant]
        return any(self._store.namespace(name).cancel(query_id) for name in tenants)

    def _call(self, visit: Visit) -> Call:
        """A new call, known by the id that the caller has chosen, or by one of ours. Raises Problem (400)."""
        call = self._calls()
        call.weigh = visit.weigh
        call.query_id = _query_id(visit.req)
        visit.resp.set_header(QUERY_ID, call.query_id)
        return call

    async def _read(self, visit: Visit, call: Call, raw: bytes, read: Callable[[Reading], T]) -> T:
        """What is known to be quick is read at once, everything else on a thread."""
        if self._threads.inline and len(raw) <= LONGEST_QUICK and visit.req.get_header(QUERY_ID) is None:
            call.only_if_quick = True
            with suppress(NotQuick), _measured():
                return read(self._turn.reading(visit.namespace))
            call.only_if_quick = False
        return await self._run(visit, call, lambda: read(visit.namespace))

    async def _run(self, visit: Visit, call: Call, work: Callable[[], T]) -> T:
        with _measured():
            return await call_on_thread(self._threads, visit.req, call, work)


@contextmanager
def _measured() -> Iterator[None]:
    """Counts the block as a query, with its time; not one that is asked again on a thread."""
    began, ended = perf_counter(), True
    try:
        yield
    except NotQuick:
        ended = False
        raise
    finally:
        if ended:
            metrics.store_query_ends(perf_counter() - began)


@cache
def _plan_schema() -> bytes:
    return json.dumps(plan.schema())


def _query_id(req: Request) -> str:
    chosen = req.get_header(QUERY_ID)
    if chosen is None:
        return new_store_id()
    try:
        return str(ULID.from_str(chosen.strip().upper()))
    except ValueError:
        raise Problem(400, "the header X-OC-Query-Id: expected a ULID") from None


def _statement(asked: dict[str, Any]) -> tuple[str, list[Any], bool]:
    """The text, parameters and wish of a body for /sql. Raises Problem (400)."""
    require(asked, SqlStatement)
    text, params, execute = asked["sql"], asked.get("params"), asked.get("execute", False)
    if not isinstance(text, str):
        raise Problem(400, f"`sql`: expected text, found {described(text)}", detail={"field": "sql"})
    if len(text.encode()) > LONGEST_SQL:
        raise Problem(400, f"`sql`: expected at most {LONGEST_SQL} bytes", detail={"field": "sql"})
    if params is not None and not isinstance(params, list):
        raise Problem(400, f"`params`: expected an array, found {described(params)}", detail={"field": "params"})
    if not isinstance(execute, bool):
        raise Problem(
            400, f"`execute`: expected true or false, found {described(execute)}", detail={"field": "execute"}
        )
    return text, params or [], execute


def _question(asked: dict[str, Any]) -> tuple[str, list[str], bool]:
    """The text, tables and wish of a body for /ask. Raises Problem (400)."""
    given = next((name for name in ("nl", "question", "q") if name in asked), "nl")
    if given == "nl":
        require(asked, Question)
    text = asked[given]
    schemas, show_plan = asked.get("schemas"), asked.get("show_plan", False)
    if not isinstance(text, str):
        raise Problem(400, f"`nl`: expected text, found {described(text)}", detail={"field": "nl"})
    if schemas is not None and not (isinstance(schemas, list) and all(isinstance(name, str) for name in schemas)):
        message = f"`schemas`: expected an array of ids of tables, found {described(schemas)}"
        raise Problem(400, message, detail={"field": "schemas"})
    if not isinstance(show_plan, bool):
        message = f"`show_plan`: expected true or false, found {described(show_plan)}"
        raise Problem(400, message, detail={"field": "show_plan"})
    return text, schemas or [], show_plan
