"""What requests and answers look like. The same models validate requests and make the OpenAPI document."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import PydanticCustomError, core_schema

Name = Annotated[str, Field(min_length=1, max_length=320)]
Secret = Annotated[str, Field(min_length=1, max_length=1024)]


class Closed(BaseModel):
    """An object of a request: no other keys, no conversions between kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class Credentials(Closed):
    """A username, email or phone with its password, or a bearer token."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["username", "password"]}, {"required": ["token"]}]}
    )

    username: Name | None = Field(None, description="username, email or phone")
    password: Secret | None = Field(None, repr=False)
    token: Secret | None = Field(None, repr=False)

    @model_validator(mode="after")
    def _one_of_two(self) -> "Credentials":
        password = self.username is not None and self.password is not None
        if password is (self.token is not None) or (self.username is None) is not (self.password is None):
            raise PydanticCustomError("credentials", "expected username and password, or token")
        return self


class _Scalar:
    """One message for all kinds of a flat value, instead of one for each."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type="scalar",
            custom_error_message="expected text, a number, true, false or null",
        )


Scalar = Annotated[str | int | float | bool | None, _Scalar()]


class Options(Closed):
    """How a program is to be run."""

    webhook: Annotated[str, Field(max_length=2048, pattern=r"^https?://")] | None = Field(
        None, description="called when the job ends, is suspended, or is cancelled"
    )
    deadline_ms: Annotated[int, Field(ge=1, le=86_400_000)] | None = Field(
        None, description="milliseconds to wait for the answer, at most what the tier allows"
    )
    idempotency_key: Annotated[str, Field(min_length=1, max_length=255)] | None = Field(
        None, description="a repeated request with the same key is answered by the first one's job"
    )


class Query(Closed):
    """A program to run."""

    query: str = Field(description="the program")
    mode: Literal["sync", "async", "check"] = "sync"
    request: dict[str, Scalar] = Field(
        default_factory=dict,
        description="what `!REQUEST(key)` reads",
        examples=[{"path": "/api/data", "header:x-custom": "value"}],
    )
    options: Options = Options()
    auth: Credentials | None = Field(
        None, description="may be left out with an Authorization header, or on a whitelisted Origin"
    )


class TokenRequest(Closed):
    """A bearer token to issue."""

    auth: Credentials | None = Field(None, description="may be left out with an Authorization header")
    name: Annotated[str, Field(max_length=100)] = ""
    scopes: list[str] | None = Field(None, description="default: what running programs needs")
    expires_in: Annotated[int, Field(ge=1)] | None = Field(None, description="seconds; default: the longest allowed")


class TokenIssued(BaseModel):
    """A new bearer token; this is the only time that it is shown."""

    token: str
    id: str
    name: str
    scopes: list[str]
    expires_at: str = Field(description="ISO 8601, UTC")


class TokenRevoked(BaseModel):
    """A token that works no more."""

    revoked: Literal[True]
    id: str


class Step(BaseModel):
    """One line of a trace."""

    model_config = ConfigDict(extra="allow")

    step: str
    status: Literal["Ok", "Error", "Skipped", "Suspended"]
    duration_ms: float
    exec_class: Literal["Cpu", "Io", "Net", "Wait"]


class ProgramError(BaseModel):
    """What a program failed with, and where. Columns count code points from 1."""

    code: str
    message: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    source: str | None = Field(None, description="the line of the program")
    hint: str | None = None
    errors: list[dict[str, Any]] | None = Field(None, description="every static error, when there are several")


class Done(BaseModel):
    """A program that ended well."""

    status: Literal["ok"]
    job_id: str
    result: Any
    trace: list[Step]


class Failed(BaseModel):
    """A program that ended with an error; the HTTP status is 200 all the same."""

    status: Literal["error"]
    job_id: str
    error: ProgramError
    trace: list[Step]


class Effect(BaseModel):
    """What one step would touch."""

    model_config = ConfigDict(extra="allow")

    step: str
    line: int
    exec_class: str
    reads: list[str]
    writes: list[str]
    hosts: list[str]


class Checked(BaseModel):
    """A program that was checked and not run."""

    status: Literal["ok", "error"]
    errors: list[ProgramError]
    effects: list[Effect]
    warnings: list[dict[str, Any]]


class ProblemBody(BaseModel):
    """Every answer that is not 2xx."""

    error: str = Field(description="a code for programs")
    message: str = Field(description="a sentence for people")
    request_id: str
    detail: dict[str, Any] | None = None
    retry: bool = Field(False, description="whether the same request may succeed later")


class Health(BaseModel):
    """The server is up."""

    status: Literal["ok"]
    ok: Literal[True]
    version: str
    runningExecutions: int  # noqa: N815 - a published name


class Ready(BaseModel):
    """The server can answer queries."""

    ready: Literal[True]
    wal: Literal["sync"] = Field(description="an answered write is on disk")
    lease_holder: str | None = Field(description="the server that alone may write, where there is a lease")
