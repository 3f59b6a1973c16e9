"""Reading in one snapshot: what a namespace and a frame have in common."""

from collections.abc import Iterable, Sequence
from typing import Any

from substrate import ask as questions, cache, json, plan as plans, sql as statements
from substrate.catalog import Catalog
from substrate.columns import Json
from substrate.engine import Connection, Statement, Values
from substrate.errors import Invalid
from substrate.interface import Answered, Call, JsonRow, Plan
from substrate.surroundings import Surroundings

INSERTED_CHARACTERS = 16 * 2**20
_LOOKED_AT_ONCE = 1_000


class ReadingHere:
    """See `substrate.interface.Reading`; all of it on one connection, by the tables of one catalogue."""

    def __init__(self, around: Surroundings, connection: Connection, catalog: Catalog) -> None:
        self.around = around
        self.connection = connection
        self.catalog = catalog
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
        return self.around.writer(self.catalog.table(table)).read(self.connection.execute, key)[1]

    def cached(self, key: str, now: float) -> bytes | None:
        """See the protocol."""
        return cache.get(self.connection, key, now)

    def query(self, plan: Plan, call: Call | None = None, *, coerce: bool = False) -> list[JsonRow]:
        """See the protocol."""
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

    def sql(
        self, text: str, params: Sequence[Json] = (), call: Call | None = None, *, database: str | None = None
    ) -> Json:
        """See the protocol."""
        checked = statements.check(text, self.catalog.at_home_in(database) if database else self.catalog)
        if isinstance(checked, statements.Insert):
            return {"kind": "insert", "schema": str(checked.schema), "rows": bounded(checked.rows(params))}
        if isinstance(checked, statements.Delete):
            return {"kind": "delete", "schema": str(checked.schema), "pk": checked.pk(params)}
        return {"kind": "select", "rows": self._run(checked.statement(params, self.dialect), call or Call())}

    def _run(self, statement: Statement, call: Call) -> list[JsonRow]:
        """The rows of a statement, within what the call may return."""
        reads = statement.reader(self.dialect, self.around.shared.cipher)
        with self.around.tracked(call, self.connection):
            if call.rows is None:
                return _within(self.connection.stream(statement.sql, statement.params), reads, call)
            rows = _within(self.connection.stream(statement.sql, statement.params), reads, call)
        if len(rows) > call.rows:
            raise Invalid(f"the answer has more than {call.rows:,} rows: narrow it with LIMIT", limit=call.rows)
        return rows


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
    return size
