"""What is wrong with a text that is no YAML, in the words of whoever wrote it.

The parser tells where it could not go on, which is often behind the mistake, and in words of its grammar. Each function
here knows one kind of mistake: it gives the place and what to say, or None where it is another one.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from chains.problems import IN_QUOTES
from oql.formats import FormatError

_BRACE = re.compile(r"[:-]\s+\{[\w.|]+\}\s*[^\s,\]}]")
_KEY = re.compile(r"\s*(?:- +)*[\w-]+:(?=\s|$)")
_NO_BLANK = re.compile(r"\s*(?:- +)*([A-Za-z_][\w-]*):(?=[^\s:/])")
_OPEN_QUOTE = re.compile(r"\s*(?:- +)*[\w-]+: +([\"'])(?:(?!\1).)*$")
_DASH = re.compile(r"- +")
_PARTS = re.compile(r"(?:steps|chains):")
_NO_KEY_HERE = "mapping values are not allowed in this context"
_MISPLACED = re.compile(r"did not find expected (?:key|'-' indicator|<document start>)")
_NO_VALUE = "could not find expected ':'"

_Mistake = FormatError | None


def in_plain_words(text: str, error: FormatError) -> FormatError:
    """The same error as people understand it, at the place of the mistake; as it is where no mistake is known."""
    lines = text.splitlines()
    return next((found for mistake in _MISTAKES if (found := mistake(lines, error))), error)


def lost_line_ends(lines: list[str]) -> str:
    """A hint for a text of one line that has had more; empty for any other text."""
    written = [line for line in lines if line.strip()]
    if len(written) != 1 or written[0].lstrip().startswith("{") or not _PARTS.search(written[0]):
        return ""
    return "the text has lost its line ends; curl keeps them with `--data-binary`"


def _one_line(lines: list[str], error: FormatError) -> _Mistake:
    hint = lost_line_ends(lines)
    return _said(hint, error, error.line, error.column) if hint else None


def _brace(lines: list[str], error: FormatError) -> _Mistake:
    """A text that begins with a reference such as `{who}`, which YAML takes for an object."""
    if not _BRACE.search(_line(lines, error.line)):
        return None
    return FormatError(f"{error.message}; {IN_QUOTES}", error.line, error.column)


def _tab(lines: list[str], error: FormatError) -> _Mistake:
    if _line(lines, error.line)[error.column - 1 : error.column] != "\t":
        return None
    return _said(f"a tab stands in column {error.column}, where YAML wants blanks", error, error.line, error.column)


def _sign(lines: list[str], error: FormatError) -> _Mistake:
    """A text that begins with a character that YAML keeps for itself."""
    if error.message != "found character that cannot start any token":
        return None
    sign = _line(lines, error.line)[error.column - 1 : error.column]
    return _said(f"a text that begins with `{sign}` stands in quotes", error, error.line, error.column)


def _quote(lines: list[str], error: FormatError) -> _Mistake:
    """A quote that is never closed. The library's own error, the context of ours, knows where it began."""
    cause: Any = error.__context__
    if getattr(cause, "context", None) != "while scanning a quoted scalar":
        return None
    line, column = cause.context_mark.line + 1, cause.context_mark.column + 1
    return _said(f"the quote that begins in column {column} is never closed", error, line, column)


def _closed_later(lines: list[str], error: FormatError) -> _Mistake:
    """A quote that is closed by the next one of another text."""
    if not _MISPLACED.match(error.message) or _line(lines, error.line)[: error.column - 1][-1:] not in ("'", '"'):
        return None
    for number in range(error.line, 0, -1):
        begun = _OPEN_QUOTE.match(_line(lines, number))
        if begun:
            column = begun.start(1) + 1
            return _said(f"the quote that begins in column {column} is not closed in its line", error, number, column)
    hint = "a text in quotes ends before this; to have such quotes in it, put the other kind around it"
    return _said(hint, error, error.line, error.column)


def _no_blank(lines: list[str], error: FormatError) -> _Mistake:
    """`id:count`, which is one word: the parser stumbles over the next colon."""
    if error.message not in (_NO_KEY_HERE, _NO_VALUE):
        return None
    for number in (error.line, _line_before(lines, error.line)):
        found = _NO_BLANK.match(_line(lines, number))
        if found:
            return _said(f"a blank is missing behind the colon of `{found[1]}:`", error, number, found.end() + 1)
    return None


def _indented(lines: list[str], error: FormatError) -> _Mistake:
    """A line that begins where none of those around it does."""
    line = _line(lines, error.line)
    indent = len(line) - len(line.lstrip(" "))
    key = _KEY.match(line)
    at_key = error.message == _NO_KEY_HERE and key is not None and key.end() == error.column
    if not (at_key or (_MISPLACED.match(error.message) and error.column == indent + 1)):
        return None
    before = [level for level in _levels(lines, error.line) if level[2] == line.lstrip().startswith("-")]
    if not before or (at_key and indent in [level[0] for level in before]):
        return None
    wanted, number, _ = min(before, key=lambda level: (abs(level[0] - indent), -level[0]))
    told = f"the indentation of {_blanks(indent)} differs from that of the lines before: {wanted} in line {number}"
    return _said(told, error, error.line, indent + 1)


def _levels(lines: list[str], last: int) -> list[tuple[int, int, bool]]:
    """What is open before a line: how many blanks stand before it, in which line, and whether it is an item's dash."""
    opened: list[tuple[int, int, bool]] = []
    for number in range(1, last):
        for level in _begun(_line(lines, number)):
            while opened and opened[-1][0] > level[0]:
                opened.pop()
            if not opened or opened[-1][0] < level[0]:
                opened.append((level[0], number, level[1]))
    return opened


def _begun(line: str) -> Iterator[tuple[int, bool]]:
    """The levels at which a line begins something: its dashes, and what stands behind them."""
    at = len(line) - len(line.lstrip(" "))
    while dash := _DASH.match(line, at):
        yield at, True
        at = dash.end()
    if line[at : at + 1] not in ("", "#"):
        yield at, False


def _colon_in_text(lines: list[str], error: FormatError) -> _Mistake:
    if error.message != _NO_KEY_HERE or not _KEY.match(_line(lines, error.line)):
        return None
    return _said("a text with a colon and a blank in it stands in quotes", error, error.line, error.column)


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _line_before(lines: list[str], number: int) -> int:
    """The last line with something in it before another one; 0 where there is none."""
    return next((each for each in range(number - 1, 0, -1) if _line(lines, each).strip()), 0)


def _blanks(count: int) -> str:
    return f"{count} blank{'' if count == 1 else 's'}"


def _said(told: str, error: FormatError, line: int, column: int) -> FormatError:
    return FormatError(f"{told} ({error.message})", line, column)


_MISTAKES: tuple[Callable[[list[str], FormatError], _Mistake], ...] = (
    _one_line, _brace, _tab, _quote, _closed_later, _sign, _no_blank, _indented, _colon_in_text,
)  # fmt: skip
