"""The hosts that a step calls, as far as its text tells: for `mode: "check"` and `oql explain`."""

import re
from collections.abc import Mapping
from typing import Any

from oql.outbound.errors import Forbidden
from oql.outbound.places import read_place
from oql.verbs.declare import Verb

_URL = re.compile(r"https?://", re.IGNORECASE)
_WHOLE_HOST = re.compile(r"https?://[^/?#]+[/?#].*", re.IGNORECASE | re.DOTALL)
UNKNOWN = "?"


def hosts(verb: Verb, data: Mapping[str, Any]) -> list[str]:
    """The host of a step's URL, with its port where that is not the usual one; `?` where only the run will tell.

    `data` is that of its instruction. A URL that nobody can be asked by leads to no host.
    """
    operand = data["modifiers"].get(verb.names) or next(iter(data["operands"]), None)
    url = _beginning(operand) if operand else ""
    if url is None:
        return [UNKNOWN] if verb.touches == "url" else []
    try:
        return [read_place(url).authority] if _URL.match(url) else []
    except Forbidden:
        return []


def _beginning(operand: list[Any]) -> str | None:
    """A literal text, or what is known of one that is joined; None where that may still become any host."""
    kind, value, *_ = operand
    if kind == "value":
        return str(value)
    first = _beginning(value[0]) if kind == "joined" else None
    return first if first and _WHOLE_HOST.fullmatch(first) else None
