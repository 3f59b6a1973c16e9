"""Forms as browsers send them without files, `name=value&...`, percent-encoded.

Ours because that of the standard library takes half a second for each megabyte of `%`, and every visitor may send some.
"""

import asyncio
import re
from binascii import unhexlify

FORM = "application/x-www-form-urlencoded"

LARGE = 64 * 2**10
"""Bytes of a form that is read beside the event loop."""

_ENCODED = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")


async def read_form(raw: bytes, most: int) -> list[tuple[str, str]]:
    """The fields of a form, as `form_pairs` gives them; others go on meanwhile where it is large."""
    return await asyncio.to_thread(form_pairs, raw, most) if len(raw) > LARGE else form_pairs(raw, most)


def form_pairs(raw: bytes, most: int, errors: str = "strict") -> list[tuple[str, str]]:
    """The fields of a form in their order, also those without a value.

    `errors`: what becomes of bytes that are not UTF-8, as `bytes.decode` has it. Raises ValueError for these, and for
    more than `most` fields.
    """
    if raw.count(b"&") >= most:
        raise ValueError("too many fields")
    fields = (part.partition(b"=") for part in raw.split(b"&") if part)
    return [(_decoded(name, errors), _decoded(value, errors)) for name, _, value in fields]


def _decoded(text: bytes, errors: str) -> str:
    plain = text.replace(b"+", b" ")
    return _ENCODED.sub(lambda run: unhexlify(run[0].replace(b"%", b"")), plain).decode("utf-8", errors)
