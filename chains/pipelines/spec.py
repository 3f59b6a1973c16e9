"""What the text of a pipeline may say, and the chain-shaped model that runs."""

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chains.fields import Fields, Id, Text, Texts, with_numbers
from chains.pipelines.references import PipelineScope
from chains.references import HYPHENED, Scope
from chains.spec import Chain, Input, Step


def _summary(value: Any) -> bool | int:
    if isinstance(value, bool):
        return value
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())  # infinity is not
    if whole and value > 0:
        return int(value)
    raise ValueError("expected true, false or a number of characters")


class EntrySpec(Fields):
    """One chain of a pipeline, as the text has it."""

    id: Id = Field(description="unique in the pipeline")
    chain: Text = Field(description="the name of the chain")
    label: Text = Field("", description="what people see; `<chain> (<id>)` where it is absent")
    depends_on: Texts = Field(default_factory=list, description="entries that must have ended")
    condition: Text = Field("", description="the entry is skipped where this does not hold")
    inputs: dict[str, Text] = Field(default_factory=dict, description="what the chain is given")
    summarize_output: Annotated[bool | int, BeforeValidator(_summary)] = Field(
        False, description="true: a model summarizes long results; a number: they are cut there"
    )


class Pipeline(Fields):
    """A pipeline: chains that form a graph."""

    name: Text
    output: Text = Field(description="the id of an entry, whose result is that of the pipeline")
    description: Text = ""
    version: Text = ""
    inputs: list[Input] = Field(default_factory=list)
    chains: Annotated[list[EntrySpec], Field(min_length=1, max_length=1_000)]


class Entry(Step):
    """An entry as a step, whose variable has the name of its id."""

    type: Literal["entry"] = "entry"
    output_var: str
    chain_name: str
    inputs: dict[str, str] = Field(default_factory=dict)
    summarize_output: bool | int = False


class Entries(Chain):
    """A pipeline as the chain that runs: its steps are entries."""

    names = HYPHENED

    def scope(self, variables: Mapping[str, str], omitted: Collection[str], warn: Callable[[str], None]) -> Scope:
        """What references stand for in pipelines."""
        return PipelineScope(variables, omitted, warn)


def as_chain(pipeline: Pipeline) -> Entries:
    """The chain whose steps are the entries of a pipeline."""
    steps: list[Any] = [_step(entry) for entry in pipeline.chains]
    return Entries.model_construct(
        name=pipeline.name, output=pipeline.output, description=pipeline.description, version=pipeline.version,
        inputs=pipeline.inputs, steps=steps, max_context_chars=None,
    )  # fmt: skip


def _step(entry: EntrySpec) -> Entry:
    return Entry(
        id=entry.id,
        output_var=entry.id,
        label=entry.label or f"{entry.chain} ({entry.id})",
        depends_on=entry.depends_on,
        condition=entry.condition,
        chain_name=entry.chain,
        inputs=entry.inputs,
        summarize_output=entry.summarize_output,
    )


def with_defaults(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline as JSON, what the text leaves out included; numbers in defaults of inputs as numbers."""
    shown: dict[str, Any] = with_numbers(pipeline.model_dump(exclude_none=True), lambda written: written.exact)
    return shown
