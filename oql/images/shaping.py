"""Size and position: other sizes, parts, turns and mirrors."""

import PIL.Image
from PIL import ImageOps

from oql.errors import Code, failed
from oql.images.sizes import Size

_TURNS = {
    90: PIL.Image.Transpose.ROTATE_270, 180: PIL.Image.Transpose.ROTATE_180, 270: PIL.Image.Transpose.ROTATE_90,
}  # fmt: skip
"""Clockwise, as people turn pictures; the library turns the other way."""
_MIRRORS = {"horizontal": PIL.Image.Transpose.FLIP_LEFT_RIGHT, "vertical": PIL.Image.Transpose.FLIP_TOP_BOTTOM}


def resized(picture: PIL.Image.Image, size: Size) -> PIL.Image.Image:
    """The whole image in another size."""
    return picture.resize(size, PIL.Image.Resampling.LANCZOS)


def fitted(picture: PIL.Image.Image, size: Size) -> PIL.Image.Image:
    """The image scaled to fill a size, with what stands out cut off on both sides."""
    return ImageOps.fit(picture, size, PIL.Image.Resampling.LANCZOS)


def cropped(picture: PIL.Image.Image, corner: Size, size: Size) -> PIL.Image.Image:
    """A part of the image. Raises ImageFailed where it does not lie inside."""
    (left, top), (width, height) = corner, size
    if left < 0 or top < 0 or left + width > picture.width or top + height > picture.height:
        part = f"{width:,} x {height:,} pixels from {left:,},{top:,}"
        message = f"the part of {part} does not lie in the image, which has {picture.width:,} x {picture.height:,}"
        raise failed(Code.IMAGE_FAILED, message)
    return picture.crop((left, top, left + width, top + height))


def turned(picture: PIL.Image.Image, degrees: int) -> PIL.Image.Image:
    """The image turned clockwise by 90, 180 or 270 degrees."""
    return picture.transpose(_TURNS[degrees])


def mirrored(picture: PIL.Image.Image, way: str) -> PIL.Image.Image:
    """The image mirrored: "horizontal" swaps left and right, "vertical" above and below."""
    return picture.transpose(_MIRRORS[way])
