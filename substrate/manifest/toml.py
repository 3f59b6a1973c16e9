"""TOML in and out: reading with bounds, and writing the few kinds of value that manifests hold."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from substrate.errors import Invalid

MAX_BYTES = 256 * 1024
"""How long a manifest may be: five times what a thousand columns take."""

MAX_DOTS = 64
"""How many parts a dotted key may have. The parser takes seconds over one of thousands."""

_DOTTED = re.compile(
    rf"""(?<![\w-]) (?: (?: [\w-]+ | "[^"\n]*" | '[^'\n]*' ) [\ \t]* \. [\ \t]* ){{{MAX_DOTS}}}""",
    re.VERBOSE,
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def parse(source: str | bytes) -> dict[str, Any]:
    """The document of a TOML text; Invalid with `detail.line` where it is none."""
    if len(source) > MAX_BYTES:
        raise Invalid(f"a manifest has at most {MAX_BYTES} bytes, this one {len(source)}")
    text = _text(source)
    if dotted := _DOTTED.search(text):
        line = text.count("\n", 0, dotted.start()) + 1
        raise Invalid(f"line {line}: a name has at most {MAX_DOTS} dotted parts", line=line)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refused(str(error), text) from None
    except RecursionError:
        raise Invalid("the manifest nests too deeply") from None
    except ValueError:
        raise Invalid("the manifest holds an integer that is too long") from None


def literal(value: object) -> str:
    """A value in TOML, on one line. Texts, numbers, booleans, lists and tables of them; no null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for one control character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(name)} = {literal(item)}" for name, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    raise TypeError(f"TOML has no {type(value).__name__}")


def lines(table: Mapping[str, object]) -> list[str]:
    """A table's fields, one to a line; those that are None are left out."""
    return [f"{_key(name)} = {literal(value)}" for name, value in table.items() if value is not None]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else literal(name)


def _text(source: str | bytes) -> str:
    if isinstance(source, str):
        return source
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise Invalid(f"line {line}: the manifest is not UTF-8", line=line) from None


def _refused(message: str, text: str) -> Invalid:
    place = _PLACE.search(message)
    if not place:
        return Invalid(f"the manifest is not TOML: {message}")
    line = int(place[1]) if place[1] else text.count("\n") + (not text.endswith("\n"))
    detail = {"line": line} | ({"position": int(place[2])} if place[2] else {})
    return Invalid(f"the manifest is not TOML: {message[: place.start()]} (line {line})", **detail)
