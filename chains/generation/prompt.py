"""What a model has to know to write a chain: made from `chains.spec`, so that it knows every field there is."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from chains.pre_tool_spec import PreTool
from chains.schema import json_schema
from chains.spec import STEPS, Step

FEWEST_QUESTIONS = 2
MOST_QUESTIONS = 5

EXAMPLE = """\
name: topic-brief
description: A short brief on a topic, checked before it is handed out
inputs:
  - name: topic
    description: what the brief is about
  - name: length
    type: number
    default: 300
steps:
  - id: sources
    prompt: "Name the five most important facts about {topic}, one per line."
    output_var: facts
  - id: critics
    prompt: "What do critics of {topic} say? Name three arguments."
    output_var: critics
  - id: write
    depends_on: [sources, critics]
    prompt: |
      Write a brief of about {length} words on {topic}.

      Facts:
      {facts}

      Critics:
      {critics}
    output_var: draft
  - id: judge
    type: evaluator
    depends_on: [write]
    input_var: draft
    criteria: "Is every fact named, and is it at most {length} words? Begin with PASS or FAIL."
    on_fail: retry
    output_var: verdict
output: draft
"""

_RULES = f"""\
You write workflows, called chains, as YAML for an engine that runs them. Answer with one JSON object and nothing else.

When something is unclear that changes the chain, ask {FEWEST_QUESTIONS} to {MOST_QUESTIONS} short questions:
{{"questions": ["...", "..."]}}
Ask once at most, and only where a sensible assumption will not do. Otherwise give the chain:
{{"name": "short-name-with-hyphens", "yaml": "the whole text", "summary": "what it does, in at most 500 characters"}}

How a chain works
- The steps form a graph: a step starts when all steps in its depends_on have ended. Steps that do not depend on each
  other run side by side. List in depends_on every step whose variable the step reads.
- Every step writes one text into its output_var. Later steps read it as {{name}} in any text; {{name.key}} reads a key
  of a JSON object, {{name|fallback}} has a word for the case that there is no such variable. Inputs are read likewise.
- `output` at the top is the output_var of the step whose text is the result.
- Conditions (condition, early_exit_if, loop_until, gate_auto_approve_if) compare texts:
  {{score}} >= 7 && !({{verdict}} contains "bad"); operators == != contains >= <= > <, with && || ! and brackets.
- Steps of a router's routes that are not chosen are skipped; they may share one output_var.
- Inside a loop, {{item}}, {{item_index}} and {{loop_total}} are the item, its number from 0, and how many there are.
- A pre-tool runs before its step, and its value is {{inject_as}} in that step alone.
- Use a transform instead of a model wherever text is only cut, joined, filtered or taken out of JSON.
- Leave out fields that keep their default. Do not invent fields: unknown ones are errors. Quote texts with `: ` or `#`.
"""


@cache
def system_prompt() -> str:
    """The rules, every field, and an example."""
    return "\n".join([_RULES, *_fields(), "An example of the text of a chain:", EXAMPLE])


def _fields() -> Iterator[str]:
    schema = json_schema()
    definitions = schema["$defs"]
    yield "Fields of a chain"
    yield from _lines(schema, definitions)
    yield "\nFields of each of `inputs`"
    yield from _lines(definitions["Input"], definitions)
    yield "\nFields of every step"
    common = set(Step.model_fields) - {"type"}
    yield from _lines(definitions["Agent"], definitions, only=common)
    yield "\nTypes of steps, each with its own fields"
    for kind, model in STEPS.items():
        needs = " (prompt is required)" if model.needs_prompt else ""
        yield f"type: {kind}{' (the default)' if kind == 'agent' else ''}: {model.__doc__}{needs}"
        yield from _lines(definitions[model.__name__], definitions, without=common | {"type", "chain"})
    yield "\nFields of every pre-tool"
    shared = set(PreTool.model_fields)
    yield from _lines(definitions["HttpFetch"], definitions, only=shared)
    yield "\nTypes of pre-tools, each with its own fields"
    for tool in PreTool.__subclasses__():
        shown = definitions[tool.__name__]
        yield f"type: {shown['properties']['type']['const']}: {tool.__doc__}"
        yield from _lines(shown, definitions, without=shared | {"type"})
    yield ""


def _lines(
    shown: dict[str, Any],
    definitions: dict[str, Any],
    *,
    only: set[str] | None = None,
    without: frozenset[str] | set[str] = frozenset(),
) -> Iterator[str]:
    """A line for each property of an object in the schema."""
    required = set(shown.get("required", ()))
    for name, field in shown["properties"].items():
        if name in without or (only is not None and name not in only):
            continue
        kind = "list of objects, below" if name == "inputs" and "steps" in shown["properties"] else ""
        kind = kind or _kind(field, definitions)
        if kind == _ANY and name != "default":
            continue  # it is known, and has no effect
        default = field.get("default")
        about = "required" if name in required else f"default {default}" if default not in (None, "", [], False) else ""
        notes = ", ".join(filter(None, (kind, about)))
        help_ = field.get("description", "")
        yield f"- {name}: {notes}{f'; {help_}' if help_ else ''}"


_ANY = "any value"
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "null": ""}


def _kind(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What a field takes, in a few words."""
    if "$ref" in field:
        return _named(definitions[field["$ref"].rpartition("/")[2]], definitions)
    for choice in ("enum", "const"):
        if choice in field:
            return " | ".join(map(str, field[choice] if choice == "enum" else [field[choice]]))
    if "anyOf" in field:
        return " or ".join(filter(None, (_kind(each, definitions) for each in field["anyOf"])))
    kind = field.get("type")
    if isinstance(kind, list):
        return "text"
    if kind == "array":
        items = field.get("items", {})
        return "list of " + ("objects, below" if "oneOf" in items else _kind(items, definitions) or "values")
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"object: name -> {_kind(inner, definitions)}" if isinstance(inner, dict) else "object"
    return _WORDS.get(str(kind), _ANY)


def _named(shown: dict[str, Any], definitions: dict[str, Any]) -> str:
    """An object that other fields are made of, with its fields in braces."""
    fields = ", ".join(f"{name}: {_kind(field, definitions)}" for name, field in shown["properties"].items())
    return f"{{{fields}}}"
