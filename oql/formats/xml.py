"""XML as objects: attributes are `@name`, text beside them is `#text`, a repeated element is an array.

Document types, and with them entities of one's own, are refused.
"""

from typing import Any
from xml.parsers import expat  # nothing is expanded: see `_check`
from xml.parsers.expat import ErrorString, ExpatError

import xmltodict

from oql.formats import Claim, FormatError
from oql.json import MAX_DEPTH
from oql.values import json_weight, text_form

_BYTES_PER_ELEMENT = 260
_BYTES_PER_ATTRIBUTE = 450


def read(text: str, claim: Claim) -> dict[str, Any]:
    """The root element as an object of one key. All values are texts; an empty element is null."""
    claim(8 * len(text) + _BYTES_PER_ELEMENT * text.count("<") + _BYTES_PER_ATTRIBUTE * text.count("="))
    _check(text)
    found: dict[str, Any] = xmltodict.parse(text)
    return found


def _check(text: str) -> None:
    """Reads the text once without building anything: its form, its depth, and no document type."""
    parser = expat.ParserCreate("utf-8")  # whatever it says of itself: a text has no other encoding any more
    depth = 0

    def fault(message: str) -> FormatError:
        return FormatError(message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)

    def start(_name: str, _attributes: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise fault(f"nested more than {MAX_DEPTH} levels deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_parts: Any) -> None:
        raise fault("a document type is not accepted")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode(), True)
    except ExpatError as error:
        raise FormatError(ErrorString(error.code), error.lineno, error.offset + 1) from None


def write(value: Any, claim: Claim) -> str:
    """An object of one key as that element; else it stands in `<root>`, an array as `<item>`s."""
    single = isinstance(value, dict) and len(value) == 1 and not isinstance(next(iter(value.values())), list)
    document = value if single else {"root": {"item": value} if isinstance(value, list) else value}
    elements, longest = _counted(document)
    claim(3 * (json_weight(document) + elements * (2 * longest + 5)) + _BYTES_PER_ELEMENT * elements)
    texts = _in_texts(document)
    try:
        written = str(xmltodict.unparse(texts))
    except (ValueError, AttributeError) as error:
        raise FormatError(f"this value cannot be written: {error}") from None
    try:
        _check(written)
    except FormatError:
        raise FormatError("a key is no name of an element, or a text holds a control character") from None
    return written


def _in_texts(value: Any) -> Any:
    """The value with text forms for everything that is no array, object or null."""
    if isinstance(value, list):
        return [_in_texts(item) for item in value]
    if not isinstance(value, dict):
        return None if value is None else text_form(value)
    for key, part in value.items():
        if (key.startswith("@") or key == "#text") and isinstance(part, (list, dict)):
            raise FormatError(f"`{key}` is text in xml, found an array or object")
    return {key: _in_texts(part) for key, part in value.items()}


def _counted(document: Any) -> tuple[int, int]:
    """How many elements there will be at most, and the length of the longest name."""
    elements, longest = 0, 0
    waiting = [document]
    while waiting:
        item = waiting.pop()
        elements += 1
        if isinstance(item, dict):
            longest = max([longest, *map(len, item)])
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return elements, longest
