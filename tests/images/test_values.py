"""Images as values: in journals, in JSON, in the memory of a run."""

import base64
import sys
from typing import Any

import pytest

from oql import exact
from oql.budget import measure
from oql.values import Image, Multi, json_weight, text_form, to_json
from tests.images.making import RED, WHITE, file, image, opened, plain

RAW = image([RED, WHITE])
LOADED = Image(2, 1, "file", file(opened(RAW.file()), "BMP"))


@pytest.mark.parametrize("value", [RAW, [RAW, LOADED], {"a": {"b": RAW}}, Multi([RAW, 1]), {"$oql:image": 1}])
def test_a_journal_gives_the_same_value_again(value: Any) -> None:
    again = exact.read(exact.written(value))
    plain_again = again.branches if isinstance(again, Multi) else again
    assert plain_again == (value.branches if isinstance(value, Multi) else value)
    if isinstance(value, Image):
        assert (again.form, again.data) == (value.form, value.data)


def test_json_holds_a_file() -> None:
    text = base64.b64encode(RAW.file()).decode()
    assert to_json({"a": [RAW]}).decode() == f'{{"a":["{text}"]}}'
    assert text_form(LOADED) == text
    assert json_weight(plain(100, 100, RED)) >= len(to_json(plain(100, 100, RED)))


def test_equal_pixels_are_equal_images() -> None:
    assert LOADED == RAW
    assert hash(LOADED) == hash(RAW)
    assert plain(2, 1, RED) != RAW
    assert RAW != "image"
    assert len({RAW, LOADED, plain(2, 1, RED)}) == 2


def test_an_image_weighs_what_it_holds() -> None:
    large = plain(100, 100, RED)
    assert 30_000 <= sys.getsizeof(large) <= 31_000
    assert 30_000 <= measure([[large, large]], 10**9) <= 31_000
