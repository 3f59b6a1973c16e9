"""Verbs on images.

This build only declares them, so that programs that use them parse and check.
"""

from typing import Literal

from oql.errors import Code
from oql.values import Value
from oql.verbs.declare import Any, Family, Text

family = Family("images", "Images", failure=Code.IMAGE_FAILED, options={"quick": False, "needs": "an image library"})

Filter = Literal["greyscale", "sepia", "blur", "sharpen", "invert"]


@family.verb("IMAGE LOAD", exec_class="Net", effect="outside")
def image_load(place: Text) -> Value:
    """Reads an image from a file or URL."""


@family.verb("RESIZE")
def resize(image: Any, *, to: Any) -> Value:
    """Gives an image another size: "400x300", or "400" for the width alone."""


@family.verb("CROP")
def crop(image: Any, *, from_: Text, to: Text) -> Value:
    """Cuts out a part of an image FROM "x,y" TO "width,height"."""


@family.verb("ROTATE")
def rotate(image: Any, *, as_: Any) -> Value:
    """Turns an image by 90, 180 or 270 degrees."""


@family.verb("FLIP")
def flip(image: Any, *, as_: Literal["horizontal", "vertical"]) -> Value:
    """Mirrors an image."""


@family.verb("WATERMARK")
def watermark(image: Any, *, with_: Any) -> Value:
    """Puts a text or another image on an image as a watermark."""


@family.verb("THUMBNAIL")
def thumbnail(image: Any, *, to: Text) -> Value:
    """Cuts and resizes an image to exactly "widthxheight"."""


@family.verb("FILTER")
def filter_(image: Any, *, as_: Filter) -> Value:
    """Changes the colours or the sharpness of an image."""


@family.verb("DRAW")
def draw(image: Any, *, with_: Text, as_: Text) -> Value:
    """Draws a shape such as "rect:w,h" on an image WITH "x,y,r,g,b"."""


@family.verb("COMPOSITE")
def composite(image: Any, *, with_: Any, at: Text) -> Value:
    """Puts another image on an image AT "x,y"."""


@family.verb("HISTOGRAM")
def histogram(image: Any) -> Value:
    """Counts the red, green and blue values of an image."""
