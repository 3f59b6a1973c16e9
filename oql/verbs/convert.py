"""CONVERT: text of one format as text of another. The formats are loaded when they are first needed."""

from importlib import import_module
from typing import Any as AnyFormat, Literal

from oql import json
from oql.errors import Code, OqlError, expected, failed
from oql.formats import FormatError
from oql.values import Value, to_json
from oql.verbs.declare import Any, Run, describe
from oql.verbs.encoding import family

_GROWTH = 10


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
        raise failed(
            Code.CONVERT_FAILED,
            f"{from_} does not convert to {to}",
            "markdown converts to html, and only that",
        )
    if not isinstance(value, str) and from_ != "json":
        raise expected(Code.CONVERT_FAILED, f"text to read as {from_}", describe(value))
    if isinstance(value, str):
        run.claim(_GROWTH * len(value))
    try:
        return _converted(value, from_, to)
    except (FormatError, json.JsonError) as error:
        raise _unfit(error, from_) from None
    except UnicodeEncodeError:
        raise failed(Code.CONVERT_FAILED, "the text holds half of a surrogate pair") from None


def _converted(value: Value, from_: str, to: str) -> str:
    if to == "html":
        return str(_format("markdown").html(value))
    if from_ == "json":
        data = json.loads(value if isinstance(value, str) else to_json(value))
    else:
        data = _format(from_).read(value)
    return to_json(data).decode() if to == "json" else str(_format(to).write(data))


def _format(name: str) -> AnyFormat:
    return import_module(f"oql.formats.{name}")


def _unfit(error: FormatError | json.JsonError, from_: str) -> OqlError:
    column = f", column {error.column}" if error.column else ""
    place = f" at line {error.line}{column}" if error.line else ""
    return failed(Code.CONVERT_FAILED, f"{from_}: {error.message}{place}")
