"""XML as objects: attributes are `@name`, text beside them is `#text`, a repeated element is an array.

Document types, and with them entities of one's own, are refused.
"""

from typing import Any
from xml.parsers import expat
from xml.parsers.expat import ErrorString, ExpatError

import xmltodict

from oql.formats import FormatError
from oql.json import MAX_DEPTH


def read(text: str) -> dict[str, Any]:
    """The root element as an object of one key. All values are texts; an empty element is null."""
    _check(text)
    found: dict[str, Any] = xmltodict.parse(text)
    return found


def _check(text: str) -> None:
    """Reads the text once without building anything: form, depth, and no document type."""
    parser = expat.ParserCreate()
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


def write(value: Any) -> str:
    """An object of one key as that element; else it stands in `<root>`, an array as `<item>`s."""
    single = isinstance(value, dict) and len(value) == 1 and not isinstance(next(iter(value.values())), list)
    document = value if single else {"root": {"item": value} if isinstance(value, list) else value}
    try:
        written = str(xmltodict.unparse(document, pretty=True, indent="  "))
    except (ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"no xml for this value: {error}") from None
    try:
        _check(written)
    except FormatError:
        raise FormatError("a key is no name of an element, or a text holds a control character") from None
    return f"{written}\n"
