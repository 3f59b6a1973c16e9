"""What requests to the routes of chains bring: JSON, whatever type it claims to have, and texts of chains."""

import json as stdlib_json
from typing import Any

from oql import json
from oql.formats import FormatError
from oql.formats.yaml import Numeral, write_for_people
from server.bodies import Bodies
from server.chains.desk import YAML, media_type
from server.problems import Problem
from server.request import Request

NOT_JSON = "Invalid JSON"
_NO_OBJECT = "expected an object"


async def object_of(bodies: Bodies, req: Request) -> dict[str, Any]:
    """The JSON object in a body; of an empty one {}. Raises Problem (400, 408, 413, 415)."""
    raw = await bodies.raw(req)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw.decode())
    except (json.JsonError, UnicodeDecodeError) as error:
        raise _not_json(error) from None
    if not isinstance(value, dict):
        raise Problem(400, NOT_JSON, hint=_NO_OBJECT)
    return value


def _not_json(error: ValueError, more: str = "") -> Problem:
    """The answer to a body that is no JSON: its `error` is published, the place stands in the hint."""
    place = f" at line {error.line} column {error.column}" if isinstance(error, json.JsonError) and error.line else ""
    reason = "the body is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"{error}{place}"
    return Problem(400, NOT_JSON + more, hint=reason)


async def text_of(bodies: Bodies, req: Request) -> str:
    """The text to save: a YAML body as it is, the text in {"yaml": text}, or a JSON object as YAML.

    Raises Problem (400, 408, 413, 415).
    """
    raw = await bodies.raw(req)
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Problem(400, "the body is not UTF-8") if media_type(req) in YAML else _not_json(error) from None
    if media_type(req) in YAML:
        return text
    value = _as_written(text)
    if isinstance(value, dict) and "yaml" in value and "steps" not in value:
        if not isinstance(value["yaml"], str) or isinstance(value["yaml"], Numeral):
            raise Problem(400, "yaml must be a text")
        return value["yaml"]
    if not isinstance(value, dict):
        raise Problem(400, NOT_JSON, hint=_NO_OBJECT)
    try:
        return write_for_people(value)
    except FormatError as error:
        raise Problem(400, error.message) from None


def _as_written(text: str) -> Any:
    """The value of a JSON text whose numbers are as they are written. Raises Problem (400)."""
    try:
        json.loads(text)  # bounds the depth
        return stdlib_json.loads(text, parse_float=Numeral, parse_int=Numeral, object_pairs_hook=_without_repeats)
    except ValueError as error:
        more = "" if text.lstrip()[:1] in ("", "{", "[") else f"; YAML needs `Content-Type: {YAML[1]}`"
        raise _not_json(error, more) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made
