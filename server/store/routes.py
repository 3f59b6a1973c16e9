"""Every route of the store, and the parts that answer them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from accounts.service import Accounts
from accounts.tokens import OPERATOR
from oql.settings import Settings
from server.bodies import Bodies
from server.routing import Parameter, Route
from server.store import envelopes as e
from server.store.admin import Admin
from server.store.bodies import StoreBodies
from server.store.budget import Budget
from server.store.following import Follower
from server.store.fulltext import Fulltext, fulltext_routes
from server.store.gate import ANY, Bounds, Gate, Work
from server.store.graph import Graph, graph_routes
from server.store.migrations import MigrationDesk, migration_routes
from server.store.ndjson import Ndjson
from server.store.queries import Queries
from server.store.rates import FILE as RATES, Rate, Rates
from server.store.replication import Replication, replication_routes
from server.store.rows import BATCH, NDJSON, Rows
from server.store.schemas import Schemas
from server.store.search import Search, search_routes
from server.store.slots import Slots
from server.store.telling import Teller
from server.store.threads import Threads
from server.store.turn import Turn
from server.store.usage import Usage
from server.store.vectors import Vectors, vector_routes
from server.store.watch import Watch
from substrate.interface import Call, Store
from substrate.replication.standing import Standings

THREADS = 32
"""Calls of one process that may run at once in the store."""

READS = (401, 403, 429, 503)
WRITES = (402, 408, 409, 413, 415)
"""How any request that reads can be refused, and what comes to that for those that write."""

KEY = Parameter("Idempotency-Key", "header", "makes a retry safe: the same request under the same key is done once")
VERSION = Parameter("If-Match", "header", "the version that the row must have, 0 for none")
EXPECT = Parameter("expect", "query", "`insert`: a hint that the keys are new")
CHUNK = Parameter("chunk", "query", "of a stream: rows that are written together, 1 to 10000, default 1000")
EXPLAIN = Parameter("explain", "query", "`true`: also what each node of the plan has cost")
QUERY_ID = Parameter("X-OC-Query-Id", "header", "a ULID by which to cancel the call; default: one of the server's")
SCHEMAS = Parameter("schemas", "query", "ids of tables, separated by commas")
MODE = Parameter("mode", "query", "`snapshot` (default): tables as a whole; `changes`: what has changed in them")
LAST = Parameter("Last-Event-ID", "header", "the id of the last event that was seen")
CONFIRM = Parameter("confirm", "query", "the tenant's id once more")


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes lead to. `end_streams` ends those that have no end of their own; `close` lets go of all."""

    gate: Gate
    schemas: Schemas
    rows: Rows
    queries: Queries
    vectors: Vectors
    graph: Graph
    migrations: MigrationDesk
    fulltext: Fulltext
    search: Search
    watch: Watch
    usage: Usage
    admin: Admin
    replication: Replication
    close: Callable[[], None]

    @property
    def end_streams(self) -> Callable[[], None]:
        """Ends the streams of this process."""

        def end() -> None:
            self.watch.end()
            self.replication.end()

        return end


def parts(accounts: Accounts, store: Store, settings: Settings) -> Parts:
    """The parts of one process."""
    threads = Threads(THREADS, inline=not settings.store)
    turn, slots = Turn(), Slots(settings.data / "store.places")
    rates = Rates(settings.data / RATES, rate := Rate(settings.store_rate_per_minute, settings.store_burst))
    bounds = Bounds(None if settings.dev else rate, settings.store_at_once)
    bodies = StoreBodies(Bodies(settings.store_body_bytes), threads)
    ndjson = Ndjson(threads, slots, settings.store_line_bytes)
    most = settings.store_answer_bytes
    calls = partial(Call, settings.store_query_s, None, most)
    teller = Teller(threads, calls, settings.store_watch_rows)
    return Parts(
        Gate(accounts, store, threads, slots, rates, bounds, turn, Budget(most, 2 * most)),
        Schemas(bodies, threads),
        Rows(bodies, threads, turn, ndjson),
        Queries(store, bodies, threads, turn, calls),
        Vectors(bodies, threads, ndjson, calls),
        Graph(bodies, threads, partial(calls, nodes=settings.store_graph_nodes)),
        MigrationDesk(bodies, threads),
        Fulltext(bodies, threads, calls),
        Search(bodies, threads, calls),
        Watch(Follower(threads), teller, threads, slots, settings.store_watchers),
        Usage(accounts, threads),
        Admin(accounts, store, bodies, threads),
        Replication(store, bodies, threads, Standings(settings.data), settings.node_id),
        threads.close,
    )


TENANT, ADMIN = "/v1/tenants/{tenant}", "/v1/admin/tenants"
_JSON = ("application/json",)
_WRITING = (400, 404, *WRITES)
_ASKING = (400, 404, 408, 413, 415, 499)

On = Callable[..., Route]


def store_routes(to: Parts) -> Sequence[Route]:
    """Every route of the store."""
    on = _on(to.gate)
    return (
        *_tables(to, on),
        *_questions(to, on),
        *vector_routes(to.vectors, on, TENANT),
        *graph_routes(to.graph, on, TENANT),
        *fulltext_routes(to.fulltext, on, TENANT, _WRITING, KEY),
        *search_routes(to.search, on, TENANT),
        *migration_routes(to.migrations, on, TENANT, KEY),
        *_administration(to, on),
        *replication_routes(to.replication, on, OPERATOR),
    )


def _on(gate: Gate) -> On:
    def on(
        method: str,
        path: str,
        scope: str,
        work: Work,
        summary: str,
        answers: Sequence[type] | str,
        problems: Sequence[int] = (),
        body: type | None = None,
        parameters: Sequence[Parameter] = (),
        body_types: Sequence[str] = _JSON,
        successes: Sequence[int] = (200,),
        *,
        listed: bool = True,
        counted: bool = True,
    ) -> Route:
        """A route whose responder lets bearers with the scope in."""
        refused = sorted({*READS, *problems})
        return Route(method, path, gate.responder(scope, work, counted=counted), summary, answers, refused, body,
                     parameters, scope, body_types, successes, listed)  # fmt: skip

    return on


def _tables(to: Parts, on: On) -> Sequence[Route]:
    one, keyed = f"{TENANT}/rows/{{schema}}/{{key:path}}", (KEY, VERSION)
    batch = f"{TENANT}/rows/{{schema}}/{BATCH}"
    return (
        on("POST", f"{TENANT}/schemas", "admin", to.schemas.register, "Declare or change a table", [e.Registered],
           _WRITING, e.Manifest, [KEY], ("text/plain", "application/toml")),
        on("GET", f"{TENANT}/schemas", "read", to.schemas.list, "The ids of all tables", [e.TableIds], (400, 404)),
        on("GET", f"{TENANT}/schemas/{{schema}}", "read", to.schemas.manifest, "A table's manifest", "text/plain",
           (400, 404)),
        on("DELETE", f"{TENANT}/schemas/{{schema}}", "admin", to.schemas.drop, "Delete a table", [e.Dropped], _WRITING,
           None, [KEY]),
        on("POST", f"{TENANT}/rows/{{schema}}", "write", to.rows.put, "Write a row", [e.RowWritten], _WRITING, e.Row,
           [*keyed, EXPECT]),
        on("POST", batch, "write", to.rows.put_many, "Write many rows", [e.RowsWritten], _WRITING, e.RowList,
           [KEY, EXPECT, CHUNK], (*_JSON, NDJSON)),
        on("GET", batch, "read", to.rows.get, "A row", [e.Row], (400, 404), listed=False),
        on("PUT", batch, "write", to.rows.replace, "Write a row", [e.RowWritten], _WRITING, e.Row, listed=False),
        on("DELETE", batch, "write", to.rows.delete, "Delete a row", [e.RowDeleted], _WRITING, listed=False),
        on("GET", one, "read", to.rows.get, "A row", [e.Row], (400, 404)),
        on("PUT", one, "write", to.rows.replace, "Write the row of a key", [e.RowWritten], _WRITING, e.Row, keyed),
        on("DELETE", one, "write", to.rows.delete, "Delete a row", [e.RowDeleted], _WRITING, None, keyed),
    )  # fmt: skip


def _questions(to: Parts, on: On) -> Sequence[Route]:
    sql = (e.SqlSelected, e.SqlInsert, e.SqlDelete)
    return (
        on("POST", f"{TENANT}/query", "read", to.queries.query, "Run a plan", [e.RowList, e.Explained],
           (*_ASKING, 409), e.Plan, [EXPLAIN, QUERY_ID]),
        on("POST", f"{TENANT}/sql", ANY, to.queries.sql, "Run or translate SQL", sql, (*_ASKING, 402, 409),
           e.SqlStatement, [KEY, QUERY_ID]),
        on("POST", f"{TENANT}/ask", "read", to.queries.ask, "Answer a question in words", [e.Answer], (*_ASKING, 409),
           e.Question, [QUERY_ID]),
        on("GET", f"{TENANT}/watch", "read", to.watch.watch, "Changes as they happen", "text/event-stream", (400, 404),
           None, [SCHEMAS, MODE, LAST]),
        on("GET", f"{TENANT}/usage", "read", to.usage.usage, "What a tenant holds", [e.TenantUsage], (400, 404)),
        on("POST", "/v1/queries/{id}/cancel", ANY, to.queries.cancel, "End a running call", [e.CancelAnswer], (400,)),
        on("GET", "/v1/plan-schema", ANY, to.queries.plan_schema, "The grammar of plans", [e.PlanGrammar]),
    )  # fmt: skip


def _administration(to: Parts, on: On) -> Sequence[Route]:
    asked = (408, 413, 415)
    return (
        on("GET", ADMIN, OPERATOR, to.admin.list, "The ids of all tenants", [e.TableIds]),
        on("PUT", f"{ADMIN}/{{tenant}}", OPERATOR, to.admin.make, "Make a tenant", [e.TenantMade], (400,),
           successes=(200, 201)),
        on("DELETE", f"{ADMIN}/{{tenant}}", OPERATOR, to.admin.delete, "Delete a tenant", [e.TenantDeleted], (400,),
           None, [CONFIRM]),
        on("GET", f"{ADMIN}/{{tenant}}/config", OPERATOR, to.admin.config, "How a tenant is replicated",
           [e.ReplicationConfig], (400,)),
        on("POST", f"{ADMIN}/{{tenant}}/config", OPERATOR, to.admin.configure, "Set how a tenant is replicated",
           [e.ReplicationConfigured], (400, *asked), e.ReplicationConfig),
        on("POST", f"{ADMIN}/{{tenant}}/tokens", OPERATOR, to.admin.issue, "Issue a token", [e.TenantTokenIssued],
           (400, 404, *asked), e.TenantTokenRequest, successes=(201,)),
        on("GET", f"{ADMIN}/{{tenant}}/tokens", OPERATOR, to.admin.tokens, "The tokens of a tenant", [e.TenantTokens],
           (400, 404)),
        on("DELETE", f"{ADMIN}/{{tenant}}/tokens/{{id}}", OPERATOR, to.admin.revoke, "Revoke a token",
           [e.TenantTokenRevoked], (400, 404)),
    )  # fmt: skip
