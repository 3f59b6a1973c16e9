"""Colours and sharpness. What can be seen through stays as it is."""

from collections.abc import Callable

import PIL.Image
from PIL import ImageFilter, ImageOps

BLUR_RADIUS = 2
_SEPIA = (
    0.393, 0.769, 0.189, 0.0,
    0.349, 0.686, 0.168, 0.0,
    0.272, 0.534, 0.131, 0.0,
)  # fmt: skip
"""Red, green and blue, each from red, green and blue: the matrix of the W3C's filter effects."""

_FILTERS: dict[str, Callable[[PIL.Image.Image], PIL.Image.Image]] = {
    "greyscale": lambda colours: colours.convert("L").convert("RGB"),
    "sepia": lambda colours: colours.convert("RGB", _SEPIA),
    "blur": lambda colours: colours.filter(ImageFilter.GaussianBlur(BLUR_RADIUS)),
    "sharpen": lambda colours: colours.filter(ImageFilter.SHARPEN),
    "invert": ImageOps.invert,
}


def filtered(picture: PIL.Image.Image, name: str) -> PIL.Image.Image:
    """The image with one of the filters on its colours."""
    changed = _FILTERS[name](picture.convert("RGB"))
    if picture.mode == "RGBA":
        changed.putalpha(picture.getchannel("A"))
    return changed


def histogram(picture: PIL.Image.Image) -> dict[str, list[int]]:
    """How many pixels have each value from 0 to 255, for each colour."""
    counts = picture.histogram()
    return {name: counts[256 * band : 256 * (band + 1)] for band, name in enumerate(("red", "green", "blue"))}
