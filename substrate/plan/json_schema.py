"""The JSON Schema (draft 2020-12) of plans, made of the declarations that plans are read by."""

from collections.abc import Iterable, Mapping
from typing import Any

from substrate.plan.operators import OPERATORS
from substrate.plan.predicates import PREDICATES
from substrate.plan.reading import LONGEST_NAME, Fields

_VALUE = {"description": "a value as in a row", "type": ["null", "boolean", "number", "string", "array"]}
_COLUMN = {
    "type": "object",
    "properties": {"col": {"$ref": "#/$defs/Name"}},
    "required": ["col"],
    "additionalProperties": False,
}


def schema() -> dict[str, Any]:
    """The schema of plans; `#/$defs/Predicate` in it is that of predicates alone."""
    operators = {name: (operator.help, _object(operator.fields)) for name, operator in OPERATORS.items()}
    tests = {name: (test.help, _plain(test.schema)) for name, test in PREDICATES.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan",
        "$ref": "#/$defs/Plan",
        "$defs": {
            "Name": {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME},
            "Value": _VALUE,
            "Operand": {"anyOf": [{"$ref": "#/$defs/Value"}, _COLUMN]},
            "Plan": _one_key(operators),
            "Predicate": _one_key(tests),
        },
    }


def _one_key(named: Mapping[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """An object with exactly one of these keys."""
    properties = {name: {"description": words} | body for name, (words, body) in named.items()}
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
        "additionalProperties": False,
    }


def _object(fields: Fields) -> dict[str, Any]:
    properties = {}
    for name, declared in fields.by_name.items():
        nullable = not declared.required and not declared.holds_null
        body = _plain(declared.kind.schema)
        properties[name] = {"anyOf": [body, {"type": "null"}]} if nullable else body
    return {"type": "object", "properties": properties, "additionalProperties": False} | _rules(fields)


def _rules(fields: Fields) -> dict[str, Any]:
    """Which fields must be there, and which exclude each other."""
    rules = [_exactly_one(declared.name, *declared.synonyms) for declared in fields.declared if declared.required]
    rules += [_at_most_one(d.name, *d.synonyms) for d in fields.declared if d.synonyms and not d.required]
    for choice in fields.choices:
        every = sorted({name for names in choice for name in names})
        rules.append({"oneOf": [_exactly(names, every) for names in choice]})
    return {"allOf": rules} if rules else {}


def _exactly_one(*names: str) -> dict[str, Any]:
    return {"oneOf": [{"required": [name]} for name in names]} if len(names) > 1 else {"required": list(names)}


def _at_most_one(*names: str) -> dict[str, Any]:
    return {"not": {"required": list(names)}}


def _exactly(names: Iterable[str], every: Iterable[str]) -> dict[str, Any]:
    """These fields and none of the others; null is as good as absent, but for values."""
    wanted = list(names)
    absent = {name: _ABSENT.get(name, {"type": "null"}) for name in every if name not in wanted}
    present = {name: {"not": {"type": "null"}} for name in wanted if name not in _ABSENT}
    return {"required": wanted, "properties": absent | present}


_ABSENT = {"value": False}
"""Fields that hold null as a value."""


def _plain(schema: Any) -> Any:
    """A schema of a declaration with the fields that are named in it written out."""
    if isinstance(schema, Mapping):
        if "$fields" in schema:
            return _object(schema["$fields"])
        return {name: _plain(body) for name, body in schema.items()}
    return [_plain(item) for item in schema] if isinstance(schema, (list, tuple)) else schema
