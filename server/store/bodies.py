"""What requests to the store carry: JSON that keeps 1.0 and 1 apart, text, parameters of the address."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from oql.json import MAX_DEPTH, deeper_than
from server.bodies import LONG, Bodies
from server.malformed import unknown_field
from server.problems import Problem
from server.request import Request
from server.store.threads import Threads
from substrate import json
from substrate.errors import Invalid, kind_of, shown
from substrate.names import flaw_of


class NotJson(Problem):
    """A 400 about text that is not JSON, or JSON that the store does not take."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(400, message, detail={"line": line, "column": column} if line else None)


class StoreBodies:
    """Reads the bodies of requests. Raises Problem: 400, 408, 413, 415."""

    def __init__(self, bodies: Bodies, threads: Threads) -> None:
        self._bodies = bodies
        self._threads = threads
        self._one_long = asyncio.Lock()

    async def raw(self, req: Request) -> bytes:
        """The bytes of a body, unpacked."""
        return await self._bodies.raw(req)

    async def json(self, req: Request) -> tuple[bytes, Any]:
        """A JSON body: its bytes and its value."""
        raw = await self._bodies.raw(req)
        if len(raw) < LONG:
            return raw, loads(raw)
        async with self._one_long:  # what many small values become takes twenty times as much memory as their text
            return raw, await self._threads.run(loads, raw)

    async def object(self, req: Request) -> tuple[bytes, dict[str, Any]]:
        """A body that is a JSON object."""
        raw = self._bodies.at_hand(req)
        if raw is not None and len(raw) < LONG:
            value = loads(raw)  # as `json`, without the way there
        else:
            raw, value = await self.json(req)
        if not isinstance(value, dict):
            raise Problem(400, f"expected a JSON object as the body, found {kind_of(value)}")
        return raw, value


def require(body: Mapping[str, Any], model: type[BaseModel], place: str = "", **detail: Any) -> None:
    """Raises Invalid where a body lacks a field that its model requires, and names an unknown one that may be meant.

    place: of an object within the body, with a point behind it.
    """
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    missing = next((name for name, field in fields.items() if name not in body and field.is_required()), None)
    if missing is None:
        return
    unknown = next((name for name in body if name not in fields), None)
    told = f"; {shown(unknown)} {unknown_field(unknown, list(fields))}" if unknown is not None else ""
    raise Invalid(f"`{place}{missing}`: is required{told}", field=f"{place}{missing}", **detail)


def loads(raw: bytes) -> Any:
    """The value of a JSON text; of a repeated key the last wins. Raises NotJson.

    NaN, infinities, lone surrogates, U+0000 and more than 64 levels are refused. Integers beyond 64 bits become floats.
    """
    try:
        value = json.loads(raw)
    except ValueError as error:
        reason, line, column = (getattr(error, name, missing) for name, missing in _PLACE)
        raise NotJson(f"this is not JSON: {reason}", line, column) from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and deeper_than(value, MAX_DEPTH):
        raise NotJson(f"JSON is nested more than {MAX_DEPTH} levels deep")
    # Nothing else can stand for it: a raw NUL inside a string is not JSON.
    if b"\\u0000" in raw and holds_nul(value):
        raise NotJson("a text cannot hold U+0000")
    return value


_PLACE: tuple[tuple[str, Any], ...] = (("msg", ""), ("lineno", 0), ("colno", 0))


def holds_nul(value: Any) -> bool:
    """Whether any text or key in a value holds U+0000."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or holds_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))


def text(raw: bytes) -> str:
    """A body that is text in UTF-8, without U+0000. Raises Problem (400)."""
    try:
        found = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Problem(400, "the body is not UTF-8", detail={"line": line}) from None
    if flaw := flaw_of(found):
        raise Problem(400, f"the body holds {flaw}")
    return found


def param(req: Request, name: str) -> str | None:
    """A parameter of the address. Raises Problem (400): U+0000."""
    value: str | None = req.get_param(name) if req.query_string else None
    if value is not None and "\0" in value:
        raise Problem(400, f"`{name}` holds U+0000", detail={"parameter": name})
    return value


def needed(req: Request, name: str) -> str:
    """A parameter of the address that has to be there. Raises Problem (400)."""
    value = param(req, name)
    if value is None:
        raise Problem(400, f"the parameter `{name}` is missing", detail={"parameter": name})
    return value


def one_of(req: Request, name: str, *allowed: str) -> str | None:
    """A parameter of the address that has one of these values, None where it is missing. Raises Problem (400)."""
    value = param(req, name)
    if value is not None and value not in allowed:
        raise Problem(400, f"`{name}`: expected {' or '.join(allowed)}", detail={"parameter": name})
    return value


def whole(req: Request, name: str, default: int, least: int, most: int) -> int:
    """A parameter of the address that is a whole number within bounds. Raises Problem (400)."""
    value = param(req, name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 16 and least <= int(value) <= most):
        message = f"`{name}`: expected a whole number from {least} to {most}"
        raise Problem(400, message, detail={"parameter": name})
    return int(value)


def version_wanted(req: Request) -> int | None:
    """The version that If-Match wants the row to have. Raises Problem (400)."""
    given = req.sent(b"if-match")
    if given is None:
        return None
    number = given.strip().strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Problem(400, "the header If-Match: expected the version of a row, a whole number")
    return int(number)


def refuse_version(req: Request) -> None:
    """Raises Problem (400) where If-Match wants a version of several rows, which is never passed over in silence."""
    if req.sent(b"if-match") is not None:
        raise Problem(400, "the header If-Match is for one row: send each row by POST /rows/{schema}")
