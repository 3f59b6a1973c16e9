"""From the text of a chain to its model, or to everything that is wrong with it.

text --(oql.formats.yaml)--> values and places --(chains.steps, chains.spec)--> Chain --(chains.check)--> checked
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from chains import check, inputs
from chains.fields import Written
from chains.problems import Problems
from chains.spec import Chain, Input
from chains.steps import present, read_step
from chains.yaml_mistakes import in_plain_words, lost_line_ends
from oql.errors import nearest
from oql.formats import FormatError
from oql.formats.yaml import Path, read_with_places


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read. `chain` is None where problems keep it from running."""

    chain: Chain | None
    problems: Problems


def nothing(_size: int) -> None:
    """Claims nothing."""


def read(text: str, claim: Callable[[int], None] = nothing) -> Document:
    """The chain that a text describes, and all its problems. `claim` is asked for bytes before they are used."""
    given, problems = fields_of(text, Chain, "steps", claim)
    return Document(None if given is None else _chain(given, problems), problems)


def fields_of(
    text: str, model: type[BaseModel], parts: str, claim: Callable[[int], None]
) -> tuple[dict[str, Any] | None, Problems]:
    """The keys of a text that have values, None where it has none; and what is wrong with keys and YAML.

    parts: the key of the list of which the text consists.
    """
    try:
        value, places = read_with_places(text, claim, Written)
    except FormatError as error:
        plain = in_plain_words(text, error)
        problems = Problems({("yaml",): (plain.line, plain.column)})
        problems.add(("yaml",), f"line {plain.line}: {plain.message}")
        return None, problems
    problems = Problems(places)
    if not isinstance(value, dict):
        hint = lost_line_ends(text.splitlines())
        problems.add((), f"expected an object with the keys name, {parts} and output{f'; {hint}' if hint else ''}")
        return None, problems
    given = present(value)
    _warn_of_unknown(given, model, (), problems)
    for index, each in enumerate(list_of(given.get("inputs"))):
        if isinstance(each, dict):
            _warn_of_unknown(each, Input, ("inputs", index), problems)
    return given, problems


def _chain(given: dict[str, Any], problems: Problems) -> Chain | None:
    steps = given.get("steps")
    read_steps = [read_step(each, ("steps", index), problems) for index, each in enumerate(list_of(steps))]
    if isinstance(steps, list) and steps:
        given["steps"] = [_PLACEHOLDER]
    try:
        chain = Chain.model_validate(given)
    except ValidationError as error:
        problems.add_fields((), error)
        chain = None
    known = [step for step in read_steps if step is not None]
    whole = chain.model_copy(update={"steps": known}) if chain else None
    check_inputs(whole.inputs if whole else (), problems)
    check.check(whole, read_steps, problems)
    if whole is None or len(known) != len(read_steps):
        check.check_names(list_of(steps), given.get("output"), problems)
    return whole if not problems.errors else None


def check_inputs(declared: Sequence[Input], problems: Problems) -> None:
    """Adds what is wrong with declared inputs."""
    for path, message in inputs.flaws(declared):
        problems.add(("inputs", *path), message)


_PLACEHOLDER = {"type": "agent", "id": "a", "output_var": "a"}


def list_of(value: Any) -> list[Any]:
    """A list; an empty one for what is none."""
    return value if isinstance(value, list) else []


def _warn_of_unknown(given: dict[str, Any], model: type[BaseModel], path: Path, problems: Problems) -> None:
    for key in given:
        if key not in model.model_fields:
            guess = nearest(key, model.model_fields)
            message = f"is not a known field{f'; did you mean `{guess}`?' if guess else ''}"
            problems.add((*path, key), message, "warning")
