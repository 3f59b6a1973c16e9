"""Regular expressions written by users: RE2, whose time grows with the text and never explodes."""

from functools import lru_cache
from typing import Any

import re2

from oql.errors import Code, failed, limit_reached

_MAX_PATTERN = 10_000
_MAX_WORK = 2_000_000_000
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 2 << 20

Pattern = Any  # re2's compiled pattern carries no type information


@lru_cache(maxsize=64)
def _compile(pattern: str) -> Pattern:
    return re2.compile(pattern, _OPTIONS)


def compile_pattern(pattern: str, code: Code = Code.STRING_FAILED) -> Pattern:
    """A compiled pattern with RE2's syntax, kept for the next use. A bad pattern is an OqlError of the given code."""
    if len(pattern) > _MAX_PATTERN:
        raise failed(code, f"the regular expression is longer than {_MAX_PATTERN} characters")
    try:
        return _compile(pattern)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise failed(
            code,
            f"bad regular expression `{pattern}`: {text}",
            "use RE2 syntax: no look-around, no back-references",
        ) from None


def check_work(pattern: Pattern, text: str) -> None:
    """LimitExceeded for a search that could take too long; to be asked before the pattern meets the text.

    A search cannot be interrupted, and where RE2 cannot build its automaton each instruction of the pattern may cost a
    step (about 7 ns) at each character of the text.
    """
    if pattern.programsize * len(text) > _MAX_WORK:
        raise limit_reached(
            "steps for one search",
            f"{_MAX_WORK:,}",
            "search a shorter text, or use fewer repetitions in the pattern",
        )
