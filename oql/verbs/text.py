"""Verbs on text: case, blanks, length, splitting and joining, padding."""

import re
from typing import Literal

from oql.errors import Code, expected
from oql.values import Multi, text_form
from oql.verbs.declare import Any, Array, Branches, Family, Text, Whole, describe
from oql.verbs.run import Run

family = Family("text", "Text", failure=Code.STRING_FAILED)

BYTES_PER_PIECE = 64
"""What a short text in an array takes: the object and its place."""

_GRAIN = 1 << 16
_WORD = re.compile(r"\S+")


def text_bytes(length: int, *parts: str) -> int:
    """The bytes of a text of `length` code points that is made of these parts."""
    return length if all(part.isascii() for part in parts) else 4 * length


class Growth:
    """Claims the bytes of a result made in pieces: all so far each time, since none of it is held yet."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.size = 0
        self.claimed = 0

    def add(self, size: int) -> None:
        """Counts the bytes of the next piece, before it is made."""
        self.size += size
        if self.size > self.claimed:
            self.run.claim(self.size)
            self.claimed = self.size + max(self.size // 4, _GRAIN)


@family.verb("UPPER", examples=[('UPPER "straße"', "STRASSE")])
def upper(text: Text) -> str:
    """Turns every letter into a capital."""
    return text.upper()


@family.verb("LOWER", examples=[('LOWER "OQL"', "oql")])
def lower(text: Text) -> str:
    """Turns every letter into a small one."""
    return text.lower()


@family.verb("UCWORDS", examples=[('UCWORDS "ada king of lovelace"', "Ada King Of Lovelace")])
def ucwords(text: Text) -> str:
    """Turns the first letter of each word into a capital and leaves the rest.

    Words are what white space divides.
    """
    return _WORD.sub(lambda word: word[0][0].title() + word[0][1:], text)


@family.verb("TRIM", "TRIM STRING", examples=[('TRIM "  ada \n"', "ada")])
def trim(text: Text) -> str:
    """Takes white space off both ends."""
    return text.strip()


@family.verb(
    "LENGTH",
    examples=[
        ('LENGTH "naïve"', 5),
        ("ENLIST 1 AND 2 SET ?a AFTER LENGTH ?a SET ?n AFTER EMIT ?n", 2),
    ],
)
def length(value: Branches) -> int:
    """Counts the characters of a text, elements of an array, keys of an object or bytes of binary."""
    if isinstance(value, Multi):
        advice = "use COLLAPSE to make it an array first"
        raise expected(Code.STRING_FAILED, "one value", "a multivariable", hint=advice)
    if not isinstance(value, (str, list, dict, bytes)):
        hint = "use STRING to get its text form" if value is not None else None
        raise expected(Code.STRING_FAILED, "text, an array, an object or binary", describe(value), hint=hint)
    return len(value)


@family.verb("REVERSE STRING", examples=[('REVERSE STRING "abc"', "cba")])
def reverse_string(text: Text) -> str:
    """Gives the characters of a text in reverse order."""
    return text[::-1]


@family.verb(
    "SPLIT",
    examples=[('SPLIT "a,b,,c" WITH ","', ["a", "b", "", "c"]), ('SPLIT "abc" WITH ""', ["a", "b", "c"])],
)
def split(run: Run, text: Text, *, with_: Text) -> list[str]:
    """Cuts a text at every place where another stands; an empty one cuts it into characters."""
    if not with_:
        return _characters(run, text)
    run.claim(text_bytes(len(text), text) + BYTES_PER_PIECE * (text.count(with_) + 1))
    return text.split(with_)


@family.verb("CHARS", examples=[('CHARS "añb"', ["a", "ñ", "b"])])
def chars(run: Run, text: Text) -> list[str]:
    """Gives the characters of a text as an array."""
    return _characters(run, text)


def _characters(run: Run, text: str) -> list[str]:
    run.claim(BYTES_PER_PIECE * len(text))
    return list(text)


@family.verb("WORDS", examples=[('WORDS " to be, or \n not "', ["to", "be,", "or", "not"])])
def words(run: Run, text: Text) -> list[str]:
    """Gives the words of a text as an array: what white space divides."""
    growth = Growth(run)
    result = []
    for word in _WORD.finditer(text):
        growth.add(word.end() - word.start() + BYTES_PER_PIECE)
        result.append(word[0])
    return result


@family.verb(
    "JOIN",
    examples=[('ENLIST "a" AND 2 AND true SET ?a AFTER JOIN ?a WITH "-" SET ?t AFTER EMIT ?t', "a-2-true")],
)
def join(run: Run, array: Array, *, with_: Text) -> str:
    """Joins the text forms of an array's elements, with a text between each two."""
    growth = Growth(run)
    pieces = []
    for item in array:
        piece = text_form(item)
        growth.add(text_bytes(len(piece) + len(with_), piece, with_))
        pieces.append(piece)
    return with_.join(pieces)


@family.verb(
    "PAD",
    examples=[
        ('PAD "7" TO 3 WITH "0"', "007"),
        ('PAD "ab" TO 5 WITH "." AS "right"', "ab..."),
        ('PAD "ab" TO 5 WITH "*" AS "both"', "*ab**"),
    ],
    quick=False,
)
def pad(
    run: Run,
    text: Text,
    *,
    to: Whole,
    with_: Text = " ",
    as_: Literal["left", "right", "both"] = "left",
) -> str:
    """Pads a text to a length, on the left unless AS says otherwise.

    A text that is long enough stays as it is. On both sides the odd character goes to the right.
    """
    if not with_:
        raise expected(Code.STRING_FAILED, "at least one character to pad with", "the empty text")
    missing = max(to - len(text), 0)
    run.claim(text_bytes(len(text) + missing, text, with_))
    left = {"left": missing, "right": 0, "both": missing // 2}[as_]
    return _filled(with_, left) + text + _filled(with_, missing - left)


def _filled(text: str, size: int) -> str:
    return (text * -(-size // len(text)))[:size]


@family.verb("REPLICATE", examples=[('REPLICATE "ab" WITH 3', "ababab")], quick=False)
def replicate(run: Run, text: Text, *, with_: Whole) -> str:
    """Repeats a text a number of times."""
    if with_ < 0:
        raise expected(Code.STRING_FAILED, "a whole number of at least 0 behind WITH", describe(with_))
    run.claim(text_bytes(len(text) * with_, text))
    return text * with_ if text else ""


@family.verb(
    "STRING",
    examples=[
        ("STRING 1.50", "1.5"),
        ("ENLIST 1 AND null SET ?a AFTER STRING ?a SET ?t AFTER EMIT ?t", "[1,null]"),
    ],
)
def string(value: Any) -> str:
    """Gives the text form of any value: null is empty, arrays and objects are compact JSON."""
    return text_form(value)
