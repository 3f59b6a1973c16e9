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
        None, description="called when the run is a job and ends, is suspended, or is cancelled"
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


class Waiting(Closed):
    """How long the client waits for the answer."""

    deadline_ms: Annotated[int, Field(ge=1, le=86_400_000)] | None = Field(
        None, description="milliseconds to wait for the answer, at most what the tier allows"
    )


class Confirmation(Closed):
    """An answer to what a job waits for: `approved` to a question, `fields` to a form."""

    approved: bool | None = Field(None, description="the decision on what CONFIRM asks")
    reason: str | None = Field(None, description="of the decision, at most 1,000 characters")
    fields: dict[str, Any] | None = Field(
        None, description="the answers to a form of GATHER", examples=[{"name": "Alice", "email": "alice@example.com"}]
    )
    key: str | None = Field(
        None, description="which of the job's waits is meant; default: the first open one that this answers"
    )
    auth: Credentials | None = Field(
        None, description="may be left out with an Authorization header, on a whitelisted Origin, or with `token`"
    )
    token: Secret | None = Field(None, repr=False, description="instead of `auth`: the last part of `gather_url`")
    options: Waiting = Waiting()


class Redelivery(Closed):
    """Which webhook to send once more."""

    id: str | None = Field(None, description="the id of a delivery; without it, all of the job")


class FormAnswer(BaseModel):
    """What the page of a form sends: its fields by name, and a hidden one."""

    model_config = ConfigDict(extra="allow")


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
    fix: dict[str, Any] | None = Field(
        None, description="a change that takes a static error away: `text` in the place from line and column to its end"
    )
    errors: list[dict[str, Any]] | None = Field(None, description="every static error, when there are several")
    within: list[dict[str, Any]] | None = Field(
        None,
        description="where the error stands in programs that steps have run, the outer ones first: `in`, which "
        "program, with line, column and source as above, and `errors` where its text is no program",
    )


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


class FormField(BaseModel):
    """A field of a form."""

    name: str
    label: str
    kind: Literal["text", "email", "number", "date", "boolean", "choice"]
    required: bool
    choices: list[str] | None = None


class Form(BaseModel):
    """What a GATHER asks."""

    title: str | None
    fields: list[FormField]


class Suspended(BaseModel):
    """A program that waits for a person: `form` or `prompt` is what it asks."""

    status: Literal["suspended"]
    job_id: str
    gather_url: str = Field(description="a page for whoever is to answer; its last part is a one-time token")
    confirm_url: str = Field(description="where programs answer")
    form: Form | None = None
    prompt: str | None = None
    trace: list[Step]


class Accepted(BaseModel):
    """A run that goes on as a job."""

    status: Literal["accepted"]
    job_id: str
    poll_url: str


class JobWait(BaseModel):
    """What a suspended job waits for; `form` and `prompt` as its kind has it."""

    key: str
    kind: Literal["gather", "confirm", "sleep", "chain"]
    form: Form | None = None
    prompt: str | None = None
    gather_url: str | None = None
    confirm_url: str | None = None
    deadline: str | None = Field(None, description="ISO 8601, UTC; null for none")


JobStatus = Literal["queued", "running", "suspended", "complete", "error", "cancelled"]


class ListedJob(BaseModel):
    """A job in a list. Times are ISO 8601 in UTC."""

    status: JobStatus
    job_id: str
    result: Any
    error: ProgramError | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    gather_url: str | None = Field(None, description="there while the job waits for a person")
    kind: str = Field(description="`query`, `cron`, `watch`, or `sync`: a run that was over at once, for the record")
    name: str
    attempts: int
    waits: list[JobWait]


class JobShown(ListedJob):
    """A job. Times are ISO 8601 in UTC."""

    trace: list[Step]


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[ListedJob]
    next: str | None = Field(description="what `after` takes for the next page; null at the end")


class Attempt(BaseModel):
    """One attempt to deliver a webhook."""

    model_config = ConfigDict(extra="allow")

    at: str


class WebhookDelivery(BaseModel):
    """A webhook on its way, or where it has come to."""

    id: str
    url: str
    state: Literal["pending", "delivered", "failed"]
    attempts: list[Attempt]
    created_at: str
    next_attempt_at: str | None


class WebhookDeliveries(BaseModel):
    """The webhooks of a job."""

    deliveries: list[WebhookDelivery]


class Redelivered(BaseModel):
    """Webhooks that are sent once more."""

    status: Literal["accepted"]
    job_id: str
    deliveries: list[str]


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


class ChainProblem(BaseModel):
    """The body of every answer of the API of chains that is not 2xx."""

    error: str = Field(description="what was wrong, for people; some texts are published")
    request_id: str
    hint: str = Field("", description="more about it, for people; left out where there is nothing more")


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
