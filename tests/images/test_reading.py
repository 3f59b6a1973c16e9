"""Files of images: formats, how the camera was held, what is damaged, and what is far larger than it looks."""

import struct
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any

import PIL.Image
import pytest

from oql.errors import Code, OqlError
from oql.images.reading import loaded, pixels
from oql.outbound import Outbound
from tests.images.conftest import Run
from tests.images.making import BLUE, GREEN, RED, WHITE, claims, file, opened, rows
from tests.outbound.servers import Answer, Web, serving


def photo(mode: str = "RGB") -> PIL.Image.Image:
    """Sixteen by eight pixels, red above and blue below."""
    made = PIL.Image.new("RGB", (16, 8), RED)
    made.paste(BLUE, (0, 4, 16, 8))
    return made.convert(mode)


def decoded(data: bytes) -> PIL.Image.Image:
    """The pixels of a file."""
    return pixels(data, lambda size: None)


def near(found: Any, expected: tuple[int, ...]) -> bool:
    """The same colour, as far as JPEG keeps it."""
    return all(abs(one - other) <= 12 for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_formats(kind: str) -> None:
    found = decoded(file(photo(), kind))
    assert (found.size, found.mode) == ((16, 8), "RGB")
    assert near(found.getpixel((2, 1)), RED)
    assert near(found.getpixel((13, 6)), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "PA"])
def test_modes(mode: str) -> None:
    picture = PIL.Image.new("L", (4, 4), 255).convert("RGB").convert("LA" if mode == "PA" else mode)
    found = decoded(file(picture.convert("P") if mode == "PA" else picture, "PNG"))
    colour = found.getpixel((1, 1))
    assert isinstance(colour, tuple)
    assert colour[:3] == WHITE


def test_what_cannot_be_seen_through_in_a_palette() -> None:
    picture = PIL.Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    found = decoded(file(picture, "PNG", transparency=1))
    assert (found.mode, found.getpixel((0, 0)), found.getpixel((1, 0))) == ("RGBA", (*RED, 255), (*BLUE, 0))


def test_deep_greys_keep_their_upper_bits() -> None:
    picture = PIL.Image.new("I;16", (2, 1), 0)
    picture.putpixel((0, 0), 65_535)
    picture.putpixel((1, 0), 0x8000)
    found = decoded(file(picture, "PNG"))
    assert [found.getpixel((x, 0)) for x in range(2)] == [(255,) * 3, (128,) * 3]


def test_cmyk_photos() -> None:
    assert near(decoded(file(photo("CMYK"), "JPEG")).getpixel((2, 1)), RED)


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "upper left"), (2, "upper right"), (3, "lower right"), (4, "lower left"), (5, "upper left"),
     (6, "upper right"), (7, "lower right"), (8, "lower left")],
)  # fmt: skip
def test_photos_are_set_upright(orientation: int, corner: str) -> None:
    """The first row and column of a photo are those of the scene that Exif 2.3 names for each orientation."""
    picture = PIL.Image.new("RGB", (16, 8), WHITE)
    picture.paste(GREEN, (0, 0, 4, 4))  # in the corner of the first row and column
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    found = decoded(file(picture, "PNG", exif=exif))
    assert found.size == ((16, 8) if orientation < 5 else (8, 16))
    right, bottom = found.width - 1, found.height - 1
    corners = {
        "upper left": (0, 0),
        "upper right": (right, 0),
        "lower left": (0, bottom),
        "lower right": (right, bottom),
    }
    assert [name for name, place in corners.items() if found.getpixel(place) == GREEN] == [corner]


def test_nothing_but_pixels_gets_out(run: Run) -> None:
    exif = PIL.Image.Exif()
    exif[0x010E] = "a secret place"
    data = file(photo(), "JPEG", exif=exif, icc_profile=b"\x00" * 128 + b"a secret profile", comment=b"a secret word")
    assert b"secret" in data
    for step in ("EMIT ?i", 'EMIT ?i AS "jpg"', 'EMIT ?i AS "webp"', 'RESIZE ?i TO "4" SET ?r AFTER EMIT ?r AS "jpg"'):
        given = run(f"IMAGE LOAD ?d SET ?i AFTER {step}", d=data).result.file()
        assert b"secret" not in given
        assert not opened(given).info.keys() & {"icc_profile", "exif", "comment", "xmp"}


def test_the_first_picture_of_an_animation() -> None:
    first, second = PIL.Image.new("RGB", (4, 4), RED), PIL.Image.new("RGB", (4, 4), BLUE)
    for kind in ("GIF", "WEBP", "PNG"):
        data = file(first, kind, save_all=True, append_images=[second])
        assert near(decoded(data).convert("RGB").getpixel((1, 1)), RED)


# what is damaged, or not what it says


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_what_ends_too_early_is_damaged(kind: str) -> None:
    picture = PIL.Image.effect_noise((64, 64), 80).convert("RGB")
    data = file(picture, kind)
    for size in (len(data) // 2, len(data) // 4, 40, 20):
        with pytest.raises(OqlError) as caught:
            loaded(data[:size], lambda asked: None)
        assert caught.value.code is Code.IMAGE_FAILED


@pytest.mark.parametrize(
    "data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", b"%PDF-1.4", b"BM", b"P6 1 1 255 \0\0\0", b"\0" * 1_000]
)
def test_what_is_no_image(data: bytes) -> None:
    with pytest.raises(OqlError) as caught:
        loaded(data, lambda asked: None)
    assert caught.value.code is Code.IMAGE_FAILED


def test_other_formats_are_not_even_tried() -> None:
    for kind in ("TIFF", "PPM", "ICO", "TGA", "PCX"):
        with pytest.raises(OqlError, match="no image that can be read"):
            loaded(file(photo(), kind), lambda asked: None)


def png(width: int, height: int, data: bytes, *more: bytes, bits: int = 8, kind: int = 2) -> bytes:
    """A PNG file that says this of itself."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    extra = b"".join(chunk(one[:4], one[4:]) for one in more)
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif(side: int, inside: int) -> bytes:
    """A GIF file that says how large it is, and a picture in it."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0, 0, 0)
    return head + b"," + struct.pack("<HHHHB", 0, 0, inside, inside, 0) + b"\x08\x01\x00\x00;"


def bmp(side: int) -> bytes:
    """A BMP file that says how large it is."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)


def webp() -> bytes:
    """A WebP file that says that it is as large as one can be."""
    head = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + b"\xff\x3f\0" * 2
    return b"RIFF" + struct.pack("<I", 30) + head + b"VP8 \0\0\0\0"


BOMBS = {
    "png": png(50_000, 50_000, zlib.compress(b"\0" * 100_000)),
    "png, one bit": png(60_000, 60_000, b"", bits=1, kind=0),
    "png, no size": png(0, 5, b""),
    "gif": gif(60_000, 60_000),
    "gif, a larger picture in a small one": gif(1, 65_535),
    "bmp": bmp(30_000),
    "webp": webp(),
}
"""Small files that say that they are huge."""


@pytest.mark.parametrize("name", BOMBS)
def test_huge_images_are_refused_by_their_size(name: str) -> None:
    asked, claim = claims()
    with pytest.raises(OqlError) as caught:
        loaded(BOMBS[name], claim)
    assert (caught.value.code, asked) == (Code.IMAGE_FAILED, [])


def test_the_memory_of_a_run_bounds_images_before_they_are_decoded(run: Run) -> None:
    data = file(PIL.Image.new("RGB", (2_000, 2_000)), "PNG")
    assert len(data) < 30_000
    outcome = run('IMAGE LOAD ?d OR EMIT "caught"', {"memory_bytes": 15_000_000}, d=data)
    assert outcome.error is not None
    assert str(outcome.error.code) == "LimitExceeded"


def test_huge_notes_of_an_image_are_refused() -> None:
    packed = zlib.compress(b"x" * 50_000_000, 9)
    note = b"zTXta\0\0" + packed
    with pytest.raises(OqlError) as caught:
        loaded(png(1, 1, zlib.compress(b"\0\0\0\0"), *[note] * 3), lambda asked: None)
    assert caught.value.code is Code.IMAGE_FAILED


# where they come from


def test_paths(run: Run) -> None:
    outcome = run('IMAGE LOAD "/root/a.png" OR EMIT !ERROR(code)')
    assert outcome.result == "Unsupported"


@pytest.fixture
def web() -> Iterator[Web]:
    """A server that has images."""
    with serving(Web()) as server:
        yield server


def test_urls(run: Run, web: Web) -> None:
    web.answers["/red.png"] = Answer(body=file(photo(), "PNG"))
    web.answers["/gone.png"] = Answer(404)
    guard = Outbound([web.at])
    step = f'IMAGE LOAD "{web.url}/%s" SET ?i AFTER CROP ?i FROM "0,3" TO "1,2" SET ?c AFTER RETURN ?c'
    assert rows(run(step % "red.png", outbound=guard).result) == [[RED], [BLUE]]
    caught = f"{step} OR EMIT !ERROR(code) & ': ' & !ERROR(message)"
    gone = run(caught % "gone.png", outbound=guard).result
    assert gone == f"NetUnreachable: `{web.at}` answered with status 404"
    assert run(caught % "no-image", outbound=guard).result.startswith("ImageFailed: ")
    refused = run(caught % "red.png", outbound=Outbound()).result
    assert refused.startswith("NetUnreachable: ")
    guard.close()


# bytes that were changed by chance


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_changed_files_never_do_harm(kind: str) -> None:
    picture = PIL.Image.effect_noise((48, 40), 80).convert("RGB")
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP") else {}
    whole, chance = file(picture, kind, **options), Random(kind)
    ended = {_ended(_changed(whole, chance)) for _ in range(300)}
    assert ended == {"image", "refused"}


def _changed(whole: bytes, chance: Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice((1, 2, 8))):
        place = chance.randrange(min(len(data), chance.choice((64, 400, 10_000))))
        data[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(data)


def _ended(data: bytes) -> str:
    """Whether this is still an image, whose memory was asked for, or is refused in our own words."""
    asked, claim = claims()
    try:
        found = loaded(data, claim)
    except OqlError as error:
        return "refused" if error.code is Code.IMAGE_FAILED else str(error)
    return "image" if sum(asked) == 4 * found.width * found.height else "an image that nobody asked for"
