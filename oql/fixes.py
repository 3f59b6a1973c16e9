"""Changes that take static errors away. One is only offered when the program with it was read and the error is gone."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from oql.errors import Fix, OqlError, Span
from oql.messages import UNCLOSED
from oql.parser import MAX_ERRORS
from oql.rewrites import advice, ideas

Read = Callable[[str, int], Sequence[OqlError]]
"""Gives the static errors of a text, in the order of their places, and so many of its syntax."""

_READ_IN_ALL = 60_000
_TRIED_FOR_EACH = 8
_ERRORS = 12
_ROUNDS = 200
_OPEN = re.compile(r"\bOPEN NEST\b")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which no text that leaves the process can hold."""


def offer(text: str, errors: Sequence[OqlError], read: Read) -> None:
    """Gives each error its fix where one is known that helps. Of many errors only the first get one."""
    left = _READ_IN_ALL
    for error in errors[:_ERRORS]:
        hint = advice(text, error)
        if hint:
            error.hint = hint
            continue
        seen: set[tuple[Span, str]] = set()
        for fix in ideas(text, error):
            if (fix.span, fix.text) in seen or len(seen) == _TRIED_FOR_EACH or _HALF_PAIR.search(fix.text):
                continue
            seen.add((fix.span, fix.text))
            left -= len(text)
            if left < 0:
                return
            changed = read(applied(text, fix), _needed(error, fix, errors))
            if _helps(fix, text[fix.span.start : fix.span.end], error, errors, changed):
                error.fix = fix
                error.hint = fix.hint or error.hint
                break


def _needed(error: OqlError, fix: Fix, errors: Sequence[OqlError]) -> int:
    """How many errors to read of a changed text, to see those up to the end of what was changed."""
    if error.message == UNCLOSED:
        return MAX_ERRORS
    return 2 + sum(_start(other) <= fix.span.end for other in errors)


def applied(text: str, fix: Fix) -> str:
    """The text with a fix."""
    return text[: fix.span.start] + fix.text + text[fix.span.end :]


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after its fixes: how many were made, and the errors that are left."""

    text: str
    fixes: int
    errors: Sequence[OqlError]


def repaired(text: str, read: Read) -> Repaired:
    """The text with all fixes that are offered, also those of errors that only show when others are gone."""
    errors = read(text, MAX_ERRORS)
    for made in range(_ROUNDS):
        offer(text, errors, read)
        fix = min(_fixes(errors), key=lambda found: found.span.start, default=None)
        if fix is None:
            return Repaired(text, made, errors)
        text = applied(text, fix)
        errors = read(text, MAX_ERRORS)
    return Repaired(text, _ROUNDS, errors)


def _fixes(errors: Sequence[OqlError]) -> Iterator[Fix]:
    return (error.fix for error in errors if error.fix)


def _helps(fix: Fix, replaced: str, error: OqlError, before: Sequence[OqlError], after: Sequence[OqlError]) -> bool:
    """Whether the error is gone, and nothing new is wrong before or inside what was changed."""
    start, end = fix.span.start, fix.span.start + len(fix.text)
    others = [other for other in before if other is not error]
    left = {_seen(other) for other in others} - {_seen(error)}
    if any(_seen(one) == _seen(error) or (_start(one) < start and _seen(one) not in left) for one in after):
        return False
    opens = _OPEN.search(fix.text) if len(_OPEN.findall(fix.text)) > len(_OPEN.findall(replaced)) else None
    if opens:
        end = start + opens.end()  # steps in a block that is one now are read for the first time
    inside = [one for one in after if start <= _start(one) < max(end, start + 1)]
    remaining = Counter(one.message for one in inside if not (opens and one.message == UNCLOSED))
    return remaining <= Counter(other.message for other in others if start <= _start(other) < fix.span.end)


def _seen(error: OqlError) -> tuple[int, str]:
    return _start(error), error.message


def _start(error: OqlError) -> int:
    return error.span.start if error.span else 0
