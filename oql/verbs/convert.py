"""CONVERT: text of one format as text of another. The formats are loaded when they are first needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any as AnyFormat, Literal

from oql import json
from oql.errors import Code, OqlError, expected, failed
from oql.formats import FormatError
from oql.values import Value, json_weight, to_json
from oql.verbs.declare import Any, describe
from oql.verbs.encoding import family
from oql.verbs.objects import parse_json
from oql.verbs.run import Run


@family.verb(
    "CONVERT",
    examples=[
        ("CONVERT 'id,name\n1,Ada' FROM csv TO json", '[{"id":"1","name":"Ada"}]'),
        ("CONVERT '{\"a\":[1,true]}' FROM json TO yaml", "a:\n- 1\n- true\n"),
        ("CONVERT '<a b=\"1\">x</a>' FROM xml TO json", '{"a":{"@b":"1","#text":"x"}}'),
        ("CONVERT '*new*' FROM markdown TO html", "<p><em>new</em></p>\n"),
    ],
    failure=Code.CONVERT_FAILED,
    quick=False,
)
def convert(
    run: Run,
    value: Any,
    *,
    from_: Literal["csv", "json", "yaml", "xml", "markdown"],
    to: Literal["csv", "json", "yaml", "xml", "html"],
) -> str:
    """Turns text of one format into text of another: csv, json, yaml, xml, and markdown into html.

    Rows of csv are objects of texts under the names in its first row. FROM json also takes an array or
    object. In xml, attributes are `@name`, text beside them is `#text`, and a repeated element is an array.
    Html from markdown is safe to show: raw html in it is shown as text.
    """
    if (from_ == "markdown") != (to == "html"):
        hint = "markdown converts to html, the other formats to each other"
        raise failed(Code.CONVERT_FAILED, f"{from_} does not convert to {to}", hint)
    if not isinstance(value, str) and from_ != "json":
        raise expected(Code.CONVERT_FAILED, f"text to read as {from_}", describe(value))
    try:
        return _converted(run, value, from_, to)
    except UnicodeEncodeError:
        raise failed(Code.CONVERT_FAILED, "the text holds half of a surrogate pair") from None


def _converted(run: Run, value: Value, from_: str, to: str) -> str:
    if to == "html":
        with _reported("markdown"):
            return str(_format("markdown").html(value, run.claim))
    with _reported(from_):
        data = _read(run, value, from_)
    with _reported(to):
        return _written(run, data, to)


def _read(run: Run, value: Value, from_: str) -> Value:
    if from_ != "json":
        return _format(from_).read(value, run.claim)
    if not isinstance(value, str):
        run.claim(json_weight(value))
        return json.loads(to_json(value))
    try:
        return parse_json(run, value)
    except OqlError as error:
        raise error if error.final else FormatError(error.message) from None


def _written(run: Run, data: Value, to: str) -> str:
    if to != "json":
        return str(_format(to).write(data, run.claim))
    run.claim(json_weight(data))
    return to_json(data).decode()


def _format(name: str) -> AnyFormat:
    return import_module(f"oql.formats.{name}")


@contextmanager
def _reported(name: str) -> Iterator[None]:
    """Errors inside are ConvertFailed, with their place and the name of the format."""
    try:
        yield
    except (FormatError, json.JsonError) as error:
        column = f", column {error.column}" if error.column else ""
        place = f" at line {error.line}{column}" if error.line else ""
        raise failed(Code.CONVERT_FAILED, f"{name}: {error.message}{place}") from None
