"""Values as JSON text from which exactly the same values come back: binary, images and multivariables too."""

import base64
from typing import Any

from oql import json
from oql.values import Image, Multi, Value

_BINARY, _BRANCHES, _ESCAPED, _IMAGE = "$oql:binary", "$oql:branches", "$oql:object", "$oql:image"
_DEEPEST = 1_000_000


def written(value: Value) -> str:
    """The text of a value, whatever is inside it."""
    tagging = _Tagging()
    text = json.dumps(value, tagging).decode()
    if not tagging.used and "$oql:" not in text:
        return text
    return json.dumps({_ESCAPED: _tagged(value)}).decode()


def read(text: str) -> Value:
    """The value of such a text."""
    value = json.loads(text, max_depth=_DEEPEST)
    if type(value) is dict and len(value) == 1 and _ESCAPED in value:
        return _untagged(value[_ESCAPED])
    return value


class _Tagging:
    """Notes whether something came by that JSON does not have."""

    def __init__(self) -> None:
        self.used = False

    def __call__(self, value: Any) -> None:
        self.used = True


def _tagged(value: Value) -> Any:
    if isinstance(value, bytes):
        return {_BINARY: base64.b64encode(value).decode()}
    if isinstance(value, Image):
        return {_IMAGE: [value.width, value.height, value.form, base64.b64encode(value.data).decode()]}
    if isinstance(value, Multi):
        return {_BRANCHES: [_tagged(branch) for branch in value.branches]}
    if isinstance(value, list):
        return [_tagged(element) for element in value]
    if isinstance(value, dict):
        made = {key: _tagged(element) for key, element in value.items()}
        return {_ESCAPED: made} if any(key.startswith("$oql:") for key in made) else made
    return value


def _untagged(value: Any) -> Value:
    if isinstance(value, list):
        return [_untagged(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(key, inner)] = value.items()
        if key == _BINARY:
            return base64.b64decode(inner)
        if key == _IMAGE:
            return Image(inner[0], inner[1], inner[2], base64.b64decode(inner[3]))
        if key == _BRANCHES:
            return Multi([_untagged(branch) for branch in inner])
        if key == _ESCAPED:
            return {name: _untagged(element) for name, element in inner.items()}
    return {key: _untagged(element) for key, element in value.items()}
