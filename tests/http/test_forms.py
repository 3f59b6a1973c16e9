"""Forms without files, as bytes: what the standard library reads of them, in a time that grows with their length."""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, strategies as st

from server.forms import form_pairs

MOST = 1_000


@given(st.lists(st.sampled_from(["%", "4", "a", "A", "=", "&", "+", "g", "%c3%a9", "%41", "%ff", "="])).map("".join))
def test_fields_are_those_that_the_standard_library_reads(text: str) -> None:
    expected = parse_qsl(text, keep_blank_values=True, errors="replace")
    assert form_pairs(text.encode(), MOST, "replace") == expected


@pytest.mark.parametrize("raw", [b"\xff", b"a=%ff", b"a=%c3&b=1", b"&" * MOST])
def test_what_is_no_form(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        form_pairs(raw, MOST)


def test_a_letter_of_which_one_byte_is_encoded() -> None:
    assert form_pairs(b"a=\xc3%a9", MOST) == [("a", "\xe9")]


@pytest.mark.parametrize("raw", [b"%" * 100_000, b"%41" * 100_000])
def test_no_step_of_python_for_each_percent_sign(raw: bytes) -> None:
    def steps(work: Callable[[], Any]) -> int:
        count = 0

        def see(_frame: object, event: str, _: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(see)
        try:
            work()
        finally:
            sys.setprofile(None)
        return count

    assert steps(lambda: form_pairs(raw, MOST)) < 100
