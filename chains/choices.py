"""What an answer of a model means: the route of a router, the verdict of an evaluator."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\s*(-?\d+(?:\.\d+)?)")


def chosen_route(answer: str, keys: Iterable[str]) -> str | None:
    """The key that an answer names, None where it names none.

    The answer itself, case ignored; else the longest key that stands in it as a whole word; else the longest anywhere.
    """
    said = answer.strip().lower()
    longest_first = sorted(keys, key=len, reverse=True)
    for key in longest_first:
        if key.lower() == said:
            return key
    for key in longest_first:
        if re.search(rf"(?<!\w){re.escape(key.lower())}(?!\w)", said):
            return key
    return next((key for key in longest_first if key.lower() in said), None)


def passes(judgement: str, threshold: float | None) -> bool:
    """Whether a judgement is good: it begins with PASS; or, where there is a threshold, with a number so high."""
    if threshold is None:
        return judgement.strip().upper().startswith("PASS")
    found = _NUMBER.match(judgement)
    return (float(found[1]) if found else 0.0) >= threshold
