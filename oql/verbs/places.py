"""Verbs for places in a text or an array: SLICE, CONTAINS, STARTS, ENDS and INDEX."""

from collections.abc import Callable

from oql.errors import Code, expected
from oql.values import Value, equal, text_form
from oql.verbs.declare import Any, TextOrArray, Whole, describe
from oql.verbs.text import family


@family.verb("SLICE", examples=[('SLICE "database" FROM 4 TO 6', "ba"), ('SLICE "database" FROM -4', "base")])
def slice_(value: TextOrArray, *, from_: Whole | None = None, to: Whole | None = None) -> Value:
    """Gives the part of a text or array from a place up to, not including, another.

    Places count from 0, negative ones from the end; those beyond an end mean that end. FROM or TO may be
    left out.
    """
    return value[from_:to]


@family.verb(
    "CONTAINS",
    examples=[
        ('CONTAINS "database" WHERE "tab"', True),
        ("ENLIST 1 AND 2 SET ?a AFTER CONTAINS ?a WHERE 3 SET ?b AFTER EMIT ?b", False),
    ],
)
def contains(value: TextOrArray, *, where: Any) -> bool:
    """Tells whether a text holds another, or an array an element that is equal."""
    if isinstance(value, str):
        return _sought(where) in value
    return any(map(equals(where), value))


@family.verb("STARTS", examples=[('STARTS "database" WHERE "data"', True)])
def starts(value: TextOrArray, *, where: Any) -> bool:
    """Tells whether a text starts with another, or an array with an element that is equal."""
    if isinstance(value, str):
        return value.startswith(_sought(where))
    return bool(value) and equal(value[0], where)


@family.verb("ENDS", examples=[('ENDS "database" WHERE "base"', True)])
def ends(value: TextOrArray, *, where: Any) -> bool:
    """Tells whether a text ends with another, or an array with an element that is equal."""
    if isinstance(value, str):
        return value.endswith(_sought(where))
    return bool(value) and equal(value[-1], where)


@family.verb("INDEX", examples=[('INDEX "database" WHERE "a"', 1), ('INDEX "database" WHERE "x"', None)])
def index(value: TextOrArray, *, where: Any) -> int | None:
    """Gives the first place of a text in another, or of an equal element in an array; null without one."""
    if isinstance(value, str):
        place = value.find(_sought(where))
        return place if place >= 0 else None
    test = equals(where)
    return next((place for place, item in enumerate(value) if test(item)), None)


def _sought(value: Value) -> str:
    if not isinstance(value, str):
        raise expected(Code.STRING_FAILED, "text behind WHERE", describe(value))
    return value


def equals(value: Value) -> Callable[[Value], bool]:
    """The test whether something IS EQUAL TO `value`, whose text form is made only once."""
    if not isinstance(value, (list, dict)):
        return lambda item: equal(item, value)
    form = text_form(value)
    return lambda item: item is not None and text_form(item) == form
