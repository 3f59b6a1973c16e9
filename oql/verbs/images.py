"""Verbs on images. What they do stands in `oql.images`, which is loaded at first use."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from oql.errors import Code, expected
from oql.turns import NamespaceTurns, Turns
from oql.values import Value
from oql.verbs.declare import Any, Family, Text, TextOrBinary, describe
from oql.verbs.files import read
from oql.verbs.run import Run

family = Family("images", "Images", failure=Code.IMAGE_FAILED, options={"quick": False})

Filter = Literal["greyscale", "sepia", "blur", "sharpen", "invert"]
MOST_BYTES = 32 * 2**20
"""Of the file of an image that comes from elsewhere."""
AT_ONCE = 2
"""Steps of one process that work on images at the same time: each takes some times the memory of its pixels."""
_DEGREES = (90, 180, 270)
_ORANGE = "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAID/AA=="
_LOADED = f'DECODE "{_ORANGE}" AS "base64" SET ?file AFTER IMAGE LOAD ?file SET ?dot'
"""One orange pixel, for the examples."""
_WIDE = f'{_LOADED} AFTER RESIZE ?dot TO "4x3" SET ?wide'
_BLUE = "AFTER HISTOGRAM ?i SET ?h AFTER EMIT ?h(blue)(255)"
_SIZE = 'AFTER EMIT ?i(width) & "x" & ?i(height)'
_all, _own = Turns(AT_ONCE), NamespaceTurns()
P = ParamSpec("P")


def _in_turn(work: Callable[Concatenate[Run, P], Value]) -> Callable[Concatenate[Run, P], Value]:
    """The same, done when it is the run's turn."""

    @wraps(work)
    def done(run: Run, /, *args: P.args, **named: P.kwargs) -> Value:
        with _own.turn(run), _all.turn(run):
            return work(run, *args, **named)

    return done


@family.verb(
    "IMAGE LOAD",
    examples=[(f"{_LOADED} AFTER HISTOGRAM ?dot SET ?h AFTER INDEX ?h(green) WHERE 1", 128)],
    exec_class="Net",
    effect="read",
    touches="url",
)
def image_load(run: Run, place: TextOrBinary) -> Value:
    """Reads an image from a path, a URL, or binary: PNG, JPEG, WebP, GIF (its first picture) or BMP.

    A photo is set upright as the camera noted.
    """
    from oql.images.reading import loaded
    from oql.remote import call, good

    if isinstance(place, bytes):
        data = place
    elif "://" not in place:
        data = read(run, place, as_="binary")
    else:
        most = min(MOST_BYTES, run.context.limits.read_bytes)
        data = good(call(run, "GET", place, most_bytes=most)).body
    with _own.turn(run), _all.turn(run):
        return loaded(data, run.claim)


@family.verb(
    "RESIZE",
    examples=[(f'{_LOADED} AFTER RESIZE ?dot TO "4x3" SET ?i AFTER HISTOGRAM ?i SET ?h AFTER SUM ?h(red)', 12)],
)
@_in_turn
def resize(run: Run, image: Any, *, to: Any) -> Value:
    """Gives an image another size: "400x300", or "400" (the width) or "x300" with the other side in proportion."""
    from oql.images.reading import frozen, pixels
    from oql.images.shaping import resized
    from oql.images.sizes import read_size

    picture = pixels(image, run.claim)
    size = read_size(to, picture.size)
    run.claim(4 * (size[0] * size[1] + picture.width * picture.height))
    return frozen(resized(picture, size))


@family.verb(
    "CROP",
    examples=[(f'{_WIDE} AFTER CROP ?wide FROM "1,1" TO "2,1" SET ?i {_SIZE}', "2x1")],
)
@_in_turn
def crop(run: Run, image: Any, *, from_: Text, to: Text) -> Value:
    """Cuts out a part of an image FROM "x,y" TO "width,height"."""
    from oql.images.reading import frozen, pixels
    from oql.images.shaping import cropped
    from oql.images.sizes import read_point, read_size

    return frozen(cropped(pixels(image, run.claim), read_point(from_), read_size(to)))


@family.verb(
    "ROTATE",
    examples=[(f"{_WIDE} AFTER ROTATE ?wide AS 90 SET ?i {_SIZE}", "3x4")],
)
@_in_turn
def rotate(run: Run, image: Any, *, as_: Any) -> Value:
    """Turns an image clockwise by 90, 180 or 270 degrees."""
    from oql.images.reading import frozen, pixels
    from oql.images.shaping import turned

    degrees = next((turn for turn in _DEGREES if as_ in (turn, str(turn))), None)
    if degrees is None:
        raise expected(Code.IMAGE_FAILED, "90, 180 or 270 behind AS", describe(as_))
    return frozen(turned(pixels(image, run.claim), degrees))


@family.verb(
    "FLIP",
    examples=[(f'{_WIDE} AFTER FLIP ?wide AS "horizontal" SET ?i {_SIZE}', "4x3")],
)
@_in_turn
def flip(run: Run, image: Any, *, as_: Literal["horizontal", "vertical"]) -> Value:
    """Mirrors an image: "horizontal" swaps left and right, "vertical" above and below."""
    from oql.images.reading import frozen, pixels
    from oql.images.shaping import mirrored

    return frozen(mirrored(pixels(image, run.claim), as_))


@family.verb(
    "WATERMARK",
    examples=[(f"{_WIDE} AFTER WATERMARK ?wide WITH ?dot SET ?i {_SIZE}", "4x3")],
)
@_in_turn
def watermark(run: Run, image: Any, *, with_: Any) -> Value:
    """Puts a text or another image on an image as a watermark: in the lower right corner, half seen through."""
    from oql.images.drawing import marked, signed
    from oql.images.reading import frozen, pixels

    picture = pixels(image, run.claim)
    if isinstance(with_, str):
        return frozen(signed(picture, with_))
    return frozen(marked(picture, pixels(with_, run.claim)))


@family.verb(
    "THUMBNAIL",
    examples=[(f'{_WIDE} AFTER THUMBNAIL ?wide TO "2x2" SET ?i {_SIZE}', "2x2")],
)
@_in_turn
def thumbnail(run: Run, image: Any, *, to: Text) -> Value:
    """Cuts and resizes an image to exactly "widthxheight"; what does not fit is cut off on both sides."""
    from oql.images.reading import frozen, pixels
    from oql.images.shaping import fitted
    from oql.images.sizes import read_size

    picture, size = pixels(image, run.claim), read_size(to)
    run.claim(4 * (size[0] * size[1] + picture.width * picture.height))
    return frozen(fitted(picture, size))


@family.verb(
    "FILTER",
    examples=[
        (f'{_LOADED} AFTER FILTER ?dot AS "invert" SET ?i AFTER HISTOGRAM ?i SET ?h AFTER INDEX ?h(green) WHERE 1', 127)
    ],
)
@_in_turn
def filter_(run: Run, image: Any, *, as_: Filter) -> Value:
    """Changes the colours or the sharpness of an image."""
    from oql.images.filters import filtered
    from oql.images.reading import frozen, pixels

    return frozen(filtered(pixels(image, run.claim), as_))


@family.verb(
    "DRAW",
    examples=[
        (
            f'{_WIDE} AFTER DRAW ?wide AS "rect:2,1" WITH "0,0,0,0,255" SET ?i {_BLUE}',
            2,
        )
    ],
)
@_in_turn
def draw(run: Run, image: Any, *, with_: Text, as_: Text) -> Value:
    """Draws a shape on an image: "rect:w,h", "circle:radius", "line:x,y" or "text:words" WITH "x,y,r,g,b".

    Behind the colour may stand its opacity, from 0 to 255; it may also be written as "#rrggbb". The place is that of
    the upper left corner, of the centre of a circle, and of one end of a line, which goes to the place in its name.
    """
    from oql.images.drawing import drawn
    from oql.images.reading import frozen, pixels

    return frozen(drawn(pixels(image, run.claim), with_, as_))


@family.verb(
    "COMPOSITE",
    examples=[
        (
            f'{_WIDE} AFTER FILTER ?dot AS "invert" SET ?blue AFTER COMPOSITE ?wide WITH ?blue AT "1,1" SET ?i {_BLUE}',
            1,
        )
    ],
)
@_in_turn
def composite(run: Run, image: Any, *, with_: Any, at: Text) -> Value:
    """Puts another image on an image AT "x,y"; what stands out is cut off."""
    from oql.images.drawing import composed
    from oql.images.reading import frozen, pixels
    from oql.images.sizes import read_point

    place = read_point(at)
    return frozen(composed(pixels(image, run.claim), pixels(with_, run.claim), place))


@family.verb(
    "HISTOGRAM",
    examples=[(f"{_LOADED} AFTER HISTOGRAM ?dot SET ?h AFTER EMIT ?h(red)(255)", 1)],
)
@_in_turn
def histogram(run: Run, image: Any) -> Value:
    """Counts the values of an image: an object of red, green and blue, each an array of 256 counts."""
    from oql.images.filters import histogram as counted
    from oql.images.reading import pixels

    return counted(pixels(image, run.claim))
