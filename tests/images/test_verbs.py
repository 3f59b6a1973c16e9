"""The verbs on images, with pixels worked out by hand."""

from typing import Any

import pytest

from oql.values import Image, Value, kind_of
from tests.images.conftest import Run
from tests.images.making import BLACK, BLUE, GREEN, RED, WHITE, Pixel, image, opened, plain, rows

FOUR = image([RED, GREEN], [BLUE, WHITE])


def made(run: Run, step: str, picture: Value = FOUR, **variables: Any) -> Value:
    """What a step on `?i` gives."""
    outcome = run(f"{step} SET ?r AFTER RETURN ?r", i=picture, **variables)
    assert outcome.error is None, outcome.error
    return outcome.result


def refused(run: Run, step: str, picture: Value = FOUR, **variables: Any) -> str:
    """The message of a step that fails with ImageFailed."""
    outcome = run(step, i=picture, **variables)
    assert outcome.error is not None
    assert str(outcome.error.code) == "ImageFailed"
    return outcome.error.message


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ('ROTATE ?i AS "90"', [[BLUE, RED], [WHITE, GREEN]]),
        ("ROTATE ?i AS 180", [[WHITE, BLUE], [GREEN, RED]]),
        ("ROTATE ?i AS 270", [[GREEN, WHITE], [RED, BLUE]]),
        ('FLIP ?i AS "horizontal"', [[GREEN, RED], [WHITE, BLUE]]),
        ('FLIP ?i AS "vertical"', [[BLUE, WHITE], [RED, GREEN]]),
        ('CROP ?i FROM "1,0" TO "1,2"', [[GREEN], [WHITE]]),
        ('CROP ?i FROM "0, 1" TO "2x1"', [[BLUE, WHITE]]),
        ('FILTER ?i AS "invert"', [[(0, 255, 255), (255, 0, 255)], [(255, 255, 0), BLACK]]),
        # ITU-R 601: 0.299, 0.587 and 0.114 of red, green and blue
        ('FILTER ?i AS "greyscale"', [[(76,) * 3, (150,) * 3], [(29,) * 3, WHITE]]),
        # the columns of the matrix times 255; white is 1.351, 1.203 and 0.937 of it
        (
            'FILTER ?i AS "sepia"',
            [[(100, 89, 69), (196, 175, 136)], [(48, 43, 33), (255, 255, 239)]],
        ),
    ],
)
def test_pixels(run: Run, step: str, expected: list[list[Pixel]]) -> None:
    found = rows(made(run, step))
    assert [[near(a, b) for a, b in zip(*pair, strict=True)] for pair in zip(found, expected, strict=True)] == [
        [True] * len(row) for row in expected
    ], found


def near(found: Pixel, expected: Pixel) -> bool:
    """The same colour but for the rounding of one step."""
    return all(abs(one - other) <= 1 for one, other in zip(found, expected, strict=True))


def test_what_can_be_seen_through_stays_so(run: Run) -> None:
    picture = image([(255, 0, 0, 40), (0, 0, 0, 255)])
    assert rows(made(run, 'FILTER ?i AS "invert"', picture)) == [[(0, 255, 255, 40), (255, 255, 255, 255)]]
    assert rows(made(run, "ROTATE ?i AS 90", picture)) == [[(255, 0, 0, 40)], [(0, 0, 0, 255)]]


def test_sharpen_and_blur(run: Run) -> None:
    grey, edge = (100, 100, 100), (116, 116, 116)
    lines = [[grey] * 5 for _ in range(5)]
    lines[2][2] = edge
    # the kernel is 32 in the middle and -2 around it, in sixteenths: (32 * 116 - 2 * 8 * 100) / 16 = 132
    sharp = rows(made(run, 'FILTER ?i AS "sharpen"', image(*lines)))
    assert (sharp[2][2], sharp[1][1], sharp[0][0]) == ((132,) * 3, (98,) * 3, grey)
    soft = rows(made(run, 'FILTER ?i AS "blur"', image(*lines)))
    assert 100 < soft[2][2][0] < 110
    assert rows(made(run, 'FILTER ?i AS "blur"', plain(5, 4, RED))) == [[RED] * 5] * 4


@pytest.mark.parametrize(
    ("to", "size"),
    [('"8x3"', (8, 3)), ('"6"', (6, 12)), ("6", (6, 12)), ('"x6"', (3, 6)), ('"1"', (1, 2)), ('"5"', (5, 10))],
)
def test_resize(run: Run, to: str, size: tuple[int, int]) -> None:
    found = made(run, f"RESIZE ?i TO {to}", plain(4, 8, GREEN))
    assert rows(found) == [[GREEN] * size[0]] * size[1]


def test_a_thumbnail_is_cut_from_the_middle(run: Run) -> None:
    wide = image([RED, RED, GREEN, GREEN, BLUE, BLUE], [RED, RED, GREEN, GREEN, BLUE, BLUE])
    assert rows(made(run, 'THUMBNAIL ?i TO "2x2"', wide)) == [[GREEN, GREEN]] * 2
    assert len(rows(made(run, 'THUMBNAIL ?i TO "7x3"', wide))) == 3


def test_composite(run: Run) -> None:
    half = plain(2, 2, (255, 255, 255, 128))
    found = rows(made(run, 'COMPOSITE ?i WITH ?o AT "1,1"', plain(3, 2, BLACK), o=half))
    assert found == [[BLACK] * 3, [BLACK, (128,) * 3, (128,) * 3]]
    assert rows(made(run, 'COMPOSITE ?i WITH ?o AT "-1,0"', o=plain(2, 1, BLACK))) == [[BLACK, GREEN], [BLUE, WHITE]]
    clear = plain(1, 1, (0, 0, 0, 0))
    assert rows(made(run, 'COMPOSITE ?i WITH ?o AT "0,0"', clear, o=plain(1, 1, RED))) == [[(*RED, 255)]]


def test_draw(run: Run) -> None:
    canvas = plain(4, 3, BLACK)
    found = rows(made(run, 'DRAW ?i WITH "1,1,255,0,0" AS "rect:2,1"', canvas))
    assert found == [[BLACK] * 4, [BLACK, RED, RED, BLACK], [BLACK] * 4]
    found = rows(made(run, 'DRAW ?i WITH "2,-5,#00ff00" AS "rect:100,100"', canvas))
    assert found == [[BLACK, BLACK, GREEN, GREEN]] * 3
    found = rows(made(run, 'DRAW ?i WITH "0,0,255,255,255,128" AS "line:3,0"', canvas))
    assert found == [[(128,) * 3] * 4, [BLACK] * 4, [BLACK] * 4]
    dot = rows(made(run, 'DRAW ?i WITH "2,2,255,0,0" AS "circle:1"', plain(5, 5, BLACK)))
    assert [dot[2][x] == RED for x in range(5)] == [False, True, True, True, False]
    words = rows(made(run, 'DRAW ?i WITH "0,0,255,255,255" AS "text:Hi"', plain(40, 20, BLACK)))
    assert {BLACK, WHITE} < {pixel for row in words for pixel in row}


def test_a_watermark_stands_in_the_lower_right_corner(run: Run) -> None:
    found = rows(made(run, 'WATERMARK ?i WITH "(c) Ada"', plain(200, 100, BLUE)))
    changed = {(x, y) for y, row in enumerate(found) for x, pixel in enumerate(row) if pixel != BLUE}
    assert changed
    assert min(x for x, _ in changed) > 100
    assert min(y for _, y in changed) > 70
    # an image of 100 x 100 takes a mark of 25 at most, two pixels from the edges, half seen through
    found = rows(made(run, "WATERMARK ?i WITH ?o", plain(100, 100, BLACK), o=plain(50, 50, WHITE)))
    marked = {(x, y) for y, row in enumerate(found) for x, pixel in enumerate(row) if pixel == (128,) * 3}
    assert marked == {(x, y) for x in range(73, 98) for y in range(73, 98)}


def test_words_that_are_too_wide_are_made_smaller(run: Run) -> None:
    found = rows(made(run, 'WATERMARK ?i WITH "a rather long line of words"', plain(120, 40, BLUE)))
    changed = {x for row in found for x, pixel in enumerate(row) if pixel != BLUE}
    assert min(changed) > 0
    assert max(changed) < 120


def test_histogram(run: Run) -> None:
    found = made(run, "HISTOGRAM ?i")
    assert {name: (counts[0], counts[255], sum(counts)) for name, counts in found.items()} == {
        "red": (2, 2, 4),
        "green": (2, 2, 4),
        "blue": (2, 2, 4),
    }
    assert {len(counts) for counts in found.values()} == {256}


@pytest.mark.parametrize("format_", ["png", "jpg", "webp"])
def test_emit_gives_a_file(run: Run, format_: str) -> None:
    outcome = run(f'EMIT ?i AS "{format_}"', i=plain(4, 3, RED))
    result = outcome.result
    assert isinstance(result, Image)
    assert result.media_type == {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}[format_]
    read = opened(result.file())
    assert (read.size, read.format) == ((4, 3), {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[format_])
    assert near_enough(read.convert("RGB").getpixel((1, 1)), RED)


def near_enough(found: Any, expected: Pixel) -> bool:
    """The same colour as far as formats keep colours that do not keep them exactly."""
    return all(abs(one - other) <= 6 for one, other in zip(found, expected, strict=True))


def test_what_jpeg_cannot_show_through_stands_on_white(run: Run) -> None:
    result = run('EMIT ?i AS "jpg"', i=plain(8, 8, (0, 0, 0, 0))).result
    assert near_enough(opened(result.file()).getpixel((3, 3)), WHITE)


def test_without_as_it_is_png(run: Run) -> None:
    result = run("EMIT ?i", i=FOUR).result
    assert isinstance(result, Image)
    assert (result.media_type, opened(result.file()).format) == ("image/png", "PNG")


@pytest.mark.parametrize(
    "step",
    [
        'RESIZE ?i TO "0x3"', 'RESIZE ?i TO "x"', 'RESIZE ?i TO ""', 'RESIZE ?i TO "-3"', 'RESIZE ?i TO "1e3"',
        "RESIZE ?i TO 1.5", "RESIZE ?i TO true", "RESIZE ?i TO null", 'RESIZE ?i TO "99999x99999"',
        'RESIZE ?i TO "70000x1"', 'RESIZE ?i TO "\u0663x\u0663"', 'CROP ?i FROM "1,1" TO "2x1"',
        'CROP ?i FROM "-1,0" TO "1x1"', 'CROP ?i FROM "0" TO "1x1"', 'CROP ?i FROM "0,0" TO "1"', "ROTATE ?i AS 45",
        'ROTATE ?i AS "left"', 'THUMBNAIL ?i TO "10"',
        'DRAW ?i WITH "0,0" AS "rect:1,1"', 'DRAW ?i WITH "0,0,256,0,0" AS "rect:1,1"',
        'DRAW ?i WITH "0,0,1,1,1" AS "rect:0,1"', 'DRAW ?i WITH "0,0,1,1,1" AS "star:1"',
        'DRAW ?i WITH "0,0,1,1,1" AS "rect:99999,1"', 'DRAW ?i WITH "0,0,#12345" AS "rect:1,1"',
        'DRAW ?i WITH "0,0,1,1,1" AS "text:"', 'WATERMARK ?i WITH "  "', "WATERMARK ?i WITH 7",
        'COMPOSITE ?i WITH ?i AT "1"', 'COMPOSITE ?i WITH "x" AT "1,1"', 'RESIZE "x" TO "1x1"', "HISTOGRAM ?nothing",
        "HISTOGRAM 7", 'EMIT "x" AS "png"', 'EMIT ?nothing AS "jpg"',
    ],
)  # fmt: skip
def test_what_cannot_be_done(run: Run, step: str) -> None:
    assert refused(run, step)


def test_too_many_words(run: Run) -> None:
    words = "x" * 501
    assert refused(run, "WATERMARK ?i WITH ?w", w=words)
    assert refused(run, 'DRAW ?i WITH "0,0,1,1,1" AS ?w', w=f"text:{words}")


def test_any_characters_can_be_drawn(run: Run) -> None:
    for words in ("\ud800", "\x00", "\u202e\u0301\U0001f600", "a\n\n\tb", "\u0627\u0644\u0639"):
        assert rows(made(run, "WATERMARK ?i WITH ?w", plain(30, 30, RED), w=words))
        assert rows(made(run, 'DRAW ?i WITH "0,0,1,1,1" AS ?w', plain(30, 30, RED), w=f"text:{words}x"))


def test_an_image_among_other_values(run: Run) -> None:
    same = 'IF ?i IS EQUAL TO ?o OPEN NEST EMIT "same" CLOSE NEST ELSE OPEN NEST EMIT "other" CLOSE NEST'
    assert run(same, i=FOUR, o=image([RED, GREEN], [BLUE, WHITE])).result == "same"
    assert run(same, i=FOUR, o=image([RED, GREEN], [BLUE, BLACK])).result == "other"
    assert run(same.replace("EQUAL", "IDENTICAL"), i=FOUR, o=image([RED, GREEN], [BLUE, WHITE])).result == "same"
    assert run("UNIQUE ?l SET ?u AFTER LENGTH ?u SET ?n AFTER EMIT ?n", l=[FOUR, plain(1, 1, RED), FOUR]).result == 2
    assert kind_of(FOUR) == "image"
    text = run('EMIT "data:image/png;base64," & ?i', i=FOUR).result
    assert text.startswith("data:image/png;base64,iVBORw0KGgo")
    assert isinstance(run('CAST ?i AS "binary" SET ?b AFTER RETURN ?b', i=FOUR).result, bytes)
    assert run("CACHE ?i AS 'k' AFTER CACHE 'k' SET ?c AFTER EMIT ?c", i=FOUR).result == text.partition(",")[2]


def test_memory_is_counted(run: Run) -> None:
    outcome = run('RESIZE ?i TO "2000x2000" OR EMIT "caught"', {"memory_bytes": 2**20}, i=FOUR)
    assert outcome.error is not None
    assert (str(outcome.error.code), outcome.error.final) == ("LimitExceeded", True)
    keep = 'NEW ARRAY SET ?a AFTER WHILE 1 IS EQUAL TO 1 OPEN NEST RESIZE ?i TO "300x300" SET ?r AFTER'
    outcome = run(f"{keep} APPEND ?r INTO ?a CLOSE NEST", {"memory_bytes": 2**22}, i=FOUR)
    assert outcome.error is not None
    assert str(outcome.error.code) == "LimitExceeded"
