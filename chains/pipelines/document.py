"""From the text of a pipeline to its model, or to everything that is wrong with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from chains import check
from chains.document import Document, check_inputs, fields_of, list_of, nothing
from chains.pipelines.references import pipeline_condition
from chains.pipelines.spec import EntrySpec, Pipeline, as_chain
from chains.problems import Problems
from chains.steps import present
from oql.errors import OqlError, nearest
from oql.formats.yaml import Path

Numbered = list[tuple[int, EntrySpec]]


@dataclass(frozen=True, slots=True)
class PipelineDocument:
    """A text that was read. `pipeline` is None where problems keep it from running."""

    pipeline: Pipeline | None
    problems: Problems


def read(text: str, claim: Callable[[int], None] = nothing) -> Document:
    """The pipeline that a text describes as a chain whose steps are its entries, and all problems of the text."""
    found = read_pipeline(text, claim)
    return Document(as_chain(found.pipeline) if found.pipeline else None, found.problems)


def read_pipeline(text: str, claim: Callable[[int], None] = nothing) -> PipelineDocument:
    """The pipeline that a text describes, and all its problems. `claim` is asked for bytes before they are used."""
    given, problems = fields_of(text, Pipeline, "chains", claim)
    pipeline = None if given is None else _pipeline(given, problems)
    return PipelineDocument(None if problems.errors else pipeline, problems)


def _pipeline(given: dict[str, Any], problems: Problems) -> Pipeline | None:
    written = given.get("chains")
    entries = [_entry(each, ("chains", index), problems) for index, each in enumerate(list_of(written))]
    if isinstance(written, list) and written:
        given = {**given, "chains": [{"id": "a", "chain": "a"}]}  # each entry has been read by itself
    try:
        pipeline = Pipeline.model_validate(given)
    except ValidationError as error:
        problems.add_fields((), error)
        pipeline = None
    check_inputs(pipeline.inputs if pipeline else (), problems)
    known = [(number, entry) for number, entry in enumerate(entries) if entry is not None]
    if len(known) == len(entries):
        _check(known, pipeline, problems)
    return pipeline and pipeline.model_copy(update={"chains": [entry for _, entry in known]})


def _entry(value: Any, path: Path, problems: Problems) -> EntrySpec | None:
    """An entry by itself; None where its fields are wrong."""
    if not isinstance(value, dict):
        problems.add(path, "expected an object of keys and values")
        return None
    given = present(value)
    for key in given:
        if key not in EntrySpec.model_fields:
            guess = nearest(key, EntrySpec.model_fields)
            problems.add((*path, key), f"is not a known field{f'; did you mean `{guess}`?' if guess else ''}")
    try:
        entry = EntrySpec.model_validate(given)
    except ValidationError as error:
        problems.add_fields(path, error)
        return None
    for inner, message in _texts_of(entry):
        problems.add((*path, *inner), message, step=entry.id)
    return entry


def _texts_of(entry: EntrySpec) -> Iterable[tuple[Path, str]]:
    if not entry.chain.strip():
        yield ("chain",), "is required"
    if entry.id == "input":
        yield ("id",), "this name is reserved"
    if entry.condition:
        try:
            pipeline_condition(entry.condition)
        except OqlError as error:
            yield ("condition",), error.message


def _check(entries: Numbered, pipeline: Pipeline | None, problems: Problems) -> None:
    """What has to hold between the entries."""
    ids = [entry.id for _, entry in entries]
    for number, entry in entries:
        if entry.id in ids[:number]:
            problems.state(("chains", number, "id"), f'Duplicate step id "{entry.id}"', step=entry.id)
        for place, need in enumerate(entry.depends_on):
            if need not in ids:
                path: Path = ("chains", number, "depends_on", place)
                problems.state(path, f'"{entry.id}" depends on unknown "{need}"', step=entry.id)
    if pipeline and pipeline.output not in ids:
        problems.state(("output",), f'output references unknown chain "{pipeline.output}"')
    if check.waves({entry.id: entry.depends_on for _, entry in entries})[1]:
        problems.state(("chains",), "circular dependency detected")
