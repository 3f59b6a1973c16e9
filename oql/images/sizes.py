"""How programs write sizes, points and colours: as texts such as "400x300", "10,20" and "255,128,0"."""

import re

from oql.errors import Code, OqlError, expected, failed
from oql.values import Value
from oql.verbs.declare import describe

MOST_PIXELS = 40_000_000
"""Of one image. Work on an image takes time by its pixels, and none of it can be called off."""
MOST_SIDE = 65_535
_SIZE = re.compile(r"\s*(?P<width>[0-9]{1,9})?\s*(?:(?P<by>[x,])\s*(?P<height>[0-9]{1,9})?)?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,9}\s*", re.ASCII)
_HEX = re.compile(r"\s*#(?P<digits>[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?)\s*", re.ASCII)

Size = tuple[int, int]
Colour = tuple[int, int, int, int]
"""Red, green, blue and opacity, each from 0 to 255."""


def checked_pixels(width: int, height: int) -> Size:
    """The size, where an image may have it. Raises ImageFailed."""
    if width < 1 or height < 1:
        raise failed(Code.IMAGE_FAILED, "an image has at least one pixel")
    if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
        message = f"an image of {width:,} x {height:,} pixels is too large"
        raise failed(Code.IMAGE_FAILED, message, f"at most {MOST_PIXELS:,} pixels, and {MOST_SIDE:,} on a side")
    return width, height


def read_size(value: Value, of: Size | None = None) -> Size:
    """A size such as "400x300". `of`: the size of the image that gets it; then one side is enough, "400" or "x300",
    and the other keeps the proportions. Raises ImageFailed."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _SIZE.fullmatch(text) if isinstance(text, str) else None
    width, height = (found["width"], found["height"]) if found else (None, None)
    if width and height:
        return checked_pixels(int(width), int(height))
    if of is None or not (width or height):
        raise _expected('a size such as "400x300"' + (' or "400"' if of else ""), value)
    if width:
        return checked_pixels(int(width), _scaled(of[1], int(width), of[0]))
    return checked_pixels(_scaled(of[0], int(height or 0), of[1]), int(height or 0))


def _scaled(side: int, wanted: int, other: int) -> int:
    return max(1, (2 * side * wanted + other) // (2 * other))


def read_point(text: str) -> Size:
    """A place such as "10,20", from the upper left corner. Raises ImageFailed."""
    numbers = read_numbers(text)
    if len(numbers) != 2:
        raise _expected('a place such as "10,20"', text)
    return numbers[0], numbers[1]


def read_numbers(text: str) -> list[int]:
    """Whole numbers with commas between them; none where something else is among them, or one is too large."""
    parts = text.split(",")
    numbers = [int(part) for part in parts if _NUMBER.fullmatch(part)]
    return numbers if len(numbers) == len(parts) and all(abs(number) <= MOST_SIDE for number in numbers) else []


def read_colour(parts: str) -> Colour | None:
    """A colour as "r,g,b", "r,g,b,opacity", "#rrggbb" or "#rrggbbaa"; None where it is none."""
    found = _HEX.fullmatch(parts)
    numbers = list(bytes.fromhex(found["digits"])) if found else read_numbers(parts)
    if len(numbers) not in (3, 4) or not all(0 <= number <= 255 for number in numbers):
        return None
    red, green, blue, opacity = [*numbers, 255][:4]
    return red, green, blue, opacity


def _expected(what: str, found: Value) -> OqlError:
    return expected(Code.IMAGE_FAILED, what, describe(found))
