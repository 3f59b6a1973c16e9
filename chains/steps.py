"""From the fields of a step, as a chain's text gives them, to its model, or to everything that is wrong with them."""

from typing import Any

from pydantic import ValidationError

from chains import check
from chains.elements import OWN, TEMPLATES, template_fields
from chains.pre_tool_spec import PRE_TOOLS
from chains.problems import Problems
from chains.spec import STEPS, Loop, Step
from oql.errors import nearest
from oql.formats.yaml import Path

_ALIASES = {"chain": "subchain"}
"""Another name of a field of subchain steps."""


def present(value: dict[str, Any]) -> dict[str, Any]:
    """The keys that have a value."""
    return {key: inner for key, inner in value.items() if inner is not None}


def read_step(value: Any, path: Path, problems: Problems) -> Step | None:
    """A step by itself; None where its fields are wrong."""
    if not isinstance(value, dict):
        problems.add(path, "expected an object of keys and values")
        return None
    given = {"type": "agent", **present(value)}
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
        step = model.model_validate(given)
    except ValidationError as error:
        problems.add_fields(path, error, PRE_TOOLS)
        return None
    if isinstance(step, Loop) and step.step_template is not None:
        _read_template(step, step.step_template, (*path, "step_template"), problems)
    return step


def _read_template(loop: Loop, given: dict[str, Any], path: Path, problems: Problems) -> None:
    """The step that a loop does for each item: a step like others, of some types only."""
    for key in (*OWN, "early_exit_if"):
        if given.get(key) is not None:
            problems.add((*path, key), "has no effect in a step_template", "warning")
    fields = template_fields(loop)
    if fields["type"] in TEMPLATES:
        read_step(fields, path, problems)
    else:
        message = f"`{fields['type']}` is not a type of a step_template; expected one of {', '.join(TEMPLATES)}"
        problems.add((*path, "type"), message)


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


def _hint(guess: str | None, known: Any) -> str:
    return f"did you mean `{guess}`?" if guess else f"expected one of {', '.join(known)}"
