"""Where phrases begin, and in how many steps that is found."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from substrate.errors import Cancelled, stopped
from substrate.fulltext.phrases import begins
from substrate.fulltext.postings import Numbers

TEXTS = st.lists(st.sampled_from("ab"), max_size=60)


def places_of(text: list[str]) -> dict[str, Numbers]:
    """Where each word of a text stands."""
    return {word: np.array([at for at, each in enumerate(text) if each == word], np.int64) for word in "abc"}


def steps_of(phrase: list[str], text: list[str]) -> int:
    """How often a search looks whether it may go on."""
    looks: list[None] = []
    begins(tuple(phrase), places_of(text), lambda: looks.append(None))
    return len(looks)


@given(text=TEXTS, at=st.integers(0, 50), size=st.integers(1, 20))
def test_a_part_of_a_text_begins_where_it_stands(text: list[str], at: int, size: int) -> None:
    phrase = text[at : at + size] or ["c"]
    expected = [index for index in range(len(text)) if text[index : index + len(phrase)] == phrase]
    assert begins(tuple(phrase), places_of(text), lambda: None).tolist() == expected


@given(phrase=st.lists(st.sampled_from("abc"), min_size=1, max_size=6), text=TEXTS)
def test_any_phrase_begins_where_it_stands(phrase: list[str], text: list[str]) -> None:
    expected = [index for index in range(len(text)) if text[index : index + len(phrase)] == phrase]
    assert begins(tuple(phrase), places_of(text), lambda: None).tolist() == expected


def test_a_phrase_that_repeats_itself_takes_few_steps() -> None:
    text = ["a", "b"] * 2_000
    assert steps_of(["a", "b"] * 400, text) <= 20
    assert steps_of(["a", "b"] * 1_000 + ["a"], text) <= 30


def test_a_phrase_ends_with_the_first_words_that_never_stand_so() -> None:
    assert steps_of(["a", "a", "b"] * 300, ["a", "b"] * 2_000) == 1


def test_a_search_for_a_phrase_ends_when_it_is_to() -> None:
    def look() -> None:
        raise stopped()

    with pytest.raises(Cancelled):
        begins(("a", "b"), places_of(["a", "b"]), look)
