"""A value as another type: by its text, as a path or a JSON document has it, where that loses nothing."""

from decimal import Decimal, InvalidOperation

from substrate.columns import JSON, STR, Canonical, ColumnType
from substrate.columns.reading import Unfit
from substrate.errors import Invalid, described, kind_of


def converted(value: Canonical, old: ColumnType, new: ColumnType, column: str) -> Canonical:
    """The value of another type with the same text. Numbers are the same by value: 5 is 5.0.

    Raises Invalid naming the column; a value that may be a secret is not repeated.
    """
    if old is new or (new is STR and type(value) is str and old is not JSON):
        return value
    text = str(value) if old is JSON or old.secret else old.key_text(value)
    try:
        made = _read(text, new)
        if new.is_number and Decimal(text) != Decimal(repr(made)):
            raise Unfit
    except (Unfit, InvalidOperation, ValueError, RecursionError):
        found = kind_of(text) if old.secret or new.secret else described(text)
        raise Invalid(f"column `{column}`: {found} is not exactly {new.expects}", column=column) from None
    return made


def _read(text: str, new: ColumnType) -> Canonical:
    if new is JSON:
        return new.reads(JSON.shows(text))
    return (new.keys or new.reads)(text)
