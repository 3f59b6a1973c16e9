"""Pixels into files, with nothing in them but pixels."""

from io import BytesIO
from typing import Any

import PIL.Image

from oql.errors import Code, failed
from oql.images.reading import Claim, pixels
from oql.values import Image, Value

_OPTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {"quality": 85}),
    "webp": ("WEBP", {"quality": 80, "method": 2}),
}
_ENDINGS: dict[str, str] = {".jpg": "jpg", ".jpeg": "jpg", ".webp": "webp"}
_WHITE = (255, 255, 255)


def format_of(path: str) -> str:
    """The format that the ending of a path names; PNG where it names none."""
    lower = path.lower()
    return next((kind for ending, kind in _ENDINGS.items() if lower.endswith(ending)), "png")


def encoded(value: Value, kind: str, claim: Claim) -> Image:
    """The image as a file of a format: "png", "jpg" or "webp". Raises ImageFailed."""
    if isinstance(value, Image) and value.form == kind:
        return value
    picture = pixels(value, claim)
    return Image(*picture.size, kind, written(picture, kind))


def written(picture: PIL.Image.Image, kind: str) -> bytes:
    """The bytes of a file; what JPEG cannot show through stands on white. Raises ImageFailed."""
    name, options = _OPTIONS[kind]
    if kind == "jpg" and picture.mode == "RGBA":
        ground = PIL.Image.new("RGB", picture.size, _WHITE)
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    file = BytesIO()
    try:
        picture.save(file, name, **options)
    except (OSError, ValueError, OverflowError):
        width, height = picture.size
        raise failed(Code.IMAGE_FAILED, f"an image of {width:,} x {height:,} pixels is too large for {name}") from None
    return file.getvalue()
