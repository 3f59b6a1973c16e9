"""What both sides answer to questions: `Reading` of substrate.interface."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from substrate.interface import (
    Answered,
    Call,
    Cell,
    Json,
    JsonRow,
    Plan,
    Reading,
    Row,
    SystemTables,
    TextField,
    TextHit,
)
from substrate.interface.graph import Walk
from substrate.interface.hybrid import Both, FusedHit
from substrate.interface.migrations import Record
from substrate.interface.vectors import Hit, Nearest, VectorTable
from tests.substrate.mirror import alike
from tests.substrate.mirror.alike import View
from tests.substrate.mirror.lockstep import both, call_text

P = ParamSpec("P")
T = TypeVar("T")


class MirrorReading:
    """See `substrate.interface.Reading`. Every call is made on both sides."""

    def __init__(self, left: Reading, right: Reading) -> None:
        self.left: Any = left
        self.right: Any = right

    def table_ids(self) -> list[str]:
        """See the protocol."""
        return self._both(Reading.table_ids)()

    def databases(self) -> list[str]:
        """See the protocol."""
        return self._both(Reading.databases)()

    def manifest_text(self, table: str) -> str:
        """See the protocol."""
        return self._both(Reading.manifest_text)(table)

    def get(self, table: str, key: str) -> JsonRow | None:
        """See the protocol."""
        return self._both(Reading.get)(table, key)

    def query(self, plan: Plan, call: Call | None = None, *, coerce: bool = False) -> list[JsonRow]:
        """See the protocol."""
        return self._both(Reading.query, alike.planned(plan))(plan, call, coerce=coerce)

    def explain(self, plan: Plan, call: Call | None = None) -> tuple[list[JsonRow], Json]:
        """See the protocol."""
        return self._both(Reading.explain, alike.explained(plan))(plan, call)

    def ask(self, text: str, schemas: Sequence[str] = (), call: Call | None = None) -> Answered:
        """See the protocol."""
        return self._both(Reading.ask)(text, schemas, call)

    def migrations(self) -> list[Record]:
        """See the protocol."""
        return self._both(Reading.migrations)()

    def migration(self, id: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        return self._both(Reading.migration)(id)

    def migration_audit(self) -> list[Record]:
        """See the protocol."""
        return self._both(Reading.migration_audit)()

    def graph(self, asked: Walk, call: Call | None = None) -> Json:
        """See the protocol."""
        return self._both(Reading.graph)(asked, call)

    def text_search(self, table: str, field: str, query: str, k: int = 10, call: Call | None = None) -> list[TextHit]:
        """See the protocol."""
        return self._both(Reading.text_search)(table, field, query, k, call)

    def text_fields(self) -> list[TextField]:
        """See the protocol."""
        return self._both(Reading.text_fields)()

    def search(self, asked: Both, call: Call | None = None) -> list[FusedHit]:
        """See the protocol."""
        return self._both(Reading.search)(asked, call)

    def text_match(
        self, table: str, field: str, query: str, *, phrase: bool = False, call: Call | None = None
    ) -> list[str]:
        """See the protocol."""
        return self._both(Reading.text_match)(table, field, query, phrase=phrase, call=call)

    def vector_tables(self) -> list[VectorTable]:
        """See the protocol."""
        return self._both(Reading.vector_tables)()

    def vector_topk(self, asked: Nearest, call: Call | None = None) -> list[Hit]:
        """See the protocol."""
        return self._both(Reading.vector_topk)(asked, call)

    def cached(self, key: str, now: float) -> bytes | None:
        """See the protocol."""
        return self._both(Reading.cached)(key, now)

    def sql(
        self, text: str, params: Sequence[Json] = (), call: Call | None = None, *, database: str | None = None
    ) -> Json:
        """See the protocol."""
        return self._both(Reading.sql, alike.statement(text))(text, params, call, database=database)

    def system(self, sql: str, *params: Cell) -> list[Row]:
        """See `substrate.interface.SystemTables`: of frames and namespaces."""
        view = alike.whole if "ORDER BY" in sql.upper() else alike.in_any_order
        return self._both(SystemTables.system, view)(sql, *params)

    def _both(self, asked: Callable[Concatenate[Any, P], T], view: View = alike.whole) -> Callable[P, T]:
        """A call of the protocol, made on both sides. Raises Difference."""

        def ask(*arguments: P.args, **named: P.kwargs) -> T:
            sides = [getattr(side, asked.__name__) for side in (self.left, self.right)]
            left, right = (partial(side, *arguments, **named) for side in sides)
            answer: T = both(call_text(asked.__name__, arguments, named), left, right, view)
            return answer

        return ask
