"""What the text of a chain may say: every field with its type, its default, and a line of help.

The checks of a chain, the JSON Schema for editors and the table in docs/chains.md all come from these models.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictBool

from chains.fields import Fields, Id, Text, Texts, Variable, Whole
from chains.pre_tool_spec import AnyPreTool
from chains.references import NAME, Scope


class Retry(Fields):
    """How often a step is tried, and how long to wait in between."""

    max: Annotated[int, Field(ge=1, le=100)] = Field(1, description="all attempts, the first one included")
    delay_ms: Whole = Field(2_000, description="the wait before the second attempt")
    backoff: Annotated[float, Field(ge=1, le=100)] = Field(2, description="each wait is so many times the one before")


class Cache(Fields):
    """Whether the output of a step is kept for later runs."""

    enabled: StrictBool = False
    ttl_minutes: Annotated[float, Field(ge=0)] = Field(60, description="how long it is fresh")


class Guardrail(Fields):
    """A demand on the output of a step."""

    type: Literal["max_length", "min_length", "must_contain", "must_not_contain", "regex_match", "json_valid"]
    value: Text = ""


class Step(Fields):
    """A step of any type."""

    needs_prompt: ClassVar[bool] = False

    id: Id = Field(description="unique in the chain")
    type: str = "agent"
    label: Text = Field("", description="what people see; the id where it is absent")
    prompt: Text = ""
    system: Text = Field("", description="the system prompt")
    output_var: Variable = Field(description="the variable that the output is written to")
    model: Text = ""
    fallback_models: Texts = Field(default_factory=list)
    tools: Texts = Field(default_factory=list)
    pre_tools: list[AnyPreTool] = Field(default_factory=list)
    depends_on: Texts = Field(default_factory=list, description="steps that must have ended")
    cwd: Text = Field("", description="the base of relative paths")
    condition: Text = Field("", description="the step is skipped where this does not hold")
    early_exit_if: Text = Field("", description="the chain ends here where this holds")
    retry: Retry = Field(default_factory=Retry)
    timeout_ms: Whole | None = Field(None, description="for each attempt")
    cache: Cache = Field(default_factory=Cache)
    context_strategy: dict[str, Annotated[Text, Field(pattern="^(full|summarize|truncate:[0-9]{1,9})$")]] = Field(
        default_factory=dict, description="how long variables go into the prompt"
    )
    guardrails: list[Guardrail] = Field(default_factory=list)
    output_schema: Literal["json", "markdown", "text"] | None = None
    output_must_contain: Texts = Field(default_factory=list)
    output_must_not_contain: Texts = Field(default_factory=list)
    output_max_length: Whole | None = None
    on_violation: Literal["warn", "retry", "error"] = "warn"

    @property
    def shown(self) -> str:
        """What people see."""
        return self.label or self.id


class Agent(Step):
    """A model answers the prompt."""

    needs_prompt = True
    type: Literal["agent"] = "agent"


class Router(Step):
    """A model chooses which steps run."""

    needs_prompt = True
    type: Literal["router"]
    routes: Annotated[dict[str, Texts], Field(min_length=1)] = Field(description="key -> the steps that it chooses")
    default_route: Text = ""


class Evaluator(Step):
    """A model judges what another step has written."""

    type: Literal["evaluator"]
    input_var: Text
    criteria: Text = Field("", description="what to judge by; the prompt where it is absent")
    eval_scoring: StrictBool = Field(False, description="whether the answer begins with a number")
    eval_threshold: float = 7
    on_fail: Literal["continue", "retry", "skip", "error"] = "continue"
    max_retries: Whole = 2
    retry_target: Text = Field("", description="the step to run again; the one that writes input_var where absent")


class Gate(Step):
    """A person decides whether the chain goes on."""

    needs_prompt = True
    type: Literal["gate"]
    timeout_hours: Annotated[float, Field(gt=0)] = 24
    on_timeout: Literal["error", "skip", "approve"] = "error"
    gate_auto_approve_if: Text = Field("", description="no person is asked where this holds")
    gate_rejection_reason: StrictBool = Field(False, description="whether a rejection needs a reason")
    gate_actions: Any = None


class TransformStep(Step):
    """Makes another text of a text, without a model."""

    type: Literal["transform"]
    operation: (
        Literal[
            "json_extract", "regex_match", "template", "split", "to_json", "merge", "truncate", "replace", "filter",
            "map", "join", "from_json",
        ]
        | None
    ) = None  # fmt: skip
    input_var: Text = Field("", description="the variable to transform; the prompt where it is absent")
    json_path: Text = ""
    default: Text | None = None
    regex: Text = ""
    template_str: Text = ""
    truncate_limit: Whole | None = None
    inputs: Texts = Field(default_factory=list)


class Loop(Step):
    """Does the same for every item of a list."""

    type: Literal["loop"]
    items_var: Text
    max_parallel: Annotated[int, Field(ge=1)] | None = Field(None, description="items at once; all where absent")
    step_template: dict[str, Any] | None = Field(None, description="the step for an item; else the prompt is asked")
    loop_until: Text = Field("", description="no further item is taken where this holds")
    loop_on_error: Literal["abort", "continue"] = "abort"


class Merge(Step):
    """Puts several variables together."""

    type: Literal["merge"]
    inputs: Texts = Field(default_factory=list)
    strategy: Literal["concatenate", "json_array", "llm_summarize", "pick_best"] = "concatenate"


class Viewport(Fields):
    """The size of a page, in pixels."""

    width: Annotated[int, Field(ge=1, le=10_000)] = 1_280
    height: Annotated[int, Field(ge=1, le=10_000)] = 720


class Browser(Step):
    """Renders a page in a browser."""

    type: Literal["browser"]
    browser_url: Text
    browser_task: Text = ""
    browser_max_steps: Whole = 20
    browser_viewport: Viewport = Field(default_factory=Viewport)
    browser_wait_ms: Whole = 3_000
    browser_output_format: Literal["text", "markdown", "json", "screenshot"] = "text"
    browser_scroll_strategy: Literal["auto", "full", "none"] = "auto"
    browser_headless: Any = None
    browser_port: Any = None
    browser_page_name: Any = None
    browser_cookies_domain: Any = None


class Subchain(Step):
    """Runs another chain."""

    type: Literal["subchain"]
    subchain: Text = Field("", description="the name of the chain, required; `chain` means the same")
    subchain_input_map: dict[str, Text] | None = Field(None, description="input -> text; all variables where absent")


class Debater(Fields):
    """One side of a debate."""

    prompt: Text
    model: Text = ""


class Debate(Step):
    """Models answer each other."""

    type: Literal["debate"]
    debate_agents: list[Debater] = Field(default_factory=list)
    debate_rounds: Annotated[int, Field(ge=1, le=20)] = 1
    debate_decision: Literal["voting", "consensus", "last_round"] = "voting"


class Webhook(Step):
    """Calls a URL."""

    type: Literal["webhook"]
    webhook_url: Text = Field("", description="required")
    webhook_method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = "POST"
    webhook_headers: dict[str, Text] = Field(default_factory=dict)
    webhook_body: Text | None = None
    webhook_timeout_ms: Whole = 30_000
    webhook_retry: Whole = Field(0, description="attempts beyond the first")
    webhook_success_status: list[int] | None = Field(None, description="200 to 299 where absent")

    @property
    def tells_variables(self) -> bool:
        """Whether all variables are sent, since there is no other body."""
        return self.webhook_body is None and self.webhook_method not in ("GET", "DELETE")


class Oql(Step):
    """Runs a program of the language."""

    type: Literal["oql"]
    program: Text


STEPS: dict[str, type[Step]] = {
    "agent": Agent,
    "router": Router,
    "evaluator": Evaluator,
    "gate": Gate,
    "transform": TransformStep,
    "loop": Loop,
    "merge": Merge,
    "browser": Browser,
    "subchain": Subchain,
    "debate": Debate,
    "webhook": Webhook,
    "oql": Oql,
}
"""Every type of step by its name."""


class Input(Fields):
    """A value that whoever starts the chain gives."""

    name: Annotated[Text, Field(pattern="^[A-Za-z0-9_]+$", max_length=200)]
    description: Text = ""
    optional: StrictBool = False
    type: Literal["string", "text", "number", "boolean", "enum", "url", "json", "file", "image"] = "string"
    default: Any = None
    placeholder: Text = ""
    examples: list[Any] = Field(default_factory=list)
    enum: Texts = Field(default_factory=list)
    enum_labels: Texts = Field(default_factory=list)
    min: float | None = None
    max: float | None = None
    min_length: Whole | None = None
    max_length: Whole | None = None
    pattern: Text = ""
    accepts: Texts = Field(default_factory=list, description="extensions or media types of files")
    max_file_size: Whole | None = Field(None, description="in bytes")


class Chain(Fields):
    """A chain: steps that form a graph. `names`: how names in references are written."""

    names: ClassVar[str] = NAME

    name: Text
    output: Text = Field(description="the output_var of a step, which is the result")
    description: Text = ""
    version: Text = ""
    inputs: list[Input] = Field(default_factory=list)
    steps: Annotated[
        list[
            Annotated[
                Agent | Router | Evaluator | Gate | TransformStep | Loop | Merge | Browser | Subchain | Debate
                | Webhook | Oql,
                Field(discriminator="type"),
            ]
        ],
        Field(min_length=1, max_length=1_000),
    ]  # fmt: skip
    max_context_chars: Whole | None = Field(None, description="the earliest variables are summarized beyond this")

    def scope(self, variables: Mapping[str, str], omitted: Collection[str], warn: Callable[[str], None]) -> Scope:
        """What references in the texts stand for, with these variables."""
        return Scope(variables, omitted, warn)
