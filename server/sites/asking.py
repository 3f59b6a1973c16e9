"""What a visitor sends, as `!REQUEST` gives it to the program of a site.

Of what stands several times the first one counts. Forms come urlencoded or as multipart; a file of such a form is an
object of name, content_type, size and body.
"""

import asyncio
import io
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote

import falcon
from falcon.media import MultipartFormHandler
from falcon.media.multipart import MultipartForm, MultipartParseOptions

from oql.values import Value
from server.bodies import Bodies
from server.forms import FORM, LARGE, form_pairs, read_form
from server.problems import Problem
from server.request import Request

MULTIPART = "multipart/form-data"
MOST_FIELDS = 1_000
"""Parameters of an address, and fields of a form, of one request."""
MOST_PARTS = 200
"""Parts of a multipart form."""
PART_HEAD_BYTES = 8_192
LONGEST_NAME = 200
"""Bytes of the name of a file that was sent."""

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+(;[\x20-\x7e]*)?", re.IGNORECASE)


async def request_of(req: Request, bodies: Bodies, site: str, path: str, base: str) -> dict[str, Value]:
    """The keys of `!REQUEST` with their values. `path` is that within the site, `base` where the site begins.

    Raises Problem: 400, 408, 413, 415.
    """
    raw = await bodies.raw(req)
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    found: dict[str, Value] = {"site": site, "base": base, "path": path, "method": req.method, "body": None}
    _add(found, "param", _params(req.query_string))
    _add(found, "cookie", _cookies(req.get_header("Cookie") or ""))
    found.update((f"header:{name.lower()}", value) for name, value in req.headers.items())
    if kind == MULTIPART:
        parse = _large if len(raw) > LARGE else _at_once
        for name, value in await parse(raw, req.content_type or ""):
            found.setdefault(name, value)
    else:
        found["body"] = _text(raw)
        if kind == FORM:
            _add(found, "form", await _form(raw))
    return found


def _add(found: dict[str, Value], kind: str, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        found.setdefault(f"{kind}:{name}", value)


def _params(query: str) -> list[tuple[str, str]]:
    try:
        return form_pairs(query.encode(), MOST_FIELDS, "replace")
    except ValueError:
        raise _no_form("the address") from None


async def _form(raw: bytes) -> list[tuple[str, str]]:
    try:
        return await read_form(raw, MOST_FIELDS)
    except ValueError:
        raise _no_form("the body") from None


def _no_form(what: str) -> Problem:
    return Problem(400, f"{what} is no form in UTF-8 of at most {MOST_FIELDS:,} fields")


def _cookies(header: str) -> Iterable[tuple[str, str]]:
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            yield name.strip(), unquote(value.strip().removeprefix('"').removesuffix('"'))


def _text(raw: bytes) -> Value:
    if not raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


# forms with files


async def _at_once(raw: bytes, content_type: str) -> list[tuple[str, Value]]:
    return _parts(raw, content_type)


async def _large(raw: bytes, content_type: str) -> list[tuple[str, Value]]:
    return await asyncio.to_thread(_parts, raw, content_type)


def _parts(raw: bytes, content_type: str) -> list[tuple[str, Value]]:
    """The fields and files of a form, by their keys. Raises Problem (400)."""
    options = MultipartParseOptions()
    options.max_body_part_count = MOST_PARTS
    options.max_body_part_headers_size = PART_HEAD_BYTES
    options.max_body_part_buffer_size = len(raw)
    try:
        form = MultipartFormHandler(options).deserialize(io.BytesIO(raw), content_type, len(raw))
        return list(_read(form))
    except falcon.HTTPError as error:
        raise Problem(400, f"the body is no multipart form: {error.description or error.title}") from None
    except ValueError:
        raise Problem(400, "the body is no multipart form in UTF-8") from None


def _read(form: MultipartForm) -> Iterable[tuple[str, Value]]:
    for part in form:
        name, data = part.name, part.get_data()
        if name is None:
            raise ValueError("a part without a name")
        if part.filename is None:
            yield f"form:{name}", data.decode()
        elif part.filename or data:  # else nobody has chosen a file
            kind = part.content_type
            yield (
                f"file:{name}",
                {
                    "name": safe_name(part.filename),
                    "content_type": kind if _TYPE.fullmatch(kind) else "application/octet-stream",
                    "size": len(data),
                    "body": data,
                },
            )


def safe_name(given: str) -> str:
    """The name of a file as programs may use it in a path: no folders, no hidden signs, no dot in front."""
    last = re.split(r"[/\\]", given)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    name = seen.strip(" .") or "file"
    stem, dot, end = name.rpartition(".")
    while len(name.encode()) > LONGEST_NAME:
        stem, end = (stem[:-1], end) if dot and stem else ("", end[:-1])
        name = f"{stem}{dot if stem else ''}{end}"
    return name
