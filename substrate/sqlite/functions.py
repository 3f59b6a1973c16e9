"""Functions that SQLite lacks, or has otherwise than PostgreSQL. Every connection that runs SQL of requests has them.

They are deterministic, take and give SQLite's values, and raise Invalid for what they cannot compute with, which comes
out of the statement as it is.
"""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import partial
from typing import Any

import apsw

from substrate.casting import FORMS
from substrate.columns import BOOL, BY_NAME, DATE, F64, I64, TIMESTAMP, UNLIKE, UUID
from substrate.errors import Invalid, described

LONGEST_COMPUTED = 32 * 2**20
"""The bytes that a value may have inside a statement that answers: functions can make very long ones of short ones."""
_LIMIT = 2**63
_FORMS = {kind: re.compile(form, re.ASCII) for kind, form in FORMS.items()}
_WIDE = Context(prec=1_000)


def install(connection: apsw.Connection) -> None:
    """Makes the functions known to a connection."""
    for name, (function, arguments) in _FUNCTIONS.items():
        connection.create_scalar_function(name, function, arguments, deterministic=True)


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def _upper(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text


def _replace(text: Any, old: Any, new: Any) -> Any:
    """SQLite's own compares all of `old` at each place, which for long ones takes minutes that nothing can end."""
    if text is None or old is None or new is None:
        return None
    if not old:
        return text
    if len(text) + text.count(old) * max(0, len(new) - len(old)) > LONGEST_COMPUTED:
        raise Invalid(f"replace: the text would have more than {LONGEST_COMPUTED:,} bytes")
    return text.replace(old, new)


def _trimmed(text: Any, characters: Any, *, left: bool = True, right: bool = True) -> Any:
    """SQLite's own looks at each character through all of `characters`; see `_replace`."""
    if text is None or characters is None:
        return None
    begin, end, gone = 0, len(text), frozenset(characters)
    while left and begin < end and text[begin] in gone:
        begin += 1
    while right and begin < end and text[end - 1] in gone:
        end -= 1
    return text[begin:end]


def _substr(text: str | None, start: int | None, length: int | None = _LIMIT) -> str | None:
    """The characters from `start`, counted from 1; what lies before the first one counts, too."""
    if text is None or start is None or length is None:
        return None
    _small(start, 0 if length == _LIMIT else length)
    if length < 0:
        raise Invalid("substr: the length is negative")
    return text[max(start - 1, 0) : max(start - 1 + length, 0)]


def _round(value: float | int | None, digits: int | None) -> float | int | None:
    """Rounded half away from zero, in decimal, of the 15 digits that a float surely has."""
    if value is None or digits is None:
        return None
    _small(digits)
    place = max(-400, min(400, digits))
    if isinstance(value, int):
        return value if place >= 0 else _integer(int(_rounded(Decimal(value), place)))
    return float(_rounded(Decimal(f"{value:.15g}"), place)) + 0.0


def _small(*numbers: int) -> None:
    """Positions and lengths have 32 bits."""
    if any(not -(2**31) <= number < 2**31 for number in numbers):
        raise too_large()


def _rounded(value: Decimal, place: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-place), rounding=ROUND_HALF_UP, context=_WIDE)


def _whole(value: float | None) -> int | None:
    """A float as an integer, rounded half to even as IEEE 754 does."""
    return None if value is None else _integer(round(value))


def _integer(value: Any) -> Any:
    """The result of a calculation with integers."""
    if value is not None and (not isinstance(value, int) or not -_LIMIT <= value < _LIMIT):
        raise too_large()
    return value


def _finite(value: Any) -> Any:
    """The result of a calculation with floats."""
    if value in (float("inf"), float("-inf")):
        raise too_large()
    return value


def _overflow() -> None:
    raise too_large()


def too_large() -> Invalid:
    """What a result is that no number holds."""
    return Invalid("a number in the statement grows too large")


def _several() -> None:
    raise Invalid("a subquery that stands for one value has several rows: add LIMIT 1")


def _read(kind: str, text: str | None) -> Any:
    """The value that a text stands for, as SQLite keeps it."""
    if text is None:
        return None
    column_type = BY_NAME[kind]
    if not _FORMS[column_type].fullmatch(text):
        raise _no(kind, text)
    return _READERS[kind](text)


def _of_type(kind: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        found = BY_NAME[kind].coerced(text, "")
        if found is UNLIKE:
            raise _no(kind, text)
        return found

    return read


def _read_integer(text: str) -> int:
    value = int(text)
    if not -_LIMIT <= value < _LIMIT:
        raise _no("i64", text)
    return value


def _read_float(text: str) -> float:
    value = float(text)
    lost = value == 0 and any(digit in text.lower().split("e")[0] for digit in "123456789")
    if lost or abs(value) == float("inf"):
        raise _no("f64", text)
    return value + 0.0


def _no(kind: str, text: str) -> Invalid:
    return Invalid(f"CAST: expected {BY_NAME[kind].expects}, found {described(text)}")


_READERS: dict[str, Callable[[str], Any]] = {
    I64.name: _read_integer,
    F64.name: _read_float,
    BOOL.name: lambda text: int(text.lower() == "true"),
    TIMESTAMP.name: lambda text: (
        TIMESTAMP.reads(text) if text[10:] and text[-1] in "zZ" else _of_type("timestamp")(text)
    ),
    DATE.name: _of_type("date"),
    UUID.name: lambda text: text.lower(),
}


def _text(kind: str, value: Any) -> str | None:
    """The text of a value."""
    if value is None:
        return None
    if kind == "f64":
        return _float_text(value)
    written: str = TIMESTAMP.json(value)
    return written[:10] if kind == "day" else written


def _float_text(value: float) -> str:
    """The shortest text that is the same float, in PostgreSQL's form: `1`, `0.1`, `1e+15`, `1e-05`."""
    mantissa, _, power = f"{Decimal(repr(value)):e}".partition("e")
    digits, exponent = mantissa.replace(".", "").replace("-", "").rstrip("0") or "0", int(power)
    sign = "-" if value < 0 else ""
    if digits == "0":
        return "0"
    if not -5 < exponent < 15:
        point = f".{digits[1:]}" if digits[1:] else ""
        return f"{sign}{digits[0]}{point}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, rest = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else sign + whole


_FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "lower": (_lower, 1),
    "upper": (_upper, 1),
    "replace": (_replace, 3),
    "trim": (_trimmed, 2),
    "ltrim": (partial(_trimmed, right=False), 2),
    "rtrim": (partial(_trimmed, left=False), 2),
    "oql_substr": (_substr, -1),
    "oql_round": (_round, 2),
    "oql_whole": (_whole, 1),
    "oql_integer": (_integer, 1),
    "oql_finite": (_finite, 1),
    "oql_overflow": (_overflow, 0),
    "oql_several": (_several, 0),
    "oql_read": (_read, 2),
    "oql_text": (_text, 2),
}
