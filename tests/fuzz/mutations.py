"""Draws texts that were programs: of the corpus, with tokens left out, doubled, exchanged, odd characters put in."""

import re
from functools import cache

from hypothesis import strategies as st

from tests.conformance.corpus import cases
from tests.fuzz.choices import Choices

_TOKEN = re.compile(r"\s+|\(\*|\*\)|[?!]?\w+|[\s\S]")
_ODD = (
    "\0", "\ufeff", "\u202e", "\u200b", "\u2028", "\x85", "\x1b", "\ud800", "\udfff", "\ud83d\ude00", "e\u0301",
    "\u00df",
    "\u0130", "\u01c4", "\uff01", "\u0661", "\x7f", "\r", "\r\n", "\t", "\v", "\u00a0", "\u3000", "\U000e0001",
)  # fmt: skip
_WORDS = (
    "OPEN NEST", "CLOSE NEST", "AFTER", "AND", "OR", "NOT", "SET ?x", "IF", "ELSE", "ELSE IF", "WHILE", "FOREACH",
    "SWITCH",
    "CASE", "DEFAULT", "RETURN", "EXIT ALL", "CLOSE ALL NESTS", "EMIT", "WHERE", "FORMAT", "SORT BY", "IS NULL",
    "IS EQUAL TO", "(*", "*)", '"', "'", "`", "\\", "(", ")", "?", "!", "?x(", "!REQUEST(", "&", "-", ".", "1e999",
    "9" * 400, "9" * 5_000, "-0", "0x10", "1_000", "1.", ".5", "NaN", "\\u0000", "\\ud800", "A" * 300, "a" * 300,
    " " * 300,
)  # fmt: skip


@cache
def corpus() -> list[str]:
    """Every program of the corpus."""
    return [case.program for case in cases()]


def _mutated(drawn: bytes) -> str:
    choices = Choices(drawn)
    tokens = _TOKEN.findall(choices.of(corpus()))
    for _ in range(1 + choices.count(5)):
        tokens = _changed(choices, tokens or [""])
    return "".join(tokens)


def _changed(choices: Choices, tokens: list[str]) -> list[str]:
    at, other = choices.of(range(len(tokens))), choices.of(range(len(tokens)))
    first, last = sorted((at, other))
    match choices.count(8):
        case 0:
            return tokens[:at] + tokens[at + 1 :]
        case 1:
            return [*tokens[: at + 1], *tokens[at:]]
        case 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
            return tokens
        case 3:
            return tokens[:at]
        case 4:
            return tokens[:first] + tokens[last:]
        case 5:
            return tokens[:last] + tokens[first:]
        case 6:
            return [*tokens[:at], choices.pick(*_ODD), *tokens[at:]]
        case 7:
            return [*tokens[:at], " ", choices.pick(*_WORDS), " ", *tokens[at:]]
    inserted = _TOKEN.findall(choices.of(corpus()))
    return [*tokens[:at], " ", *inserted[: 1 + choices.count(20)], " ", *tokens[at:]]


def mutated() -> st.SearchStrategy[str]:
    """Texts made of corpus programs by a few changes."""
    return st.binary(min_size=12, max_size=48).map(_mutated)
