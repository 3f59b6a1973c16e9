"""What a loop goes over, and the step that it does for each item."""

from typing import Any

from chains.references import text_of
from chains.spec import STEPS, Loop, Step
from chains.transforms import lines_of
from oql import json

TEMPLATES = ("agent", "oql", "transform", "webhook", "browser", "subchain")
"""The types that a step_template may have."""
LOOP_VARIABLES = ("item", "item_index", "loop_total")
"""What the step of an item can refer to: the item, its number from 0, and how many there are."""
OWN = ("id", "output_var", "depends_on")
"""The fields that a step_template does not have: they are those of the loop."""
_INHERITED = ("model", "fallback_models", "cwd", "timeout_ms")
"""What a step_template takes from its loop where it does not say."""
_ASKED = ("prompt", "system", "model", "fallback_models", "tools", "cwd", "retry", "timeout_ms", "context_strategy")


def items_of(text: str) -> list[str]:
    """Elements of a JSON list, values of a JSON object, a JSON scalar; else the lines, a single one split at commas."""
    try:
        value = json.loads(text)
    except json.JsonError:
        lines = [line.strip() for line in lines_of(text) if line.strip()]
        parts = lines[0].split(",") if len(lines) == 1 else lines
        return [part.strip() for part in parts if part.strip()]
    if isinstance(value, dict):
        return [text_of(inner) for inner in value.values()]
    return [text_of(inner) for inner in (value if isinstance(value, list) else [value])]


def template_fields(loop: Loop) -> dict[str, Any]:
    """The fields of the step of one item: those of step_template, some from the loop where it lacks them.

    Without a step_template: an agent with the prompt of the loop.
    """
    own = {"id": loop.id, "output_var": loop.output_var}
    if loop.step_template is None:
        return {"type": "agent", **own, **{name: getattr(loop, name) for name in _ASKED}}
    given = {name: value for name, value in loop.step_template.items() if value is not None and name not in OWN}
    inherited = {name: getattr(loop, name) for name in _INHERITED}
    if given.get("type") == "subchain" and "chain" in given:
        given.setdefault("subchain", given.pop("chain"))
    return {"type": "agent", **inherited, **given, **own}


def element_step(loop: Loop) -> Step:
    """The step that a loop does for each item. Raises ValueError where its fields are wrong."""
    fields = template_fields(loop)
    if fields["type"] not in TEMPLATES:
        raise ValueError(fields["type"])
    return STEPS[fields["type"]].model_validate(fields)
