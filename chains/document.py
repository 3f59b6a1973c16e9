"""From the text of a chain to its model, or to everything that is wrong with it.

text --(oql.formats.yaml)--> values and places --(chains.spec)--> Chain --(chains.check)--> checked
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from chains import check
from chains.fields import Written
from chains.pre_tool_spec import PRE_TOOLS
from chains.problems import Problems
from chains.spec import STEPS, Chain, Input, Step
from oql.errors import nearest
from oql.formats import FormatError
from oql.formats.yaml import Path, read_with_places

_ALIASES = {"chain": "subchain"}
"""Another name of a field of subchain steps."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read. `chain` is None where problems keep it from running."""

    chain: Chain | None
    problems: Problems


def _nothing(_size: int) -> None:
    pass


def read(text: str, claim: Callable[[int], None] = _nothing) -> Document:
    """The chain that a text describes, and all its problems. `claim` is asked for bytes before they are used."""
    try:
        value, places = read_with_places(text, claim, Written)
    except FormatError as error:
        problems = Problems({("yaml",): (error.line, error.column)})
        problems.add(("yaml",), f"line {error.line}: {error.message}")
        return Document(None, problems)
    problems = Problems(places)
    if not isinstance(value, dict):
        problems.add((), "expected an object with the keys name, steps and output")
        return Document(None, problems)
    return Document(_chain(value, problems), problems)


def _chain(value: dict[str, Any], problems: Problems) -> Chain | None:
    given = _present(value)
    _warn_of_unknown(given, Chain, (), problems)
    for index, each in enumerate(_list(given.get("inputs"))):
        if isinstance(each, dict):
            _warn_of_unknown(each, Input, ("inputs", index), problems)
    steps = given.get("steps")
    read_steps = [_step(each, ("steps", index), problems) for index, each in enumerate(_list(steps))]
    if isinstance(steps, list) and steps:
        given["steps"] = [_PLACEHOLDER]
    try:
        chain = Chain.model_validate(given)
    except ValidationError as error:
        problems.add_fields((), error)
        chain = None
    known = [step for step in read_steps if step is not None]
    whole = chain.model_copy(update={"steps": known}) if chain else None
    check.check(whole, read_steps, problems)
    return whole if not problems.errors else None


_PLACEHOLDER = {"type": "agent", "id": "a", "output_var": "a"}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _present(value: dict[str, Any]) -> dict[str, Any]:
    """The keys that have a value."""
    return {key: inner for key, inner in value.items() if inner is not None}


def _step(value: Any, path: Path, problems: Problems) -> Step | None:
    """A step by itself; None where its fields are wrong."""
    if not isinstance(value, dict):
        problems.add(path, "expected an object of keys and values")
        return None
    given = {"type": "agent", **_present(value)}
    kind = given["type"]
    model = STEPS.get(kind) if isinstance(kind, str) else None
    if model is None:
        guess = nearest(str(kind), STEPS)
        problems.add((*path, "type"), f"`{kind}` is not a type; {_hint(guess, STEPS)}")
        return None
    if kind == "subchain":
        given = {_ALIASES.get(key, key): inner for key, inner in given.items()}
    _refuse_unknown(given, model, path, problems)
    for inner, message in check.conditions_of(given):
        problems.add((*path, *inner), message)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems.add_fields(path, error, PRE_TOOLS)
        return None


def _refuse_unknown(given: dict[str, Any], model: type[Step], path: Path, problems: Problems) -> None:
    """A key that no type of step has is a mistake; that of another type has no effect."""
    for key in given:
        if key in model.model_fields:
            continue
        owner = next((kind for kind, other in STEPS.items() if key in other.model_fields), None)
        if owner:
            problems.add((*path, key), f"has no effect: it belongs to steps of the type `{owner}`", "warning")
        else:
            guess = nearest(key, model.model_fields)
            problems.add((*path, key), f"is not a known field{f'; did you mean `{guess}`?' if guess else ''}")


def _warn_of_unknown(given: dict[str, Any], model: type[BaseModel], path: Path, problems: Problems) -> None:
    for key in given:
        if key not in model.model_fields:
            guess = nearest(key, model.model_fields)
            message = f"is not a known field{f'; did you mean `{guess}`?' if guess else ''}"
            problems.add((*path, key), message, "warning")


def _hint(guess: str | None, known: Any) -> str:
    return f"did you mean `{guess}`?" if guess else f"expected one of {', '.join(known)}"
