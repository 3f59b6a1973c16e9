"""What requests to the routes of chains and their answers look like, for the OpenAPI document.

Bodies are read by hand (`server.chains.bodies`): which texts say what is wrong with them is published.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from chains.executions.steps import Status as StepStatus

Status = Literal["pending", "running", "done", "error"]


class Fields(BaseModel):
    """Fields of an answer, published as `camelCase`. One that has no value is left out."""

    model_config = ConfigDict(alias_generator=to_camel)


class Given(Fields):
    """Fields of a request; others are passed over."""

    model_config = ConfigDict(extra="allow")


class ChainText(Given):
    """A chain as JSON, or its text as `yaml`."""

    yaml: str | None = Field(None, description="the text; instead of all other fields")


class Saved(Fields):
    """A text has been saved."""

    ok: Literal[True]
    warnings: list[str] = Field(default_factory=list, description="what does not keep it from running")


class Ok(Fields):
    """It has been done."""

    ok: Literal[True]


class ChainSummary(Fields):
    """A saved chain."""

    name: str
    description: str = ""
    version: str = ""
    step_count: int = 0
    error: str = Field("", description="instead of the rest, of a text that cannot be read")


class ChainSummaries(RootModel[list[ChainSummary]]):
    """The saved chains by name."""


class Tokens(Fields):
    """Tokens of models."""

    input: int
    output: int


class ChainStats(Fields):
    """What the ended executions of a chain have come to."""

    total_runs: int
    success_rate: float = Field(description="percent")
    avg_duration_ms: int
    total_tokens: Tokens


class Execute(Given):
    """What an execution starts with."""

    input: dict[str, Any] | None = Field(None, description="the inputs by name")


class Started(Fields):
    """An execution has been started."""

    execution_id: str


class StepRecord(Fields):
    """How far a step has come."""

    step_id: str
    status: StepStatus
    output: str = ""
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    duration_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


class ExecutionSummary(Fields):
    """An execution in a list."""

    id: str
    chain_name: str
    status: Status
    started_at: str
    finished_at: str = ""
    duration_ms: int = 0
    error: str = ""
    parent_id: str = ""
    files: list[str] = Field(description="paths of files that outputs name")


class ExecutionSummaries(RootModel[list[ExecutionSummary]]):
    """Executions, the newest first."""


class ExecutionRecord(Fields):
    """An execution with its steps."""

    id: str
    chain_name: str
    status: Status
    input: dict[str, Any]
    steps: dict[str, StepRecord] = Field(description="by the ids of the steps, in the order of the text")
    result: str = ""
    error: str = ""
    started_at: str
    finished_at: str = ""
    duration_ms: int = 0
    parent_id: str = ""


class Checkpoint(Fields):
    """A step that has ended."""

    step_id: str
    status: StepStatus
    checkpoint_at: str
    duration_ms: int
    input_tokens: int = 0
    output_tokens: int = 0


class Timeline(RootModel[list[Checkpoint]]):
    """The ended steps by time."""


class Resumed(Fields):
    """A resumed execution has ended well."""

    execution_id: str
    result: str


class StillRunning(Fields):
    """A resumed execution waits for a person."""

    execution_id: str
    status: Status


class Approval(Fields):
    """What a person is asked."""

    execution_id: str
    step_id: str
    chain_name: str
    prompt: str
    started_at: str


class Approvals(RootModel[list[Approval]]):
    """What people are asked now, the oldest first."""


class Decision(Given):
    """A decision at a gate."""

    approved: bool
    reason: str | None = None


class Generate(Given):
    """What a chain is to do; or the answers to the questions of a session."""

    description: str | None = Field(None, description="what the chain is to do")
    session_id: str | None = Field(None, description="the session whose questions are answered")
    answers: str | list[Any] | dict[str, Any] | None = Field(None, description="a text, in order, or by question")


class Questions(Fields):
    """What has to be known first."""

    status: Literal["questions"]
    session_id: str
    questions: list[str]
    message: str


class Created(Fields):
    """A chain has been written and saved."""

    status: Literal["created"]
    chain_name: str
    yaml: str
    summary: str = Field(description="at most 500 characters")


class PipelineSummary(Fields):
    """A saved pipeline."""

    name: str
    description: str = ""
    version: str = ""
    chain_count: int = 0
    error: str = Field("", description="instead of the rest, of a text that cannot be read")


class PipelineSummaries(RootModel[list[PipelineSummary]]):
    """The saved pipelines by name."""


class PipelineObject(Fields):
    """A pipeline, what its text leaves out included."""

    model_config = ConfigDict(extra="allow")

    name: str
    description: str
    version: str
    inputs: list[dict[str, Any]]
    chains: list[dict[str, Any]]
    output: str


class EntryRecord(Fields):
    """How far a chain of a pipeline has come."""

    chain_ref_id: str = Field(description="the id of the entry")
    chain_name: str
    status: StepStatus
    execution_id: str = ""
    result: str = ""
    error: str = ""
    duration_ms: int = 0


class PipelineRecord(Fields):
    """A run of a pipeline with its chains."""

    id: str
    pipeline_name: str
    status: Status
    input: dict[str, Any]
    chains: dict[str, EntryRecord] = Field(description="by the ids of the entries, in the order of the text")
    result: str = ""
    error: str = ""
    started_at: str
    finished_at: str = ""
    duration_ms: int = 0


class PipelineRecords(RootModel[list[PipelineRecord]]):
    """The newest runs of pipelines."""


class ScheduleChange(Given):
    """What a schedule becomes; what is absent stays as it is."""

    label: str | None = None
    type: Literal["chain", "pipeline"] | None = None
    chain_name: str | None = Field(None, description="the chain, or pipeline")
    input: dict[str, Any] | None = Field(None, description="the inputs by name")
    cron: str | None = Field(None, description="minute, hour, day, month, weekday")
    timezone: str | None = Field(None, description="such as `Europe/Berlin`; UTC by default")
    enabled: bool | None = None
    catch_up: Literal["once", "none"] | None = Field(None, alias="catch_up", description="of runs missed in a downtime")


class NewSchedule(ScheduleChange):
    """What is started, and when."""

    chain_name: str = Field(description="the chain, or pipeline")
    cron: str = Field(description="minute, hour, day, month, weekday")


class ScheduleRecord(Fields):
    """A schedule."""

    id: str
    label: str
    type: Literal["chain", "pipeline"]
    chain_name: str
    input: dict[str, Any]
    cron: str
    timezone: str
    enabled: bool
    catch_up: Literal["once", "none"] = Field(alias="catch_up")
    created_at: str
    last_run_at: str = ""
    last_run_id: str = ""
    last_run_status: str = Field("", description="done or error; absent while it runs")
    last_run_error: str = ""
    next_run_at: str = ""


class ScheduleRecords(RootModel[list[ScheduleRecord]]):
    """The schedules, the oldest first."""
