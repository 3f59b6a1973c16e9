"""Text verbs against plain Python, and what they do with texts and patterns that are made to hurt."""

import re

import pytest
from hypothesis import given, strategies as st

from tests.verbs.programs import failure_of, peak_of_failure, value_of

MEMORY = 2**20
"""The memory limit of the runs that must be stopped; what Python may hold meanwhile is four times as much."""

texts = st.text("aAé😀 \n,.", max_size=12)
places = st.integers(-15, 15)


@given(texts, st.text("aé,", max_size=3))
def test_join_undoes_split(text: str, separator: str) -> None:
    parts = value_of("SPLIT ?t WITH ?s SET ?p AFTER EMIT ?p", {"t": text, "s": separator})
    assert value_of("JOIN ?p WITH ?s SET ?t AFTER EMIT ?t", {"p": parts, "s": separator}) == text


@given(texts, places, places)
def test_slice_takes_the_characters_between_two_places(text: str, start: int, end: int) -> None:
    first, last = (place + len(text) if place < 0 else place for place in (start, end))
    expected = "".join(letter for place, letter in enumerate(text) if first <= place < last)
    assert value_of("SLICE ?t FROM ?a TO ?b SET ?r AFTER EMIT ?r", {"t": text, "a": start, "b": end}) == expected


@given(texts, places, places, texts)
def test_replace_puts_a_text_in_the_place_of_a_slice(text: str, start: int, end: int, new: str) -> None:
    variables = {"t": text, "a": start, "b": end, "n": new}
    replaced = value_of("REPLACE ?t FROM ?a TO ?b WITH ?n SET ?r AFTER EMIT ?r", variables)
    taken = value_of("SLICE ?t FROM ?a TO ?b SET ?r AFTER EMIT ?r", variables)
    before = min(max(start + len(text) if start < 0 else start, 0), len(text))
    assert replaced == text[:before] + new + text[before + len(taken) :]


@given(texts, st.integers(-2, 20), st.sampled_from("*é😀"))
def test_pad_fills_up_to_the_length(text: str, size: int, filling: str) -> None:
    def padded(side: str) -> str:
        variables = {"t": text, "n": size, "f": filling, "s": side}
        return str(value_of("PAD ?t TO ?n WITH ?f AS ?s SET ?r AFTER EMIT ?r", variables))

    assert padded("left") == text.rjust(size, filling)
    assert padded("right") == text.ljust(size, filling)
    missing = max(size - len(text), 0)
    assert padded("both") == filling * (missing // 2) + text + filling * (missing - missing // 2)


@given(texts)
def test_words_are_what_white_space_divides(text: str) -> None:
    assert value_of("WORDS ?t SET ?r AFTER EMIT ?r", {"t": text}) == text.split()


@given(st.text("ab1 ", max_size=10), st.sampled_from([r"\d", "a|b", "(a)(b)?", "a*", "^", r"\b", "(?P<x>b+)"]))
def test_replace_and_match_find_what_a_backtracking_engine_finds(text: str, pattern: str) -> None:
    variables = {"t": text, "p": pattern}
    replaced = value_of('REPLACE ?t WHERE ?p WITH "<$&>$$" AS "regex" SET ?r AFTER EMIT ?r', variables)
    assert replaced == re.sub(pattern, r"<\g<0>>$", text)
    found = value_of('MATCH ?t WHERE ?p AS "all" SET ?r OR NEW ARRAY SET ?r AFTER EMIT ?r', variables)
    assert found == [match[0] for match in re.finditer(pattern, text)]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$1-$2", "x-yy-"),
        ("$12", "x2y2"),
        ("$$1", "$1$1"),
        ("$$$1", "$x$y"),
        ("$", "$$"),
        ("$a", "$a$a"),
        ("\\1", "\\1\\1"),
    ],
)
def test_groups_in_a_replacement(template: str, expected: str) -> None:
    variables = {"t": "xyy", "n": template}
    assert value_of('REPLACE ?t WHERE "(x|y)(y)?" WITH ?n AS regex SET ?r AFTER EMIT ?r', variables) == expected


def test_a_group_that_the_pattern_lacks() -> None:
    error = failure_of('REPLACE "a" WHERE "(a)" WITH "$2" AS "regex"')
    assert (error.code, error.message) == ("StringFailed", "`$2` is not a group: the pattern has 1 group")


@pytest.mark.parametrize(
    "program",
    [
        'REPLICATE "ab" WITH 1000000000000',
        'PAD "a" TO 1000000000000',
        'PAD "é" TO 500000 AS "both"',
        'REPLACE ?t WHERE "a" WITH ?t',
        'REPLACE ?t WHERE "a*" WITH "$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0$0" AS "regex"',
        'REPLACE ?t WHERE "(a)" WITH "$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1$1" AS "regex"',
        'JOIN ?many WITH ""',
        'JOIN ?objects WITH ""',
        'SPLIT ?t WITH "a"',
        'SPLIT ?t WITH ""',
        "CHARS ?t",
        "WORDS ?w",
        'MATCH ?t WHERE "a" AS "all"',
        'MATCH ?t WHERE "a*" AS "all" SET ?x AFTER SPLIT ?x(0) WITH "a"',
    ],
)
def test_a_result_that_is_too_large_is_never_made(program: str) -> None:
    text = "a" * 100_000
    variables = {"t": text, "w": "a " * 50_000, "many": [text] * 1_000, "objects": [{"k": text}] * 1_000}
    code, peak = peak_of_failure(program, variables, MEMORY)
    assert code == "LimitExceeded"
    assert peak < 4 * MEMORY


def test_a_pattern_whose_every_match_walks_to_the_end_is_stopped() -> None:
    error = failure_of('MATCH ?t WHERE "a(?:[ab]*c)?" AS "all"', {"t": "ab" * 500_000}, wall_s=0.2)
    assert error.code == "Timeout"


def test_a_pattern_too_large_for_its_text_is_refused() -> None:
    error = failure_of('MATCH ?t WHERE "[ab]*a[ab]{900}c"', {"t": "ab" * 2_000_000})
    assert error.code == "LimitExceeded"
