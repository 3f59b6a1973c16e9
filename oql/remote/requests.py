"""What a step sends: its method, headers and body, checked before anything leaves the machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from oql.errors import Code, expected, failed, unknown
from oql.values import Image, Value, json_weight, text_form, to_json
from oql.verbs.declare import describe
from oql.verbs.run import Run

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, section 9.2.1), so that a step with one may be repeated."""
_FORM = "application/x-www-form-urlencoded"
_LONGEST_KEY = 200
"""Characters of an idempotency key; services take 255 at most."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request without its place. `headers`: names in lower case."""

    method: str
    headers: Mapping[str, str]
    body: bytes


def sent(run: Run, method: str, body: Value, headers: Mapping[str, Value] | None) -> Sent:
    """The request of a step: with a content type that fits its body, and a key that says which step it is of."""
    taken = _headers(headers or {})
    data = _body(run, body, taken)
    if body is not None:
        taken.setdefault("content-type", _content_type(body))
    if body is not None or method not in READING:
        taken.setdefault("idempotency-key", _short(run.idempotency_key()))
    return Sent(method, taken, data)


def method_of(text: str) -> str:
    """The method that AS names, in capitals. Raises NetUnreachable."""
    method = text.upper()
    if method not in METHODS:
        hint = f"use one of {', '.join(METHODS)}"
        raise unknown(Code.NET_UNREACHABLE, "a method that can be used", text, METHODS, hint=hint)
    return method


def _headers(given: Mapping[str, Value]) -> dict[str, str]:
    """Headers as texts, without those that are null; what they may be is for the guard to say."""
    for name, value in given.items():
        if isinstance(value, (list, dict, bytes, Image)):
            raise expected(Code.NET_UNREACHABLE, f"text for the header `{name[:60]}` behind ATTACH", describe(value))
    return {name.lower(): text_form(value) for name, value in given.items() if value is not None}


def _content_type(body: Value) -> str:
    if isinstance(body, (list, dict)):
        return "application/json"
    if isinstance(body, Image):
        return body.media_type
    return "application/octet-stream" if isinstance(body, bytes) else "text/plain; charset=utf-8"


def _body(run: Run, body: Value, headers: Mapping[str, str]) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    run.claim(json_weight(body))
    if isinstance(body, Image):
        return body.file()
    if isinstance(body, dict) and headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        return urlencode({key: text_form(value) for key, value in body.items()}).encode()
    if isinstance(body, (list, dict)):
        return to_json(body)
    try:
        return text_form(body).encode()
    except UnicodeEncodeError:
        raise failed(Code.NET_UNREACHABLE, "the body holds half of a character, which cannot be sent") from None


def _short(key: str) -> str:
    """The key, or one as good of a length that every service takes."""
    return key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()
