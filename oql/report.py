"""Shows errors: as the error object of an answer, and as a picture for the terminal."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from oql.doubts import Doubt
from oql.errors import Fix, OqlError, ProgramError, Span, Within
from oql.source import Source

_RED, _BLUE, _YELLOW, _BOLD, _PLAIN = "\x1b[31;1m", "\x1b[34;1m", "\x1b[33;1m", "\x1b[1m", "\x1b[0m"
_TAB = "    "
_WIDEST = 160
_CALLS_SHOWN = 10
_LONGEST_FIX = 80

T = TypeVar("T")
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
"""What must not get to a terminal, and what no encoding can carry."""


def error_json(error: OqlError, source: Source) -> dict[str, Any]:
    """The error object of an answer: code, message, place, the source line with a caret below, and a hint."""
    shown: dict[str, Any] = {"code": str(error.code), "message": error.message}
    if error.span is not None:
        shown |= _place_json(source, error.span)
    if error.hint:
        shown["hint"] = error.hint
    if error.fix:
        shown["fix"] = _fix_json(error.fix, source)
    if isinstance(error, ProgramError):
        shown["errors"] = [error_json(inner, source) for inner in error.errors]
    if error.within:
        shown["within"] = _shortened([_within_json(place) for place in error.within], _omitted)
    return shown


def _place_json(source: Source, span: Span) -> dict[str, Any]:
    start, end = source.position(span.start), source.position(span.end)
    place: dict[str, Any] = {"line": start.line, "column": start.column}
    place |= {"end_line": end.line, "end_column": end.column}
    return place | {"source": "\n".join(_marked(source, span.start, span.end))}


def _fix_json(fix: Fix, source: Source) -> dict[str, Any]:
    start, end = source.position(fix.span.start), source.position(fix.span.end)
    place: dict[str, Any] = {"line": start.line, "column": start.column}
    return place | {"end_line": end.line, "end_column": end.column, "text": fix.text}


def _fix_text(fix: Fix, source: Source) -> str:
    """A fix in words, on one line."""
    old, new = (_brief(text) for text in (source.text[fix.span.start : fix.span.end], fix.text))
    if not old:
        position = source.position(fix.span.start)
        return f"add {new} at {position.line}:{position.column}"
    return f"replace {old} by {new}" if new else f"leave out {old}"


def _brief(text: str) -> str:
    text = _UNSHOWN.sub("\ufffd", " ".join(text.split()))
    if len(text) > _LONGEST_FIX:
        text = f"{text[: _LONGEST_FIX // 2]} ... {text[-_LONGEST_FIX // 2 :]}"
    return text and f"`{text}`"


def _within_json(place: Within) -> dict[str, Any]:
    """The place of an error in a program that a step ran; all its errors where there are several."""
    shown = {"in": place.name, **_place_json(place.source, place.span)}
    if len(place.errors) > 1:
        shown["errors"] = [error_json(inner, place.source) for inner in place.errors]
    return shown


def error_text(error: OqlError, source: Source, color: bool = False) -> str:
    """The picture of an error for people; all of them when a program has several static ones."""
    if isinstance(error, ProgramError):
        return "\n".join(error_text(inner, source, color) for inner in error.errors)
    paint = _RED if color else ""
    if not error.within or error.span is None:
        return _error_picture(error, error.span, source, paint)
    places = [(source, error.span), *((place.source, place.span) for place in error.within)][::-1]
    inmost, span = places[0]
    picture = _error_picture(error, span, inmost, paint)
    others = [place for place in error.within[-1].errors if place.span != span]
    also = [_error_picture(one, one.span, inmost, paint) for one in others]
    calls = [_called(place.name, *outer, paint) for place, outer in zip(error.within[::-1], places[1:], strict=True)]
    return "\n".join([picture, *also, *_shortened(calls, lambda count: f"  ... {count} more ...")])


def _called(name: str, source: Source, span: Span, paint: str) -> str:
    position = source.position(span.start)
    frame, plain = (_BLUE, _PLAIN) if paint else ("", "")
    return f"  {frame}={plain} in {name}, called at {source.name}:{position.line}:{position.column}"


def _omitted(count: int) -> dict[str, Any]:
    return {"omitted": count}


def _shortened(calls: list[T], omitted: Callable[[int], T]) -> list[T]:
    """The calls without the middle of a long chain, as a recursion makes it."""
    if len(calls) <= _CALLS_SHOWN:
        return calls
    half = _CALLS_SHOWN // 2
    return [*calls[:half], omitted(len(calls) - 2 * half), *calls[-half:]]


def warning_json(warning: Doubt, source: Source) -> dict[str, Any]:
    """A warning as the answer to a check shows it."""
    place = source.position(warning.span.start)
    shown: dict[str, Any] = {"message": warning.message, "line": place.line, "column": place.column}
    return shown | {"hint": warning.hint} if warning.hint else shown


def warning_text(warning: Doubt, source: Source, color: bool = False) -> str:
    """The picture of a warning for people."""
    return _picture("warning", warning.message, warning.span, _notes(warning.hint), source, _YELLOW if color else "")


def _error_picture(error: OqlError, span: Span | None, source: Source, paint: str) -> str:
    notes = _notes(error.hint) + ([f"fix: {_fix_text(error.fix, source)}"] if error.fix else [])
    return _picture(f"error[{error.code}]", error.message, span, notes, source, paint)


def _notes(hint: str | None) -> list[str]:
    return [f"hint: {hint}"] if hint else []


def _picture(title: str, message: str, span: Span | None, notes: list[str], source: Source, paint: str) -> str:
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
    lines += [f"{gutter} {frame}={plain} {note}" for note in notes]
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
