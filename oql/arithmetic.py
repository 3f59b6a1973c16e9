"""What CALCULATE computes with: operators, functions and constants on exact integers and 64-bit floats.

They raise what Python's arithmetic raises: ZeroDivisionError, OverflowError, and ValueError where they are
not defined. `oql.calculate` adds the place.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from oql.values import whole

Number: TypeAlias = int | float

MAX_BITS = 4_096
LARGEST = 1 << MAX_BITS
LEAST = -LARGEST
"""Every result lies between LEAST and LARGEST; comparing with both refuses infinities and NaN as well."""

_EXACT = 1 << 53
_MAX_DIGITS = 308
_MANY_DIGITS = 10**15


def rounded(result: Number) -> Number:
    """A result as the language gives it: integers exact, other numbers to 15 significant digits."""
    if type(result) is int:
        return result
    if float(result).is_integer() and abs(result) < _MANY_DIGITS:
        return int(result)
    short = float(format(result, ".15g"))
    if not math.isfinite(short):
        return result
    return whole(short)


def divide(dividend: Number, divisor: Number) -> Number:
    """An exact integer where integers divide evenly, else the nearest float."""
    if type(dividend) is int and type(divisor) is int:
        quotient, rest = divmod(dividend, divisor)
        if not rest:
            return quotient
    return dividend / divisor


def power(base: Number, exponent: Number) -> Number:
    """Integers exact; a size beyond the limit is refused before anything is computed."""
    if type(base) is int and type(exponent) is int:
        return _integer_power(base, exponent)
    result: Any = base**exponent
    if type(result) is complex:
        raise ValueError("a root of a negative number")
    return float(result)


def _integer_power(base: int, exponent: int) -> Number:
    least_bits = (base.bit_length() - 1) * abs(exponent)
    if least_bits < MAX_BITS:
        result = base ** abs(exponent)
        return result if exponent >= 0 else divide(1, result)
    if exponent > 0:
        raise OverflowError
    return 0


def square_root(value: Number) -> Number:
    """Exact for integers that are squares."""
    if type(value) is int and value >= _EXACT:
        root = math.isqrt(value)
        if root * root == value:
            return root
    return math.sqrt(value)


def floor(value: Number) -> Number:
    """The next integer below; floats too large for a fraction stay as they are."""
    return math.floor(value) if abs(value) < _EXACT else value


def ceil(value: Number) -> Number:
    """The next integer above; floats too large for a fraction stay as they are."""
    return math.ceil(value) if abs(value) < _EXACT else value


def round_half_away(value: Number, digits: Number = 0) -> Number:
    """Half away from zero; with digits, in the decimal form that people see: round(2.675, 2) is 2.68."""
    if digits != int(digits) or abs(digits) > _MAX_DIGITS:
        raise ValueError("not a number of digits")
    if digits == 0 and type(value) is float:
        return _rounded_float(value)
    return value if type(value) is int and digits >= 0 else _rounded_decimal(value, int(digits))


def _rounded_float(value: float) -> Number:
    if abs(value) >= _EXACT:
        return value
    near = math.trunc(value)
    return near + int(math.copysign(1, value)) if abs(value - near) >= 0.5 else near


def _rounded_decimal(value: Number, digits: int) -> Number:
    from decimal import ROUND_HALF_UP, Context, Decimal  # only this function needs it

    exact = Decimal(repr(value))
    wide = Context(prec=2 * MAX_BITS, rounding=ROUND_HALF_UP)
    result = exact.quantize(Decimal((0, (1,), -digits)), context=wide)
    return int(result) if digits <= 0 else float(result)


@dataclass(frozen=True, slots=True)
class Function:
    """A function with the least and the greatest number of arguments it takes.

    `most` None is any number of arguments: the function then joins two, and is applied from left to right.
    """

    apply: Callable[..., Number]
    least: int = 1
    most: int | None = 1


OPERATORS: dict[str, Callable[..., Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": operator.mod,
    "^": power,
}

CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e}

FUNCTIONS: dict[str, Function] = {
    "abs": Function(abs),
    "ceil": Function(ceil),
    "floor": Function(floor),
    "round": Function(round_half_away, 1, 2),
    "sqrt": Function(square_root),
    "pow": Function(power, 2, 2),
    "log": Function(math.log),
    "log2": Function(math.log2),
    "log10": Function(math.log10),
    "exp": Function(math.exp),
    "sin": Function(math.sin),
    "cos": Function(math.cos),
    "tan": Function(math.tan),
    "asin": Function(math.asin),
    "acos": Function(math.acos),
    "atan": Function(math.atan),
    "atan2": Function(math.atan2, 2, 2),
    "min": Function(min, 1, None),
    "max": Function(max, 1, None),
}
