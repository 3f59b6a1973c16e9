"""What requests to the store and its answers look like, for the OpenAPI document; the store checks rows and plans."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel


class _Open(BaseModel):
    """An object of a request in which other fields are ignored."""

    model_config = ConfigDict(extra="allow", strict=True)


class LogPlace(BaseModel):
    """A place in the change log of a tenant; later ones are greater."""

    segment: int
    offset: int


class Manifest(RootModel[str]):
    """The declaration of a table, in TOML."""


class Registered(BaseModel):
    """A table as it is now declared."""

    id: str
    version: int
    tenant: str


class TableIds(RootModel[list[str]]):
    """The ids of tables, sorted."""


class Dropped(BaseModel):
    """Whether there was a table to delete."""

    deleted: bool
    lsn: LogPlace


class Row(RootModel[dict[str, Any]]):
    """A row: a value for each column. One that is read has its version as `_oc_row_version`."""


class RowList(RootModel[list[Row]]):
    """Rows, in the order that the request settles."""


class RowWritten(BaseModel):
    """A row that is on disk."""

    ok: Literal[True]
    lsn: LogPlace
    pk: str | None = Field(None, description="the key, where the server made it")


class RowDeleted(BaseModel):
    """A row that is there no more."""

    ok: Literal[True]
    deleted: bool = Field(description="whether there was one")
    lsn: LogPlace


class RowsWritten(BaseModel):
    """Rows that are on disk."""

    inserted: int = Field(description="how many were written, those that overwrote others too")
    lsn: LogPlace


class Plan(RootModel[dict[str, Any]]):
    """One operator with its fields, as /v1/plan-schema describes it."""


class Explained(BaseModel):
    """Rows, and what each node of their plan has cost."""

    rows: list[Row]
    explain: dict[str, Any]


class SqlStatement(_Open):
    """A SQL statement."""

    sql: str
    params: list[Any] | None = Field(None, description="the values of $1, $2, ...")
    execute: bool = Field(False, description="whether an INSERT or DELETE is to be run")


class SqlSelected(BaseModel):
    """The rows of a SELECT."""

    kind: Literal["select"]
    rows: list[Row]


class SqlInsert(BaseModel):
    """The rows that an INSERT means; once it has run also how many, and where in the log."""

    kind: Literal["insert"]
    schema_: str = Field(alias="schema")
    rows: list[Row]
    inserted: int | None = None
    lsn: LogPlace | None = None


class SqlDelete(BaseModel):
    """The key that a DELETE means; once it has run also how many rows it was, and where in the log."""

    kind: Literal["delete"]
    schema_: str = Field(alias="schema")
    pk: str | list[Any]
    deleted: int | None = None
    lsn: LogPlace | None = None


class Question(_Open):
    """A question in words; `question` and `q` mean `nl`."""

    nl: str = Field(max_length=1_000)
    schemas: list[str] | None = Field(None, description="ids of the tables that it is about; default: all")
    show_plan: bool = Field(False, description="whether the plan is wanted too")


class Answer(BaseModel):
    """The rows that answer a question. `cache`: whether its plan was there, was made, or came from elsewhere."""

    rows: list[Row]
    cache: Literal["hit", "miss", "skip"]
    plan: Plan | None = None


class CancelAnswer(BaseModel):
    """Whether a running call had the id."""

    cancelled: bool


class PlanGrammar(RootModel[dict[str, Any]]):
    """A JSON Schema."""


class UsageTotals(BaseModel):
    """What a tenant holds."""

    rows: int
    bytes: int
    vectors: int
    documents: int


class UsageOfTable(BaseModel):
    """What one table holds."""

    schema_: str = Field(alias="schema")
    rows: int
    bytes: int


class TenantUsage(BaseModel):
    """What a tenant holds, and may hold; null is without limit."""

    tenant: str
    used: UsageTotals
    schemas: list[UsageOfTable]
    limits: dict[str, int | None]


class ReplicationConfig(_Open):
    """How a tenant is replicated."""

    replication_mode: Literal["active_passive"]


class ReplicationConfigured(BaseModel):
    """How a tenant is replicated from now on."""

    replication_mode: Literal["active_passive"]
    installed: Literal[True]


class TenantMade(BaseModel):
    """A tenant; `created` where it was not there before."""

    tenant: str
    created: bool


class TenantDeleted(BaseModel):
    """Whether there was a tenant to delete."""

    deleted: bool


class TenantTokenRequest(_Open):
    """A token for a tenant."""

    name: str = Field(min_length=1, max_length=200)
    scopes: list[Literal["read", "write", "admin"]] = Field(min_length=1)
    expires_at_secs: int | None = Field(None, description="Unix seconds; default: as late as tokens may end")


class TenantTokenIssued(BaseModel):
    """A new token; this is the only time that it is shown."""

    id: str
    token: str


class TenantToken(BaseModel):
    """A token without its secret."""

    id: str
    name: str
    scopes: list[str]
    created_at_secs: int
    expires_at_secs: int


class TenantTokens(RootModel[list[TenantToken]]):
    """Tokens, oldest first."""


class TenantTokenRevoked(BaseModel):
    """Whether there was such a token."""

    revoked: bool
