"""What ATTACH gives a model to look at."""

from collections.abc import Callable

from oql.errors import Code, expected
from oql.models.question import Picture
from oql.values import Image, Value, text_form

_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_PHOTO_PIXELS = 500_000
"""Images with more go out as JPEG, since services take only so many bytes."""

Claim = Callable[[int], None]


def attached_parts(value: Value, claim: Claim) -> list[str | Picture]:
    """A value as parts of a message: images as such, other values as their text form; null is nothing.

    Of an array that holds images each element is a part. Raises TypeFailed for binary that is no image.
    """
    if value is None:
        return []
    if isinstance(value, list) and any(isinstance(each, (bytes, Image)) for each in value):
        return [_part(each, claim) for each in value]
    return [_part(value, claim)]


def _part(value: Value, claim: Claim) -> str | Picture:
    if isinstance(value, bytes):
        return Picture(_media_type(value), value)
    if isinstance(value, Image):
        from oql.images.writing import encoded  # it takes time to load

        file = encoded(value, "jpg" if value.width * value.height > _PHOTO_PIXELS else "png", claim)
        return Picture(file.media_type, file.data)
    return f"<attachment>\n{text_form(value)}\n</attachment>"


def _media_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for magic, media_type in _MAGIC.items():
        if data.startswith(magic):
            return media_type
    raise expected(Code.TYPE_FAILED, "text, an object, an array or an image behind ATTACH", "binary that is no image")
