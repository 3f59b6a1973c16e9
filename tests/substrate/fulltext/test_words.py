"""Words by the rules of UAX #29, worked out by hand: WB is the number of a rule there."""

import pytest
from hypothesis import given, strategies as st

from substrate.fulltext.words import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # Latin
        ("Hello, world!", ["hello", "world"]),
        ("can't stop", ["can't", "stop"]),  # WB6, WB7: ' between letters
        ("rock 'n' roll", ["rock", "n", "roll"]),  # not at an end
        ("3.14 and 1,000,000", ["3.14", "and", "1,000,000"]),  # WB11, WB12
        ("v2.0 b2b 4ever", ["v2.0", "b2b", "4ever"]),  # WB9, WB10
        ("snake_case _x_", ["snake_case", "_x_"]),  # WB13a, WB13b
        ("e.g. U.S.A. a.b", ["e.g", "u.s.a", "a.b"]),
        ("key-value", ["key", "value"]),
        ("a@b.com", ["a", "b.com"]),
        ("x\ny\r\nz", ["x", "y", "z"]),  # WB3a, WB3b
        ("so\u00adft", ["so\u00adft"]),  # WB4: a soft hyphen is Format
        ("___ ... -- ", []),
        # composed and decomposed are one; lower case
        ("CAFE\u0301", ["caf\u00e9"]),
        ("STRASSE Stra\u00dfe", ["strasse", "stra\u00dfe"]),
        ("\u039f\u0394\u039f\u03a3 \u03a3\u0391", ["\u03bf\u03b4\u03bf\u03c2", "\u03c3\u03b1"]),
        # Cyrillic
        ("Привет, мир! Ёлка-палка", ["привет", "мир", "ёлка", "палка"]),
        ("объект м'яко", ["объект", "м'яко"]),
        # Chinese and Japanese: each ideograph and Hiragana by itself; Katakana together (WB13)
        ("東京都", ["東", "京", "都"]),
        ("これはテスト", ["こ", "れ", "は", "テスト"]),
        ("OQL東京2026", ["oql", "東", "京", "2026"]),
        # Korean: syllables are letters
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        # Arabic: marks belong to the letter before (WB4), and its digits are numbers
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("كِتَابٌ ١٢٣", ["كِتَابٌ", "١٢٣"]),
        # Hebrew: WB7a, WB7b, WB7c
        ("צה\"ל ב'", ['צה"ל', "ב'"]),
        # Hindi: vowel signs and the virama belong to their letter
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("क्षत्रिय।", ["क्षत्रिय"]),
        # no letter and no digit: no word
        ("😀 👩‍👩‍👧 🇩🇪 ✈️", []),
        ("№ ½ Ⅷ", ["½", "ⅷ"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_word_may_hold_a_blank() -> None:
    # WB4 joins a joiner to the blank before it, WB3c a pictograph to the joiner: U+2139 is one, and a letter.
    first, second, third = words_of("a \u200d\u2139 b")
    assert (first, second.strip(" "), third) == ("a", "\u200d\u2139", "b")


@given(st.text())
def test_any_text(text: str) -> None:
    for word in words_of(text):
        assert word
        assert not set(word) & set("\n\r\v\f\x85\u2028\u2029")
