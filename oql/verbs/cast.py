"""CAST: a value as another kind."""

from collections.abc import Callable

from oql.errors import Code, OqlError, expected, unknown
from oql.values import Image, Value, as_number, json_weight, text_form, to_json
from oql.verbs.calculate import family
from oql.verbs.declare import Any, Text, describe
from oql.verbs.encoding import octets
from oql.verbs.run import Run

_BOOLEANS: dict[Value, bool] = {"true": True, "false": False, "1": True, "0": False}


@family.verb(
    "CAST",
    examples=[
        ('CAST "42" AS "number"', 42),
        ('CAST 0 AS "boolean"', False),
        ('ENLIST 1 AND "a" SET ?a AFTER CAST ?a AS "json"', '[1,"a"]'),
        ('CAST "é" AS "binary" SET ?b AFTER LENGTH ?b', 2),
    ],
    failure=Code.CAST_FAILED,
)
def cast(run: Run, value: Any, *, as_: Text) -> Value:
    """Gives a value as "text", "number", "boolean", "json" (its JSON text) or "binary", or fails.

    Numbers: numeric text, true is 1, false 0. Booleans: true and false in any case, 1 and 0. Text of binary
    is what its UTF-8 says, of anything else its text form. Binary: text as UTF-8, an image as
    its file.
    """
    target = _TARGETS.get(as_)
    if target is None:
        raise unknown(Code.CAST_INCOMPATIBLE, "a kind to cast to", as_, _TARGETS, hint=_LISTED)
    run.claim(json_weight(value))
    return target(value)


def _misfit(kind: str, value: Value, hint: str | None = None) -> OqlError:
    return expected(Code.CAST_FAILED, f"what fits {kind}", describe(value), hint=hint)


def _text(value: Value) -> str:
    if not isinstance(value, bytes):
        return text_form(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        hint = 'for any bytes there is ENCODE ... AS "base64"'
        raise expected(Code.CAST_FAILED, "UTF-8", "other bytes", hint=hint) from None


def _number(value: Value) -> int | float:
    found = int(value) if isinstance(value, bool) else as_number(value)
    if found is None:
        raise _misfit("a number", value)
    return found


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    number = as_number(value)
    text = value.strip().lower() if isinstance(value, str) else text_form(number) if number is not None else ""
    if text not in _BOOLEANS:
        raise _misfit("a boolean", value, "true, false, 1 and 0 fit")
    return _BOOLEANS[text]


def _json(value: Value) -> str:
    return to_json(value).decode()


def _binary(value: Value) -> bytes:
    if isinstance(value, Image):
        return value.file()
    if not isinstance(value, str | bytes):
        raise _misfit("binary", value, "text fits, and so do binary and images")
    return octets(value, Code.CAST_FAILED)


_TARGETS: dict[str, Callable[[Value], Value]] = {
    "text": _text,
    "number": _number,
    "boolean": _boolean,
    "json": _json,
    "binary": _binary,
}
_LISTED = f"the kinds are {', '.join(_TARGETS)}"
