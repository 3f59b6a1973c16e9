"""How mistakes are put right: patterns of what people write, and what it is in OQL.

A pattern is looked for around the place of an error. What it proposes is a guess, tried in the order of the table and
taken only when the program with it has the error no longer (oql/fixes.py): so patterns may be generous.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from oql.errors import Fix, OqlError, Span

_BEFORE = 200
_AROUND = 400
_BEHIND = 2_000  # patterns that begin at a place look once, so they may look further

TEXT = r"""(?:"[^"\n]*"|'[^'\n]*'|`[^`\n]*`)"""
VARIABLE = r"(?:\?[A-Za-z_]\w*(?:\([^()\n]*\))*)"
NUMBER = r"(?:-?\d+(?:\.\d+)?(?![\w.]))"
VALUE = rf"(?:{TEXT}|{VARIABLE}|![A-Z]+(?:\([^()\n]*\))*|{NUMBER}|true\b|false\b|null\b)"
NAME = r"(?:[a-z_]\w*)"

_MACROS = {"<TEXT>": TEXT, "<VAR>": VARIABLE, "<NUMBER>": NUMBER, "<VALUE>": VALUE, "<NAME>": NAME,
           "<LEFT>": rf"(?:{VALUE}|{NAME})"}  # fmt: skip

Found = re.Match[str]
To = str | Callable[[Found], str | None]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What a pattern finds becomes `to`: a template, or a function that gives the text, None where it knows none.

    The match holds the place of the error, or begins there when `here`. `{new}` in a hint stands for the new text.
    """

    pattern: re.Pattern[str]
    to: To
    hint: str | None
    here: bool

    def ideas(self, text: str, start: int) -> Iterator[Fix]:
        """The fixes that this pattern proposes for an error at `start`."""
        for match in self._matches(text, start):
            new = match.expand(self.to) if isinstance(self.to, str) else self.to(match)
            if new is not None and new != match[0]:
                hint = self.hint.replace("{new}", new) if self.hint else None
                yield Fix(Span(match.start(), match.end()), new, hint)

    def _matches(self, text: str, start: int) -> Iterator[Found]:
        if self.here:
            match = self.pattern.match(text, start, start + _BEHIND)
            return iter((match,) if match else ())
        found = self.pattern.finditer(text, max(0, start - _BEFORE), start + _AROUND)
        return (match for match in found if match.start() <= start <= match.end())


def _made(pattern: str, to: To, hint: str | None, here: bool) -> Rewrite:
    for name, macro in _MACROS.items():
        pattern = pattern.replace(name, macro)
    return Rewrite(re.compile(pattern), to, hint, here)


def at(pattern: str, to: To, hint: str | None = None) -> Rewrite:
    """A pattern that begins at the place of the error."""
    return _made(pattern, to, hint, True)


def around(pattern: str, to: To, hint: str | None = None) -> Rewrite:
    """A pattern that holds the place of the error, or ends there."""
    return _made(pattern, to, hint, False)


def advice(text: str, error: OqlError) -> str | None:
    """The hint for a mistake that has no single cure; None where it is no such mistake."""
    from oql.rewriting.advice import TABLE

    if error.span is None:
        return None
    start = error.span.start
    around_it = max(0, start - 60), start + 200
    return next(
        (
            hint
            for pattern, hint in TABLE
            if any(match.start() <= start <= match.end() for match in pattern.finditer(text, *around_it))
        ),
        None,
    )


def ideas(text: str, error: OqlError) -> Iterator[Fix]:
    """What may be meant at the place of an error, the likeliest first."""
    from oql.rewriting import blocks, characters, comparisons, steps, values

    if error.span is None:
        return iter(())
    tables: tuple[tuple[Rewrite, ...], ...] = (
        characters.TABLE,
        comparisons.TABLE,
        blocks.TABLE,
        steps.TABLE,
        values.TABLE,
    )
    start = error.span.start
    return chain(
        (fix for table in tables for rewrite in table for fix in rewrite.ideas(text, start)),
        error.ideas,
        (fix for rewrite in blocks.WRAPPED for fix in rewrite.ideas(text, start)),
    )
