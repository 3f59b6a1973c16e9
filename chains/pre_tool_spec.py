"""The fields of pre-tools: what is done before a step, each with the name that its value gets."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, StrictBool

from chains.fields import Fields, Text, Variable, Whole, exact_numbers


class PreTool(Fields):
    """Something that is done before a step; its value gets a name that the step can read."""

    inject_as: Variable = Field(description="the name of the value")
    label: Text = ""
    timeout_ms: Whole = 30_000
    retry: Whole = Field(0, description="attempts beyond the first")
    on_error: Literal["inject", "skip", "fail"] = Field("inject", description="what a failure becomes")


class CurrentDatetime(PreTool):
    """The time."""

    type: Literal["current_datetime"]
    timezone: Text = "UTC"
    format: Literal["iso", "locale", "unix"] = "iso"


class HttpFetch(PreTool):
    """The body of an answer."""

    type: Literal["http_fetch"]
    url: Text
    method: Text = "GET"
    headers: dict[str, Text] = Field(default_factory=dict)
    body: Text | None = None
    json_path: Text = ""


class WebSearch(PreTool):
    """Results of a search, numbered."""

    type: Literal["web_search"]
    query: Text


class ReadFile(PreTool):
    """The text of a file."""

    type: Literal["read_file"]
    path: Text
    encoding: Text = "utf-8"


class WriteFile(PreTool):
    """Writes a text to a file."""

    type: Literal["write_file"]
    path: Text
    content: Text
    append: StrictBool = False


class Bash(PreTool):
    """The output of a command, where the operator allows commands."""

    type: Literal["bash"]
    command: Text


class EnvVar(PreTool):
    """A variable of the environment, of those that the operator names."""

    type: Literal["env_var"]
    var_name: Text
    default_value: Text | None = None


class McpCall(PreTool):
    """The result of a tool of an MCP server."""

    type: Literal["mcp_call"]
    server: Text
    tool: Text
    args: Annotated[dict[str, Any], AfterValidator(exact_numbers)] = Field(default_factory=dict)


AnyPreTool = Annotated[
    CurrentDatetime | HttpFetch | WebSearch | ReadFile | WriteFile | Bash | EnvVar | McpCall,
    Field(discriminator="type"),
]
PRE_TOOLS = frozenset(
    kind for model in PreTool.__subclasses__() for kind in get_args(model.model_fields["type"].annotation)
)
"""Every type of pre-tool by its name."""
