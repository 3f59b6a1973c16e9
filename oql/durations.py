"""Lengths of time as programs write them: `"500ms"`, `"1h30m"`, `"-2d"`, or a number of seconds."""

import re

from oql.values import Value, as_number

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""The units, and how many seconds each has."""

LONGEST = 10_000_000_000
"""Seconds, some 300 years: no wait and no life time is longer."""

_LONGEST_TEXT = 100
_COUNT = r"[0-9]+(?:\.[0-9]+)?"
_UNIT = r"ms|[smhdw]"
_PART = re.compile(rf"({_COUNT})({_UNIT})")
_DURATION = re.compile(rf"\s*([+-]?)((?:{_COUNT}(?:{_UNIT})\s*)+)")


def seconds(value: Value) -> float | None:
    """The seconds of a duration or of a number, negative ones too; None for everything else."""
    plain = as_number(value)
    if plain is not None:
        return plain
    match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST_TEXT else None
    if match is None:
        return None
    total = sum(float(count) * SECONDS[unit] for count, unit in _PART.findall(match[2]))
    return -total if match[1] == "-" else total
