"""What is wrong with a request body that does not fit its model: every field, in words. Never a value."""

import re
from collections.abc import Iterable, Sequence
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from server.problems import Problem
from substrate.errors import nearest

_EXPECTED = {
    "missing": "is required",
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "list_type": "expected an array",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "string_pattern_mismatch": "expected an http or https address",
    "string_too_short": "expected at least {min_length} character",
    "string_too_long": "expected at most {max_length} characters",
    "greater_than_equal": "expected at least {ge}",
    "less_than_equal": "expected at most {le}",
    "literal_error": "expected {expected}",
}
_PLACE = re.compile(r" at line (\d+) column (\d+)$")
_MOST = 20
_LONGEST = 40


def malformed(error: ValidationError, model: type[BaseModel]) -> Problem:
    """A 400 about a body that is not JSON, or whose fields do not fit."""
    errors = error.errors(include_url=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return _not_json(str(errors[0].get("ctx", {}).get("error", "")))
    fields = {_field(entry["loc"]): _expected(entry, model) for entry in errors[:_MOST]}
    message = "; ".join(f"`{field}`: {fields[field]}" for field in _told(errors[:_MOST]))
    return Problem(400, message, detail={"fields": fields})


def _told(errors: Sequence[ErrorDetails]) -> list[str]:
    """The fields that the message is about: the first, and where that is missing an unknown one that may be meant."""
    first = errors[0]
    unknown = [entry for entry in errors if entry["type"] == "extra_forbidden" and first["type"] == "missing"]
    return [_field(entry["loc"]) for entry in (first, *unknown[:1])]


def _not_json(reason: str) -> Problem:
    place = _PLACE.search(reason)
    detail = {"line": int(place[1]), "column": max(1, int(place[2]))} if place else None
    hint = "; a line end inside a text is written \\n" if reason.startswith("control character") else ""
    return Problem(400, f"the body is not JSON: {reason}{hint}", detail=detail)


def _field(location: Iterable[str | int]) -> str:
    return ".".join(map(_shown, location)) or "body"


def _shown(part: str | int) -> str:
    text = str(part)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _expected(entry: ErrorDetails, model: type[BaseModel]) -> str:
    if entry["type"] == "extra_forbidden":
        *path, name = entry["loc"]
        return unknown_field(str(name), _known(model, path))
    wording = _EXPECTED.get(entry["type"])
    return wording.format(**entry.get("ctx", {})) if wording else entry["msg"]


def unknown_field(name: str, known: Sequence[str]) -> str:
    """The message about a field that an object does not have, with those that it has."""
    meant = nearest(name, known)
    listed = f" (known: {', '.join(known)})" if known else ""
    return f"is not a known field{listed}{f'; did you mean `{meant}`?' if meant else ''}"


def _known(model: type[BaseModel], path: Iterable[str | int]) -> list[str]:
    """The fields of the object at a place of a model."""
    for name in path:
        annotation = model.model_fields[str(name)].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        model = next((kind for kind in kinds if issubclass(kind, BaseModel)), BaseModel)
    return list(model.model_fields)
