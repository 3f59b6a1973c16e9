"""Where in a plan something stands, and refusals that say so: `Filter.predicate.And[1]`."""

from collections.abc import Iterable
from typing import TypeVar

from substrate.errors import Invalid, NotFound, kind_of, shown, unknown

Refusal = TypeVar("Refusal", Invalid, NotFound)

WHOLE = "the plan"


def invalid(message: str, place: str, **detail: object) -> Invalid:
    """The refusal of what stands at a place."""
    return placed(Invalid(message, **detail), place)


def placed(refusal: Refusal, place: str) -> Refusal:
    """The same refusal, saying where in the plan it arose."""
    where = f"`{place}`" if place else WHOLE
    return type(refusal)(f"{where}: {refusal.message}", **refusal.detail, path=place)


def not_expected(expected: str, found: object, place: str) -> Invalid:
    """The refusal of a value of another kind than belongs there."""
    return invalid(f"expected {expected}, found {kind_of(found)}", place)


def not_known(name: str, kind: str, known: Iterable[str], place: str, **detail: object) -> Invalid:
    """The refusal of a name that is none of the known ones, with the nearest of them."""
    return placed(unknown(name, kind, known, **detail), place)


def missing(field: str, place: str) -> Invalid:
    """The refusal of an operator without a field that it needs."""
    return invalid(f"the field {shown(field)} is missing", place)
