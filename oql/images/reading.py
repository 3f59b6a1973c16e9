"""Files of images into pixels. They come from anywhere, so nothing is decoded before its size is known and asked for.

Only the first picture of an animation counts. What a camera noted on how it was held is followed, and everything else
that is not pixels is left behind: places, names, colour profiles.
"""

import warnings
from collections.abc import Callable
from io import BytesIO

import PIL.Image

from oql.errors import Code, OqlError, expected, failed
from oql.images.sizes import checked_pixels
from oql.values import Image, Value
from oql.verbs.declare import describe

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
RAW = ("RGB", "RGBA")
FILE = "file"
"""The form of an image that is still the file it was loaded from."""
_ORIENTATION = 0x0112
_UPRIGHT: dict[int, PIL.Image.Transpose] = {
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT, 3: PIL.Image.Transpose.ROTATE_180, 4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE, 6: PIL.Image.Transpose.ROTATE_270, 7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What sets an image upright, by how the camera was held (Exif 2.3, tag 0x0112)."""

Claim = Callable[[int], None]

# Sizes are checked here, against a limit of our own and the memory of the run, so what the library says is not needed.
PIL.Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")


def loaded(data: bytes, claim: Claim) -> Image:
    """The image that a file holds, decoded once so that a damaged one is found now. Raises ImageFailed."""
    picture = decoded(data, claim)
    return Image(*picture.size, FILE, data)


def pixels(value: Value, claim: Claim) -> PIL.Image.Image:
    """The pixels of an image, or of binary that is the file of one: nobody else has them. Raises ImageFailed."""
    if isinstance(value, bytes):
        return decoded(value, claim)
    if not isinstance(value, Image):
        raise expected(Code.IMAGE_FAILED, "an image", describe(value), hint="read one with IMAGE LOAD")
    if value.form not in RAW:
        return decoded(value.data, claim)
    claim(len(value.data))
    return PIL.Image.frombytes(value.form, (value.width, value.height), value.data)


def frozen(picture: PIL.Image.Image) -> Image:
    """The image as a value."""
    return Image(*picture.size, picture.mode, picture.tobytes())


def decoded(data: bytes, claim: Claim) -> PIL.Image.Image:
    """The pixels of a file, upright, as RGB or RGBA. Raises ImageFailed."""
    try:
        with PIL.Image.open(BytesIO(data), formats=FORMATS) as opened:
            checked_pixels(*opened.size)
            claim(opened.width * opened.height * 4)
            opened.load()
            picture = _plain(_upright(opened))
            picture.info.clear()  # which would be written into files again
            return picture
    except (OqlError, MemoryError):
        raise
    except PIL.UnidentifiedImageError:
        raise failed(
            Code.IMAGE_FAILED, "this is no image that can be read", f"known are {', '.join(FORMATS)}"
        ) from None
    except Exception as error:  # noqa: BLE001 - the decoders raise whatever a damaged file leads them to
        raise failed(Code.IMAGE_FAILED, f"the image is damaged: {_reason(error)}") from None


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    try:
        turned = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - as above; an image with a broken note is an image all the same
        return picture
    return picture if turned is None else picture.transpose(turned)


def _plain(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The image in one of the two modes; deep greys keep their upper eight bits."""
    if picture.mode in RAW:
        return picture.copy()
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda grey: grey / 256).convert("L").convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _reason(error: Exception) -> str:
    """What a decoder says, as one short line."""
    told = " ".join(str(error).split())
    return told[:100] if told.isprintable() and told else type(error).__name__
