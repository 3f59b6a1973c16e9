"""Reading in one snapshot: what a namespace and a frame have in common."""

from collections.abc import Iterable, Sequence
from typing import Any

from substrate import ask as questions, cache, graph as graphs, json, plan as plans, sql as statements, vectors
from substrate.catalog import Catalog
from substrate.columns import Json
from substrate.counts import PLAN_HITS
from substrate.engine import Connection, Statement, Values
from substrate.errors import Invalid
from substrate.graph.relations import Relations
from substrate.interface import Answered, Call, JsonRow, NotQuick, Plan, TextField, TextHit
from substrate.interface.graph import Walk
from substrate.interface.hybrid import Both, FusedHit
from substrate.interface.migrations import Record
from substrate.interface.vectors import Hit, Nearest, VectorTable
from substrate.log import Op, Pending
from substrate.surroundings import Surroundings

INSERTED_CHARACTERS = 16 * 2**20
_LOOKED_AT_ONCE = 1_000


class ReadingHere:
    """See `substrate.interface.Reading`; all of it on one connection, by the tables of one catalogue.

    `ops`, `pending`: what a frame has changed, and the frames before it in the same commit, which the log lacks yet.
    """

    committed = True
    """Whether nothing that is read may still be undone."""

    def __init__(self, around: Surroundings, connection: Connection, catalog: Catalog) -> None:
        self.around = around
        self.connection = connection
        self.catalog = catalog
        self.ops: list[Op] = []
        self.pending: Sequence[Pending] = ()
        self.dialect = around.engine.dialect

    def table_ids(self) -> list[str]:
        """See the protocol."""
        return sorted(self.catalog.tables)

    def databases(self) -> list[str]:
        """The databases, sorted; also those without tables."""
        made: list[Any] = self.connection.execute("SELECT name FROM _oc_database")
        return sorted({*(name for (name,) in made), *(table.id.namespace for table in self.catalog.tables.values())})

    def manifest_text(self, table: str) -> str:
        """See the protocol."""
        return self.catalog.table(table).text

    def get(self, table: str, key: str) -> JsonRow | None:
        """See the protocol."""
        return self.around.writer(self.catalog.table(table)).read_here(self.connection.execute, key)

    def cached(self, key: str, now: float) -> bytes | None:
        """See the protocol."""
        return cache.get(self.connection, key, now)

    def query(self, plan: Plan, call: Call | None = None, *, coerce: bool = False) -> list[JsonRow]:
        """See the protocol."""
        if call and call.only_if_quick:
            rows = self._run(_known(plans.kept(plan, self.catalog, self.dialect, coerce=coerce)), call)
            PLAN_HITS.add()
            return rows
        return self._run(plans.compile(plan, self.catalog, self.dialect, coerce=coerce), call or Call())

    def explain(self, plan: Plan, call: Call | None = None) -> tuple[list[JsonRow], Json]:
        """See the protocol."""
        call = call or Call()
        with self.around.tracked(call, self.connection):
            return plans.explain(plan, self.catalog, self.dialect, self.connection, self.around.shared.cipher)

    def ask(self, text: str, schemas: Sequence[str] = (), call: Call | None = None) -> Answered:
        """See the protocol."""
        asked = questions.asked(text, self.catalog, schemas)
        return Answered(self.query(asked.plan, call), asked.plan, asked.cache)

    def graph(self, asked: Walk, call: Call | None = None) -> Json:
        """See the protocol."""
        call = call or Call()
        relations = Relations(self.catalog, self.connection, self.dialect, asked.table, asked.relation)
        with self.around.tracked(call, self.connection):
            return graphs.answer(asked, relations, call.nodes)

    def text_search(self, table: str, field: str, query: str, k: int = 10, call: Call | None = None) -> list[TextHit]:
        """See the protocol."""
        from substrate.fulltext import searching

        return searching.ranked(self, table, field, query, k, call)

    def text_fields(self) -> list[TextField]:
        """See the protocol."""
        from substrate.fulltext import fields

        return fields.listed(self)

    def search(self, asked: Both, call: Call | None = None) -> list[FusedHit]:
        """See the protocol."""
        from substrate import hybrid

        return hybrid.search(self, asked, call)

    def text_match(
        self, table: str, field: str, query: str, *, phrase: bool = False, call: Call | None = None
    ) -> list[str]:
        """See the protocol."""
        from substrate.fulltext import searching

        return searching.matching(self, table, field, query, phrase=phrase, call=call)

    def vector_tables(self) -> list[VectorTable]:
        """See the protocol."""
        return vectors.tables(self)

    def vector_topk(self, asked: Nearest, call: Call | None = None) -> list[Hit]:
        """See the protocol."""
        with self.around.tracked(call, self.connection):
            return vectors.topk(self, asked)

    def migrations(self) -> list[Record]:
        """See the protocol."""
        from substrate.migrations import records

        return [each.record(self.around.name) for each in records.found(self)]

    def migration(self, id: str) -> Record:  # noqa: A002 - its name everywhere
        """See the protocol."""
        from substrate.migrations import records

        return records.one(self, id).record(self.around.name)

    def migration_audit(self) -> list[Record]:
        """See the protocol."""
        from substrate.migrations import records

        return records.audit(self)

    def sql(
        self, text: str, params: Sequence[Json] = (), call: Call | None = None, *, database: str | None = None
    ) -> Json:
        """See the protocol."""
        catalog = self.catalog.at_home_in(database) if database else self.catalog
        if call and call.only_if_quick:
            kept = _known(statements.kept(text, params, catalog, self.dialect))
            return {"kind": "select", "rows": self._run(kept, call)}
        checked = statements.check(text, catalog)
        if isinstance(checked, statements.Insert):
            return {"kind": "insert", "schema": str(checked.schema), "rows": bounded(checked.rows(params))}
        if isinstance(checked, statements.Delete):
            return {"kind": "delete", "schema": str(checked.schema), "pk": checked.pk(params)}
        return {"kind": "select", "rows": self._run(checked.statement(params, self.dialect), call or Call())}

    def _run(self, statement: Statement, call: Call) -> list[JsonRow]:
        """The rows of a statement, within what the call may return."""
        reads = statement.reader(self.dialect, self.around.shared.cipher)
        if call.only_if_quick:
            rows = self._quickly(statement, reads, call)
        else:
            with self.around.tracked(call, self.connection), self.around.quick.measured(statement.sql):
                rows = _within(self.connection.stream(statement.sql, statement.params), reads, call)
        if call.rows is not None and len(rows) > call.rows:
            raise Invalid(f"the answer has more than {call.rows:,} rows: narrow it with LIMIT", limit=call.rows)
        return rows

    def _quickly(self, statement: Statement, reads: Any, call: Call) -> list[JsonRow]:
        if statement.sql not in self.around.quick:
            raise NotQuick
        with self.around.quick.at_once(statement.sql):
            return _within(self.connection.brief(statement.sql, statement.params), reads, call)


def _known(kept: Statement | None) -> Statement:
    """A statement of a call that is to be quick: to write one takes longer than to run it."""
    if kept is None:
        raise NotQuick
    return kept


def bounded(rows: list[JsonRow]) -> list[JsonRow]:
    """The rows that a statement inserts. Raises Invalid: a few parameters can stand in very many rows."""
    size = sum(len(value) for row in rows for value in row.values() if isinstance(value, str))
    if size > INSERTED_CHARACTERS:
        message = f"the rows have {size:,} characters of text, more than the {INSERTED_CHARACTERS:,} of one statement"
        raise Invalid(f"{message}: use _batch")
    return rows


def _within(found: Iterable[Values], reads: Any, call: Call) -> list[JsonRow]:
    """The rows as objects; refused once they are too many or too large."""
    rows: list[JsonRow] = []
    size = looked = 0
    look_at = 1  # rows may be large, so the first ones are looked at soon
    for row in found:
        rows.append(reads(row))
        if len(rows) >= look_at:
            size, looked = _weighed(rows, looked, size, call), len(rows)
            if call.rows is not None and looked > call.rows:
                return rows
            look_at = looked + min(looked, _LOOKED_AT_ONCE)
    _weighed(rows, looked, size, call)
    return rows


def _weighed(rows: list[JsonRow], looked: int, size: int, call: Call) -> int:
    """The bytes of all rows as JSON, when `size` are those of the first `looked`. Raises Invalid when too many."""
    if looked < len(rows):
        size += len(json.dumps(rows[looked:]))
    if size > call.read_bytes:
        message = f"the answer is larger than {call.read_bytes:,} bytes: narrow it with LIMIT"
        raise Invalid(message, limit=call.read_bytes, of="bytes")
    if call.weigh:
        call.weigh(size)
    return size
