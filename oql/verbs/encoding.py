"""ENCODE and DECODE: text and binary in the alphabets of other systems."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from oql.errors import Code, OqlError, expected, failed
from oql.verbs.declare import Family, Text, TextOrBinary
from oql.verbs.run import Run

family = Family("encoding", "Encoding")

Encoding = Literal["base64", "base64url", "hex", "url", "html"]

_GROWTH = {"base64": 2, "base64url": 2, "hex": 2, "url": 11, "html": 6}
_BYTES_AN_ESCAPE = 130
"""What each `%41` or `&amp;` takes while a text is decoded."""


def octets(value: str | bytes, failure: Code) -> bytes:
    """A text as UTF-8, or binary as it is; half of a surrogate pair is an error of the given code."""
    if isinstance(value, bytes):
        return value
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise failed(failure, "the text holds half of a surrogate pair, which has no UTF-8 form") from None


def text_or_binary(found: bytes) -> str | bytes:
    """Text where the bytes are UTF-8, else the bytes."""
    try:
        return found.decode()
    except UnicodeDecodeError:
        return found


def base64url(found: bytes) -> str:
    """The alphabet of RFC 4648 for URLs, without padding, as in JSON Web Tokens."""
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of base64url text, with or without padding. Raises ValueError."""
    return _from_base64(text.translate(_TO_STANDARD))


_TO_STANDARD = str.maketrans({"-": "+", "_": "/", "+": " !", "/": " !"})
_WHITE = str.maketrans("", "", " \t\r\n")


def _from_base64(text: str) -> bytes:
    packed = text.translate(_WHITE).rstrip("=")
    return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)


@family.verb(
    "ENCODE",
    examples=[
        ('ENCODE "Grüße" AS "base64"', "R3LDvMOfZQ=="),
        ('ENCODE "a b&c" AS "url"', "a%20b%26c"),
        ('ENCODE "<b>" AS "html"', "&lt;b&gt;"),
    ],
    failure=Code.ENCODE_FAILED,
)
def encode(run: Run, value: TextOrBinary, *, as_: Encoding) -> str:
    """Writes text (as UTF-8) or binary in another alphabet. base64url has no padding."""
    run.claim(len(value) * _GROWTH[as_])
    if as_ == "html":
        if isinstance(value, bytes):
            raise expected(Code.ENCODE_FAILED, "text to encode as html", "binary")
        from html import escape

        return escape(value)
    return _ENCODERS[as_](octets(value, Code.ENCODE_FAILED))


_ENCODERS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda found: base64.b64encode(found).decode(),
    "base64url": base64url,
    "hex": bytes.hex,
    "url": lambda found: quote(found, safe=""),
}


@family.verb(
    "DECODE",
    examples=[
        ('DECODE "R3LDvMOfZQ==" AS "base64"', "Grüße"),
        ('DECODE "a%20b%26c" AS "url"', "a b&c"),
        ('DECODE "&lt;b&gt; &eacute;" AS "html"', "<b> é"),
    ],
    failure=Code.DECODE_FAILED,
)
def decode(run: Run, text: Text, *, as_: Encoding) -> str | bytes:
    """Reads what ENCODE writes: text where the bytes are UTF-8, else binary.

    White space in base64 and hex, and whether base64 is padded, do not matter.
    """
    run.claim(2 * len(text) + _BYTES_AN_ESCAPE * text.count(_ESCAPES.get(as_, "\0")))
    if as_ == "html":
        from html import unescape

        return unescape(text)
    try:
        return text_or_binary(_DECODERS[as_](text))
    except (binascii.Error, ValueError):
        raise _unreadable(text, as_) from None


_ESCAPES = {"url": "%", "html": "&"}
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)


def _from_url(text: str) -> bytes:
    if _BROKEN_ESCAPE.search(text):
        raise ValueError
    return unquote_to_bytes(text)


def _unreadable(text: str, encoding: str) -> OqlError:
    hint = "a text that is not encoded holds other characters, or its end is missing"
    return failed(Code.DECODE_FAILED, f"the text of {len(text)} characters is not {encoding}", hint)


_DECODERS: dict[str, Callable[[str], bytes]] = {
    "base64": _from_base64,
    "base64url": from_base64url,
    "hex": bytes.fromhex,
    "url": _from_url,
}
