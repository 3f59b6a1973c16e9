"""Answers as values: JSON as what it says, text as text, everything else as binary."""

import codecs
import re

from oql import json
from oql.errors import Code, failed
from oql.outbound import Response
from oql.remote.calls import call, good, host_of
from oql.values import Value
from oql.verbs.run import Run

_JSON = re.compile(r"(application|text)/json|[^/]+/[^/]+\+json")
_TEXT = re.compile(
    r"text/.*|[^/]+/[^/]+\+(xml|yaml)|application/(xml|xhtml|x?-?yaml|toml|sql|graphql|(x-)?ndjson|jsonl|"
    r"(x-)?(java|ecma)script|x-www-form-urlencoded|x-sh)"
)
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([a-z0-9_:.+-]{1,40})""", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(-?[lb]e)?|utf-?32(-?[lb]e)?|(us-)?ascii|(iso-?8859|windows|cp|ibm)-?[0-9]{1,4}(-[0-9]{1,2})?|"
    r"latin-?[0-9]|koi8-[rut]|mac-?(roman|cyrillic|greek)|big5(-?hkscs)?|gb2312|gbk|gb18030|euc-?(jp|kr)|"
    r"shift[-_]?jis|iso-?2022-jp|tis-620"
)
"""Charsets of texts that are in use; other codecs are none, or cost more than they should."""
_AS_WINDOWS_READS = frozenset({"iso8859-1", "ascii"})
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def value_of(run: Run, response: Response, *, as_text: bool = False) -> Value:
    """The body by its content type: null where there is none, of JSON the value, of text the text, else binary.

    `as_text`: JSON that is not what it says is given as the text that it is. Raises JsonFailed, LimitExceeded.
    """
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = bool(_JSON.fullmatch(media))
    if not response.body:
        return "" if _TEXT.fullmatch(media) and response.status != 204 else None
    if is_json:
        return _json(run, response, as_text=as_text)
    if _TEXT.fullmatch(media) or (not media and _reads_as_text(response.body)):
        return _text(run, response)
    return response.body


def text_at(run: Run, url: str) -> str:
    """The text of a program at a URL, as long as a program may be, in UTF-8 unless its answer says otherwise.

    Raises as `call` and `good`, LimitExceeded when it is longer, NetUnreachable when it is no text.
    """
    most = run.context.limits.program_bytes
    response = call(run, "GET", url, most_bytes=most, limit="bytes of a program")
    good(response, "check the address of the program")
    if not _CHARSET.search(response.headers.get("content-type", "")) and not _reads_as_text(response.body):
        raise failed(Code.NET_UNREACHABLE, f"what `{host_of(response)}` answered is not UTF-8 text")
    return _text(run, response)


def _json(run: Run, response: Response, *, as_text: bool) -> Value:
    text = _decoded(run, response.body, "utf-8")  # whatever charset it names: RFC 8259, section 8.1
    run.claim(json.weight_when_read(text))
    try:
        return json.loads(text)
    except json.JsonError as error:
        if as_text:
            return text
        place = f" at line {error.line}, column {error.column}" if error.line else ""
        message = f"`{host_of(response)}` answered with what it calls JSON: {error.message}{place}"
        raise failed(Code.JSON_FAILED, message, 'get it as text with FORMAT "response"') from None


def text_in(response: Response) -> str:
    """The body as text, whatever its content type is, in the charset that it or its mark names, else UTF-8."""
    found = _CHARSET.search(response.headers.get("content-type", ""))
    return response.body.decode(_marked(response.body, _codec(found[1].lower() if found else "utf-8")), "replace")


def _text(run: Run, response: Response) -> str:
    _claim(run, response.body)
    return text_in(response)


def _decoded(run: Run, body: bytes, codec: str) -> str:
    _claim(run, body)
    return body.decode(_marked(body, codec), "replace")


def _claim(run: Run, body: bytes) -> None:
    run.claim(len(body) * (1 if body.isascii() else 4))


def _marked(body: bytes, codec: str) -> str:
    """A mark at the beginning counts for more than what a header says (the Encoding standard, 6.1)."""
    return next((marked for mark, marked in _MARKS if body.startswith(mark)), codec)


def charset(name: str) -> str | None:
    """How to read a charset of that name; None for one that is not in use for texts."""
    return _codec(name.lower()) if _CHARSETS.fullmatch(name.lower()) else None


def _codec(charset: str) -> str:
    """How to read a charset; what nobody knows is read as UTF-8, and Latin-1 as browsers read it."""
    if not _CHARSETS.fullmatch(charset):
        return "utf-8"
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return "cp1252" if name in _AS_WINDOWS_READS else name


def _reads_as_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError:
        return False
