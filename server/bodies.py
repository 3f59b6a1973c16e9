"""From the bytes of a request body to a checked model: content type, size, compression, JSON, fields."""

import asyncio
import json
import re
import time
import zlib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from server import metrics
from server.malformed import malformed
from server.problems import Problem
from server.request import Request

LONG = 64 * 1024
"""Bodies from this size are decoded one after the other: by the store on a thread, else with pauses between."""
READ_SECONDS = 30.0
"""How long a client may take to send a body."""

M = TypeVar("M", bound=BaseModel)
_KEY = re.compile(rb'"\s*:')
_FLAT = frozenset({str, int, float, bool, type(None)})
"""Types of values without keys, which are told apart from models faster than models are from them."""


class Bodies:
    """Reads request bodies of at most `max_bytes`, also after decompression."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._one_long = asyncio.Lock()

    async def read(self, req: Request, model: type[M]) -> M:
        """The checked body of a request. Raises Problem: 400, 408, 413, 415."""
        if req.content_type != "application/json":
            require_json(req.content_type)
        raw = self.at_hand(req)
        if raw is None:
            raw = await self.raw(req)
        if len(raw) < LONG:
            return decode(model, raw)
        return await self._decode_long(model, raw)

    async def _decode_long(self, model: type[M], raw: bytes) -> M:
        """One at a time, and the next after a pause as long as this one took: half of the time is for others."""
        await self._one_long.acquire()
        began = time.monotonic()
        try:
            return decode(model, raw)
        finally:
            asyncio.get_running_loop().call_later(time.monotonic() - began, self._one_long.release)

    def at_hand(self, req: Request) -> bytes | None:
        """As `raw` of a body that is here as a whole, as most are; None for another. Raises Problem (413)."""
        first = req.first_event
        if first.get("more_body") or req.sent(b"content-encoding") is not None:
            return None
        return self._bounded(first.get("body", b""))

    async def raw(self, req: Request) -> bytes:
        """The body of a request, unpacked. Raises Problem: 400, 408, 413, 415."""
        first = req.first_event
        raw = self._bounded(await self._rest(req) if first.get("more_body") else first.get("body", b""))
        encoding = req.sent(b"content-encoding")
        return raw if encoding is None else self._decompress(raw, encoding)

    def _bounded(self, raw: bytes) -> bytes:
        if len(raw) > self._max_bytes:
            raise self._too_large()
        return raw

    async def _rest(self, req: Request) -> bytes:
        if (req.content_length or 0) > self._max_bytes:
            raise self._too_large()
        try:
            with metrics.in_flight():
                async with asyncio.timeout(READ_SECONDS):
                    return await self._arriving(req, req.first_event.get("body", b""))
        except TimeoutError:
            message = f"the body did not arrive within {READ_SECONDS:g} s"
            raise Problem(408, message, headers={"Connection": "close"}) from None

    async def _arriving(self, req: Request, first: bytes) -> bytes:
        chunks, size, more = [first], len(first), True
        while more:
            event = await req.receive()
            if event["type"] == "http.disconnect":
                raise Problem(400, "the body ended before its time")
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
            if size > self._max_bytes:
                raise self._too_large()
            more = event.get("more_body", False)
        return b"".join(chunks)

    def _decompress(self, raw: bytes, encoding: str) -> bytes:
        if encoding.strip().lower() == "identity":
            return raw
        if encoding.strip().lower() != "gzip":
            headers = {"Accept-Encoding": "gzip, identity"}
            raise Problem(415, "expected no Content-Encoding, or gzip", headers=headers)
        inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            body = inflate.decompress(raw, self._max_bytes + 1)
        except zlib.error:
            raise Problem(400, "the body is not gzip, as its Content-Encoding says") from None
        if len(body) > self._max_bytes:
            raise self._too_large()
        if not inflate.eof or inflate.unused_data:
            raise Problem(400, "the body is not one complete gzip member")
        return body

    def _too_large(self) -> Problem:
        limit = self._max_bytes
        return Problem(413, f"the body is larger than {limit} bytes", detail={"limit": limit})


def require_json(content_type: str | None) -> None:
    """Raises Problem (415). A browser sends other types from any page without asking first, so they are no consent."""
    media_type, _, parameters = (content_type or "").partition(";")
    charset = parameters.replace(" ", "").lower().partition("charset=")[2].strip('"')
    if media_type.strip().lower() != "application/json" or charset not in ("", "utf-8"):
        found = repr(content_type[:100]) if content_type else "none"
        raise Problem(415, f"expected the header Content-Type: application/json, found {found}")


def decode(model: type[M], raw: bytes) -> M:
    """The model that the JSON describes. Raises Problem (400), which names the place, never a value."""
    try:
        envelope: M = model.__pydantic_validator__.validate_json(raw)  # less the checks of `model_validate_json`
    except ValidationError as error:
        raise malformed(error, model) from None
    # Every key ends in a colon, so as many colons as keys mean that no key stands twice.
    keys = _count_keys(envelope)
    if raw.count(b":") != keys and len(_KEY.findall(raw)) != keys:
        json.loads(raw, object_pairs_hook=_refuse_repeated)
    return envelope


def _count_keys(model: BaseModel) -> int:
    """Keys that the model took from the JSON. More than these in the text may be repeated ones."""
    names, fields = model.__pydantic_fields_set__, model.__dict__
    count = len(names)
    for name in names:
        value = fields[name]
        kind = type(value)
        if kind is dict:
            count += len(value)
        elif kind not in _FLAT and hasattr(value, "__pydantic_fields_set__"):  # isinstance asks the metaclass
            count += _count_keys(value)
    return count


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise Problem(400, f"the key {_shown(key)} stands twice in one object")
        seen.add(key)


def _shown(key: str) -> str:
    return json.dumps(key if len(key) <= 40 else key[:40] + "...")
