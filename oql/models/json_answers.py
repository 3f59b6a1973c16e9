"""JSON in the answers of models, who like to put words and fences around it."""

import re

from oql import json
from oql.values import Value

_FENCE = re.compile(r"\A```[a-zA-Z0-9]*\s*\n(?P<inside>.*?)\n?\s*```\Z", re.DOTALL)


def read_object(text: str) -> Value:
    """The object or array that an answer is, or holds between words. Raises JsonError, which says what is wrong."""
    bare = text.strip()
    fenced = _FENCE.match(bare)
    bare = fenced["inside"].strip() if fenced else bare
    if not bare:
        raise json.JsonError("the answer is empty")
    try:
        value = json.loads(bare)
    except json.JsonError as error:
        return _inside(bare, error)
    if isinstance(value, (dict, list)):
        return value
    raise json.JsonError("the answer is neither an object nor an array")


def _inside(text: str, error: json.JsonError) -> Value:
    """What stands from the first brace to the last; the error where that is no object either."""
    start, end = text.find("{"), text.rfind("}")
    if start == 0 or start < 0 or end < start:
        raise error
    try:
        return json.loads(text[start : end + 1])
    except json.JsonError:
        raise error from None
