"""Images made in tests, and what became of them."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import PIL.Image

from oql.values import Image, Value

Pixel = tuple[int, ...]
RED, GREEN, BLUE, BLACK, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)


def image(*rows: Sequence[Pixel]) -> Image:
    """An image of these rows of pixels."""
    form = "RGBA" if len(rows[0][0]) == 4 else "RGB"
    return Image(len(rows[0]), len(rows), form, bytes(part for row in rows for pixel in row for part in pixel))


def plain(width: int, height: int, colour: Pixel) -> Image:
    """An image of one colour."""
    return image(*[[colour] * width] * height)


def rows(value: Value) -> list[list[Pixel]]:
    """The rows of pixels of an image that has not become a file."""
    assert isinstance(value, Image)
    count = len(value.form)
    assert len(value.data) == value.width * value.height * count
    pixels = [tuple(value.data[start : start + count]) for start in range(0, len(value.data), count)]
    return [pixels[start : start + value.width] for start in range(0, len(pixels), value.width)]


def file(picture: PIL.Image.Image, kind: str, **options: Any) -> bytes:
    """A file as the library writes it."""
    made = BytesIO()
    picture.save(made, kind, **options)
    return made.getvalue()


def opened(data: bytes) -> PIL.Image.Image:
    """A file as the library reads it."""
    with PIL.Image.open(BytesIO(data)) as found:
        found.load()
        return found


def claims() -> tuple[list[int], Callable[[int], None]]:
    """What is asked for, and how."""
    asked: list[int] = []
    return asked, asked.append
