"""Verbs that make one number of an array: SUM, AVERAGE, MINIMUM and MAXIMUM."""

import math
from collections.abc import Sequence

from oql.errors import Code, OqlError, expected, failed
from oql.values import Value, as_number, whole
from oql.verbs.arrays import family, values_of
from oql.verbs.declare import Any, Array, describe

_DIGITS = 15
"""Significant digits of a result that is not whole, as in CALCULATE, so that 0.1 and 0.2 make 0.3."""


@family.verb(
    "SUM",
    examples=[
        ('ENLIST 0.1 AND "0.2" AND null SET ?a AFTER SUM ?a', 0.3),
        ('PARSE JSON \'[{"n":1},{"n":3},{}]\' SET ?a AFTER SUM ?a WITH "n"', 4),
    ],
)
def sum_(array: Array, *, with_: Any = None) -> int | float:
    """Adds the numbers of an array, or what its objects have under a key.

    Nulls do not count; without numbers the sum is 0.
    """
    return _total(_numbers(array, with_))


@family.verb("AVERAGE", examples=[("ENLIST 1 AND 2 AND null SET ?a AFTER AVERAGE ?a", 1.5)])
def average(array: Array, *, with_: Any = None) -> int | float | None:
    """Gives the mean of the numbers of an array, or of what its objects have under a key.

    Nulls do not count; without numbers the mean is null.
    """
    numbers = _numbers(array, with_)
    if not numbers:
        return None
    total = _total(numbers)
    if isinstance(total, int) and total % len(numbers) == 0:
        return total // len(numbers)
    try:
        return _rounded(total / len(numbers))
    except OverflowError:
        raise _too_large() from None


@family.verb("MINIMUM", examples=[('ENLIST 3 AND "-1" AND null SET ?a AFTER MINIMUM ?a', -1)])
def minimum(array: Array, *, with_: Any = None) -> int | float | None:
    """Gives the least number of an array, or of what its objects have under a key.

    Nulls do not count; without numbers the result is null.
    """
    return min(_numbers(array, with_), default=None)


@family.verb(
    "MAXIMUM",
    examples=[("NEW ARRAY SET ?a AFTER MAXIMUM ?a", None), ("ENLIST 3 AND 20 SET ?a AFTER MAXIMUM ?a", 20)],
)
def maximum(array: Array, *, with_: Any = None) -> int | float | None:
    """Gives the greatest number of an array, or of what its objects have under a key.

    Nulls do not count; without numbers the result is null.
    """
    return max(_numbers(array, with_), default=None)


def _numbers(array: list[Value], key: Value) -> list[int | float]:
    numbers = []
    for place, value in enumerate(values_of(array, key)):
        if value is None:
            continue
        number = as_number(value)
        if number is None:
            hint = 'name the key that holds the number: `WITH "key"`' if isinstance(value, dict) else None
            raise expected(Code.TYPE_FAILED, f"a number at place {place}", describe(value), hint=hint)
        numbers.append(number)
    return numbers


def _total(numbers: Sequence[int | float]) -> int | float:
    if all(isinstance(number, int) for number in numbers):
        return sum(numbers)
    try:
        return _rounded(math.fsum(numbers))
    except OverflowError:
        raise _too_large() from None


def _rounded(number: float) -> int | float:
    return whole(float(f"{number:.{_DIGITS}g}"))


def _too_large() -> OqlError:
    return failed(Code.CALCULATE_FAILED, "the result is too large for a number that is not whole")
