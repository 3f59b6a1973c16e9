"""Answers: what a person gave, checked against what was asked, as the values that the program gets.

The same answer may come as JSON (`true`, `3`) or from the page of a form, where everything is text and blanks around
it mean nothing. Messages name what was expected and what was found; they are shown next to the field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from oql.errors import nearest
from oql.people.forms import Field, Form
from oql.values import Value, as_number, text_form, whole
from oql.verbs.declare import describe

LONGEST_TEXT = 10_000
"""Characters of an answer."""

LONGEST_REASON = 1_000
"""Characters of the reason for a decision."""

Decision = dict[str, Any]
"""`{"approved": boolean, "reason": text or null}`"""

_MOST_UNKNOWN = 20
_LONGEST_NAME = 60
_LONGEST_EMAIL = 254
_LONGEST_SHOWN = 60

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ATOM = r"[^\s@.,:;<>()\[\]\\\"\x00-\x1f\x7f]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """A kind of answer. `read` gives the value that the program gets, or None for what is no such answer."""

    wanted: str
    read: Callable[[Value, Field], Value]


def _text(given: Value, _field: Field) -> str | None:
    if not isinstance(given, str) or len(given) > LONGEST_TEXT or not _is_unicode(given):
        return None
    return _with_line_feeds(given)


def _with_line_feeds(text: str) -> str:
    """A text whose lines end as they do in programs, whatever sent it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_unicode(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _email(given: Value, _field: Field) -> str | None:
    found = given.strip() if isinstance(given, str) else ""
    return found if len(found) <= _LONGEST_EMAIL and _EMAIL.fullmatch(found) else None


def _number(given: Value, _field: Field) -> int | float | None:
    found = as_number(given)
    return whole(found) if isinstance(found, float) else found


def _date(given: Value, _field: Field) -> str | None:
    found = given.strip() if isinstance(given, str) else ""
    try:
        return date.fromisoformat(found).isoformat() if _ISO_DATE.fullmatch(found) else None
    except ValueError:
        return None


def _boolean(given: Value, _field: Field) -> bool | None:
    if isinstance(given, str):
        return _BOOLEANS.get(given.strip().lower())
    return given if isinstance(given, bool) else None


def _choice(given: Value, field: Field) -> str | None:
    found = text_form(given).strip() if isinstance(given, (str, int, float)) else None
    return found if found in field["choices"] else None


KINDS = {
    "TEXT": AnswerKind(f"text of at most {LONGEST_TEXT:,} characters", _text),
    "EMAIL": AnswerKind("an email address such as ada@example.com", _email),
    "NUMBER": AnswerKind("a number such as 12.5", _number),
    "DATE": AnswerKind("a date such as 2026-01-31", _date),
    "BOOLEAN": AnswerKind("yes or no", _boolean),
    "CHOICE": AnswerKind("one of the choices", _choice),
}
"""Every kind that may stand behind FORMAT in a form."""


def check_answers(form: Form, fields: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, str]]:
    """The values of the fields that were answered well, by name, and what is wrong with the others; `fields` is JSON.

    An optional field without an answer is null. Only when there are no problems are the values complete. Never raises.
    """
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    for field in form["fields"]:
        value, problem = check_answer(field, fields.get(field["name"]))
        if problem:
            problems[field["name"]] = problem
        else:
            values[field["name"]] = value
    return values, problems | _unknown([field["name"] for field in form["fields"]], fields)


def check_answer(field: Field, given: Value) -> tuple[Value, str | None]:
    """The value of one field, and what is wrong with it or None."""
    kind = KINDS[field["kind"].upper()]
    if given is None or (isinstance(given, str) and not given.strip()):
        return None, _required(field["kind"], kind.wanted) if field["required"] else None
    value = None if _is_endless(given) else kind.read(given, field)
    return value, f"expected {kind.wanted}, found {_found(given)}" if value is None else None


def _is_endless(given: Value) -> bool:
    """Whether this is NaN or an infinity, which some senders write although JSON has none, and 1e400 becomes."""
    return isinstance(given, float) and not isfinite(given)


def _required(kind: str, wanted: str) -> str:
    return "an answer is required" if kind == "text" else f"an answer is required: {wanted}"


def _found(given: Value) -> str:
    if isinstance(given, str):
        if not _is_unicode(given):
            return "something that is not a character"
        return f'"{given.strip()}"' if len(given) <= _LONGEST_SHOWN else f"{len(given):,} characters"
    return "no finite number" if _is_endless(given) else describe(given)


def _unknown(known: list[str], fields: Mapping[str, Value]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for name in [name for name in fields if name not in known][:_MOST_UNKNOWN]:
        guess = nearest(name, known)
        problems[name[:_LONGEST_NAME]] = "not a field of the form" + (f"; did you mean `{guess}`?" if guess else "")
    return problems


_APPROVED: Field = {"name": "approved", "label": "", "kind": "boolean", "required": True}


def check_decision(fields: Mapping[str, Value]) -> tuple[Decision, dict[str, str]]:
    """The answer to a question from `approved` and `reason`, and what is wrong with it by name. Never raises."""
    approved, problem = check_answer(_APPROVED, fields.get("approved"))
    problems = {"approved": problem} if problem else {}
    reason = fields.get("reason")
    if reason is not None and (not isinstance(reason, str) or len(reason) > LONGEST_REASON or not _is_unicode(reason)):
        problems["reason"] = f"expected text of at most {LONGEST_REASON:,} characters, found {_found(reason)}"
        reason = None
    stripped = _with_line_feeds(reason or "").strip()
    return {"approved": approved, "reason": stripped or None}, problems | _unknown(["approved", "reason"], fields)
