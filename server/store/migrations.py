"""Migrations of tables: submitted, watched, cut over or given up."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from oql.local import new_id
from server.problems import Problem
from server.routing import Parameter, Route
from server.store.bodies import StoreBodies, require
from server.store.changes import change
from server.store.gate import Visit
from server.store.threads import Threads
from substrate import json
from substrate.errors import Conflict, described
from substrate.interface import Frame

State = Literal["Backfilling", "ReadyToCutover", "Completed", "Aborted", "Failed"]


class MigrationWanted(BaseModel):
    """A change of a table."""

    model_config = ConfigDict(extra="allow", strict=True)

    schema_: str = Field(alias="schema")
    diff: list[dict[str, Any]] = Field(min_length=1, description="operations, each an object with its name as the key")
    auto_cutover: bool = Field(False, description="whether the tables are swapped as soon as that is possible")


class Progress(BaseModel):
    """How far the new table is filled; null until the rows were counted."""

    rows_seen: int
    rows_total: int | None


class Migration(BaseModel):
    """A migration as it stands."""

    id: str
    tenant: str
    schema_: str = Field(alias="schema")
    state: State
    diff: list[dict[str, Any]]
    progress: Progress
    reason: str | None = Field(None, description="why it has failed")


class Migrations(RootModel[list[Migration]]):
    """All migrations of a tenant, oldest first."""


class Transition(BaseModel):
    """A transition of a migration, and the name of the token by which it was asked for."""

    id: str
    schema_: str = Field(alias="schema")
    state: State
    at_secs: int
    actor: str
    event: Literal["submit", "ready", "cutover", "abort", "auto-cutover", "fail"]


class Transitions(RootModel[list[Transition]]):
    """All transitions, oldest first."""


class MigrationDesk:
    """The works of the routes below /migrations."""

    def __init__(self, bodies: StoreBodies, threads: Threads) -> None:
        self._bodies = bodies
        self._threads = threads

    async def submit(self, visit: Visit) -> None:
        """Begins a migration; a worker fills the new table."""
        raw, asked = await self._bodies.object(visit.req)
        require(asked, MigrationWanted)
        table, auto = asked["schema"], asked.get("auto_cutover", False)
        if not isinstance(table, str):
            raise Problem(400, f"`schema`: expected text, found {described(table)}", detail={"field": "schema"})
        if not isinstance(auto, bool):
            message = f"`auto_cutover`: expected true or false, found {described(auto)}"
            raise Problem(400, message, detail={"field": "auto_cutover"})
        diff, actor, name = asked["diff"], visit.bearer.token.name, new_id(7)

        def work(frame: Frame) -> Any:
            return frame.migrate(name, table, diff, actor, auto_cutover=auto)

        await change(visit, raw, work)

    async def list(self, visit: Visit) -> None:
        """All migrations."""
        visit.answer(json.dumps(await self._threads.quick(visit.namespace.migrations)))

    async def one(self, visit: Visit, id: str) -> None:  # noqa: A002 - its name in the path
        """One migration."""
        visit.answer(json.dumps(await self._threads.quick(visit.namespace.migration, id)))

    async def audit(self, visit: Visit) -> None:
        """All transitions."""
        visit.answer(json.dumps(await self._threads.quick(visit.namespace.migration_audit)))

    async def cut_over(self, visit: Visit, id: str) -> None:  # noqa: A002 - its name in the path
        """Puts the new table in the place of the old one; 409 where a row written late has made that impossible."""
        raw, actor = await self._bodies.raw(visit.req), visit.bearer.token.name
        await change(visit, raw, lambda frame: frame.cut_over(id, actor), refused=_failed)

    async def abort(self, visit: Visit, id: str) -> None:  # noqa: A002 - its name in the path
        """Leaves the table as it is."""
        raw, actor = await self._bodies.raw(visit.req), visit.bearer.token.name
        await change(visit, raw, lambda frame: frame.abort(id, actor))


def _failed(record: Any) -> Conflict | None:
    """The refusal of a cut-over whose outcome is a migration that has failed."""
    if record["state"] != "Failed":
        return None
    return Conflict(f"the migration has failed: {record['reason']}", state="Failed")


def migration_routes(desk: MigrationDesk, on: Callable[..., Route], tenant: str, key: Parameter) -> Sequence[Route]:
    """The routes of migrations."""
    all_, one = f"{tenant}/migrations", f"{tenant}/migrations/{{id}}"
    writing = (400, 404, 402, 408, 409, 413, 415)
    return (
        on("POST", all_, "admin", desk.submit, "Begin to change a table", [Migration], writing, MigrationWanted, [key]),
        on("GET", all_, "read", desk.list, "All migrations", [Migrations], (400, 404)),
        on("GET", f"{all_}/_audit", "read", desk.audit, "All transitions of migrations", [Transitions], (400, 404)),
        on("GET", one, "read", desk.one, "A migration", [Migration], (400, 404)),
        on("POST", f"{one}/cutover", "admin", desk.cut_over, "Put the new table in place", [Migration], writing, None,
           [key]),
        on("POST", f"{one}/abort", "admin", desk.abort, "Leave the table as it is", [Migration], writing, None, [key]),
    )  # fmt: skip
