"""JSON as the store keeps and shows it: compact, 1.0 and 1 told apart. The home of orjson here."""

from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """Compact JSON. Raises TypeError for what JSON cannot carry."""
    return orjson.dumps(value)


def loads(text: bytes | str) -> Any:
    """The value of a JSON text; of a repeated key the last wins. Raises ValueError."""
    return orjson.loads(text)


def embedded(text: str) -> Any:
    """A JSON text that `dumps` writes as it is, without reading it."""
    return orjson.Fragment(text)
