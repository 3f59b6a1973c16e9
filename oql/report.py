"""Shows errors: as the error object of an answer, and as a picture for the terminal."""

import re
from typing import Any

from oql.check import Doubt
from oql.errors import OqlError, ProgramError
from oql.source import Source

_RED, _BLUE, _YELLOW, _BOLD, _PLAIN = "\x1b[31;1m", "\x1b[34;1m", "\x1b[33;1m", "\x1b[1m", "\x1b[0m"
_TAB = "    "
_WIDEST = 160
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What must not get to a terminal, and what no encoding can carry."""


def error_json(error: OqlError, source: Source) -> dict[str, Any]:
    """The error object of an answer: code, message, place, the source line with a caret below, and a hint."""
    shown: dict[str, Any] = {"code": str(error.code), "message": error.message}
    if error.span is not None:
        start, end = source.position(error.span.start), source.position(error.span.end)
        shown |= {"line": start.line, "column": start.column, "end_line": end.line, "end_column": end.column}
        shown["source"] = "\n".join(_marked(source, error.span.start, error.span.end))
    if error.hint:
        shown["hint"] = error.hint
    if isinstance(error, ProgramError):
        shown["errors"] = [error_json(inner, source) for inner in error.errors]
    return shown


def error_text(error: OqlError, source: Source, color: bool = False) -> str:
    """The picture of an error for people; all of them when a program has several static ones."""
    if isinstance(error, ProgramError):
        return "\n".join(error_text(inner, source, color) for inner in error.errors)
    return _picture(f"error[{error.code}]", error.message, error.span, error.hint, source, _RED if color else "")


def warning_json(warning: Doubt, source: Source) -> dict[str, Any]:
    """A warning as the answer to a check shows it."""
    place = source.position(warning.span.start)
    shown: dict[str, Any] = {"message": warning.message, "line": place.line, "column": place.column}
    return shown | {"hint": warning.hint} if warning.hint else shown


def warning_text(warning: Doubt, source: Source, color: bool = False) -> str:
    """The picture of a warning for people."""
    return _picture("warning", warning.message, warning.span, warning.hint, source, _YELLOW if color else "")


def _picture(title: str, message: str, span: Any, hint: str | None, source: Source, paint: str) -> str:
    frame, bold, plain = (_BLUE, _BOLD, _PLAIN) if paint else ("", "", "")
    lines = [f"{paint}{title}{plain}{bold}: {message}{plain}"]
    if span is not None:
        position = source.position(span.start)
        number = str(position.line)
        gutter = " " * len(number)
        text, caret = _marked(source, span.start, span.end)
        lines += [
            f"{gutter}{frame}-->{plain} {source.name}:{position.line}:{position.column}",
            f"{gutter} {frame}|{plain}",
            f"{frame}{number} |{plain} {text}",
            f"{gutter} {frame}|{plain} {paint}{caret}{plain}",
        ]
    else:
        gutter = ""
    if hint:
        lines.append(f"{gutter} {frame}={plain} hint: {hint}")
    return "\n".join(lines)


def _marked(source: Source, start: int, end: int) -> tuple[str, str]:
    """The line of a place and below it carets under the place; long lines are cut around it."""
    position = source.position(start)
    line = _UNSHOWN.sub("\ufffd", source.line(position.line))
    column = position.column - 1
    length = max(1, min(end - start, len(line) - column))
    if len(line) > _WIDEST:
        left = max(0, column - 40)
        line, column = line[left : left + _WIDEST], column - left
        length = min(length, max(1, len(line) - column))
    before = "".join(_TAB if c == "\t" else " " * _width(c) for c in line[:column])
    marked = "".join(_TAB if c == "\t" else "^" * _width(c) for c in line[column : column + length]) or "^"
    return line.replace("\t", _TAB), before + marked


def _width(character: str) -> int:
    """How many terminal columns a character takes."""
    from unicodedata import combining, east_asian_width

    return 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
