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


async def object_of(bodies: Bodies, req: Request) -> dict[str, Any]:
    """The JSON object in a body; of an empty one {}. Raises Problem (400, 408, 413, 415)."""
    raw = await bodies.raw(req)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except (json.JsonError, UnicodeDecodeError):
        raise Problem(400, NOT_JSON) from None
    if not isinstance(value, dict):
        raise Problem(400, NOT_JSON)
    return value


async def text_of(bodies: Bodies, req: Request) -> str:
    """The text to save: a YAML body as it is, the text in {"yaml": text}, or a JSON object as YAML.

    Raises Problem (400, 408, 413, 415).
    """
    raw = await bodies.raw(req)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Problem(400, "the body is not UTF-8" if media_type(req) in YAML else NOT_JSON) from None
    if media_type(req) in YAML:
        return text
    value = _as_written(text)
    if isinstance(value, dict) and "yaml" in value and "steps" not in value:
        if not isinstance(value["yaml"], str) or isinstance(value["yaml"], Numeral):
            raise Problem(400, "yaml must be a text")
        return value["yaml"]
    if not isinstance(value, dict):
        raise Problem(400, NOT_JSON)
    try:
        return write_for_people(value)
    except FormatError as error:
        raise Problem(400, error.message) from None


def _as_written(text: str) -> Any:
    """The value of a JSON text whose numbers are as they are written. Raises Problem (400)."""
    try:
        json.loads(text)  # bounds the depth
        return stdlib_json.loads(text, parse_float=Numeral, parse_int=Numeral, object_pairs_hook=_without_repeats)
    except ValueError:
        hint = "" if text.lstrip()[:1] in ("", "{", "[") else f"; YAML needs `Content-Type: {YAML[1]}`"
        raise Problem(400, NOT_JSON + hint) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made
