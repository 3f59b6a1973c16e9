"""Things put on an image: other images, marks of who made it, shapes and words."""

import PIL.Image
from PIL import ImageDraw, ImageFont

from oql.errors import Code, OqlError, expected, failed
from oql.images.sizes import MOST_SIDE, Colour, Size, read_colour, read_numbers
from oql.values import Value
from oql.verbs.declare import describe

MOST_CHARACTERS = 500
"""Of words on an image."""
_OPACITY = 128
_TEXT_SHARE, _MARK_SHARE, _MARGIN_SHARE = 20, 4, 50
"""Of the smaller side: how high words are, how wide a mark is at most, and how far both stand from the edges."""
_LEAST_LETTERS, _LEAST_LETTERS_OF_ALL = 10, 4
"""How high words are, where they fit, and where they do not."""
_DRAWN_LETTERS = 16


def composed(picture: PIL.Image.Image, other: PIL.Image.Image, at: Size) -> PIL.Image.Image:
    """The image with another one on it, whose upper left corner is at a place, also outside; it may be seen through."""
    over = other if other.mode == "RGBA" else other.convert("RGBA")
    if picture.mode == "RGB":
        picture.paste(over, at, over.getchannel("A"))
        return picture
    layer = PIL.Image.new("RGBA", picture.size)
    layer.paste(over, at)
    return PIL.Image.alpha_composite(picture, layer)


def marked(picture: PIL.Image.Image, mark: PIL.Image.Image) -> PIL.Image.Image:
    """The image with another one in its lower right corner, half seen through, and a quarter as wide at most."""
    most = max(1, min(picture.size) // _MARK_SHARE)
    scale = min(1.0, most / mark.width, most / mark.height)
    size = max(1, round(mark.width * scale)), max(1, round(mark.height * scale))
    small = mark.resize(size, PIL.Image.Resampling.LANCZOS).convert("RGBA")
    small.putalpha(small.getchannel("A").point([value * _OPACITY // 255 for value in range(256)]))
    return composed(picture, small, _lower_right(picture, size))


def signed(picture: PIL.Image.Image, text: str) -> PIL.Image.Image:
    """The image with words in its lower right corner, half seen through, and as much smaller as it needs to fit."""
    checked_words(text)
    letters = max(_LEAST_LETTERS, min(picture.size) // _TEXT_SHARE)
    left, top, right, bottom = _extent(text, letters)
    margins = 2 * _margin(picture)
    fits = min((picture.width - margins) / (right - left + 1), (picture.height - margins) / (bottom - top + 1))
    if fits < 1:
        letters = max(_LEAST_LETTERS_OF_ALL, int(letters * fits))
        left, top, right, bottom = _extent(text, letters)
    size = max(1, right - left + 1), max(1, bottom - top + 1)
    words = PIL.Image.new("RGBA", size)
    brush = ImageDraw.Draw(words)
    for place, colour in (((1 - left, 1 - top), (0, 0, 0, _OPACITY)), ((-left, -top), (255, 255, 255, _OPACITY))):
        brush.multiline_text(place, text, font=_font(letters), fill=colour)
    return composed(picture, words, _lower_right(picture, size))


def drawn(picture: PIL.Image.Image, where: str, shape: str) -> PIL.Image.Image:
    """The image with a shape on it. `where`: "x,y,r,g,b", with opacity behind that or the colour as "#rrggbb".

    `shape`: "rect:w,h", "circle:radius", "line:x,y" (to there) or "text:words". Raises ImageFailed.
    """
    corner, colour = _placed(where)
    opaque = colour[3] == 255
    target = picture if opaque else PIL.Image.new("RGBA", picture.size)
    _draw(ImageDraw.Draw(target), corner, colour if target.mode == "RGBA" else colour[:3], shape)
    return picture if opaque else composed(picture, target, (0, 0))


def _placed(where: str) -> tuple[Size, Colour]:
    parts = where.split(",", 2)
    corner = read_numbers(",".join(parts[:2]))
    colour = read_colour(parts[2]) if len(parts) == 3 else None
    if len(corner) != 2 or colour is None:
        what = 'a place and a colour such as "10,20,255,0,0" or "10,20,#ff0000"'
        raise expected(Code.IMAGE_FAILED, what, describe(where))
    return (corner[0], corner[1]), colour


def _draw(brush: ImageDraw.ImageDraw, corner: Size, colour: tuple[int, ...], shape: str) -> None:
    name, _, rest = shape.partition(":")
    left, top = corner
    numbers = read_numbers(rest)
    match name.strip(), numbers:
        case "rect", [int(width), int(height)] if min(width, height) > 0:
            brush.rectangle((left, top, left + width - 1, top + height - 1), fill=colour)
        case "circle", [int(radius)] if radius > 0:
            brush.ellipse((left - radius, top - radius, left + radius, top + radius), fill=colour)
        case "line", [int(right), int(bottom)]:
            brush.line((left, top, right, bottom), fill=colour)
        case "text", _ if rest:
            brush.multiline_text(corner, checked_words(rest), font=_font(_DRAWN_LETTERS), fill=colour)
        case _:
            raise _no_shape(shape)


def _no_shape(found: Value) -> OqlError:
    hint = f"sizes go from 1 to {MOST_SIDE:,}"
    return expected(
        Code.IMAGE_FAILED, '"rect:w,h", "circle:radius", "line:x,y" or "text:words"', describe(found), hint=hint
    )


def checked_words(text: str) -> str:
    """Words that can stand on an image. Raises ImageFailed."""
    if not text.strip():
        raise failed(Code.IMAGE_FAILED, "expected words to put on the image, found blanks")
    if len(text) > MOST_CHARACTERS:
        raise failed(Code.IMAGE_FAILED, f"an image takes at most {MOST_CHARACTERS} characters of words")
    return text


def _font(letters: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(letters)


def _extent(text: str, letters: int) -> tuple[int, int, int, int]:
    """The box that words fill, by whole pixels."""
    brush = ImageDraw.Draw(PIL.Image.new("L", (1, 1)))
    left, top, right, bottom = brush.multiline_textbbox((0, 0), text, font=_font(letters))
    return int(left), int(top), int(right) + 1, int(bottom) + 1


def _margin(picture: PIL.Image.Image) -> int:
    return max(1, min(picture.size) // _MARGIN_SHARE)


def _lower_right(picture: PIL.Image.Image, size: Size) -> Size:
    margin = _margin(picture)
    return picture.width - size[0] - margin, picture.height - size[1] - margin
