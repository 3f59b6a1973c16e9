"""Words a syntax error: what was expected at a place, what stands there, and what to write instead."""

import re
from collections.abc import Iterable
from functools import cache

from lark import Token

from oql import verbs
from oql.conditions import NULL_TESTS, OPERATORS
from oql.errors import Code, OqlError, Span, expected, nearest, unknown
from oql.habits import SIGNS, WORDS
from oql.people.answers import KINDS
from oql.verbs.declare import MODIFIERS

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]{0,40}(?:\s{1,9}[A-Z][A-Z0-9_]{0,40}){0,3}")
_CHUNK = re.compile(r""""[^"]*"?|'[^']*'?|`[^`]*`?|[?!]?[A-Za-z0-9_.]+|\S""")

_TEXT_OR_COMMENT = re.compile(
    "|".join([rf"{quote}[^{quote}\\]*(?:\\[\s\S][^{quote}\\]*)*{quote}" for quote in "\"'`"] + [r"\(\*[\s\S]*?\*\)"])
)

_OPERAND = {"TEXT", "NUMBER", "TRUE", "FALSE", "NULL", "VARIABLE", "SYSTEM"}
_SHOWN = {"LPAR": "`(`", "RPAR": "`)`", "COMPARE": "a comparison such as `IS EQUAL TO`", "NULL_TEST": "",
          "VARIABLE": "a variable", "KIND": "a kind of field such as TEXT"}  # fmt: skip


def syntax_error(text: str, start: int, accepted: set[str], open_blocks: list[Token]) -> OqlError:
    """The error at a place where none of the accepted terminals stands."""
    if start >= len(text):
        return _at_end(text, accepted, open_blocks)
    character = text[start]
    swallowed = _text_up_to(text, start)
    if swallowed:
        return swallowed
    if character in "\"'`" and _unclosed(text, start):
        return OqlError(
            Code.PARSE_ERROR, f"the text that begins here has no closing {character}", Span(start, start + 1),
            f"add a {character} at its end",
        )  # fmt: skip
    if text.startswith("(*", start):
        place = Span(start, start + 2)
        return OqlError(Code.PARSE_ERROR, "the comment that begins here has no end", place, "add `*)` at its end")
    word = _WORD.match(text, start)
    if word:
        return _at_word(text, word, accepted)
    chunk = _CHUNK.match(text, start)
    found = chunk[0] if chunk else character
    place = Span(start, start + len(found))
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(found)}`", place, SIGNS.get(character))


def _text_up_to(text: str, start: int) -> OqlError | None:
    """An error behind a text of several lines is most likely a quote that is missing where that text begins."""
    before = text[:start].rstrip(" \t")
    if start - len(before) > 1 or not before or before[-1] not in "\"'`":
        return None
    begin = next((m.start() for m in _TEXT_OR_COMMENT.finditer(before) if m.end() == len(before)), None)
    if begin is None or "\n" not in before[begin:]:
        return None
    place = Span(begin, begin + 1)
    message = f"the text that begins here ends on a later line, at `{shorten(text[start : start + 10])}`"
    return OqlError(Code.PARSE_ERROR, message, place, f"is a {before[begin]} missing on this line?")


def shorten(text: str, limit: int = 40) -> str:
    """Text for a message: one line, not longer than `limit`."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def _unclosed(text: str, start: int) -> bool:
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == text[start]:
            return False
        at += 1
    return True


def _at_end(text: str, accepted: set[str], open_blocks: list[Token]) -> OqlError:
    if open_blocks and "CLOSE_NEST" in accepted:
        block = open_blocks[-1]
        place = Span(block.start_pos or 0, block.end_pos or 0)
        return OqlError(
            Code.PARSE_ERROR,
            "the block that begins here has no end",
            place,
            "add CLOSE NEST behind its last step",
        )
    end = len(text.rstrip())
    return expected(Code.PARSE_ERROR, _wanted(accepted), "the end of the program", Span(end, end))


def _at_word(text: str, word: re.Match[str], accepted: set[str]) -> OqlError:
    capitals = _CAPITALS.match(text, word.start())
    if word[0].isupper() and capitals and "KIND" not in accepted:
        return _at_keyword(word, " ".join(capitals[0].split()), accepted)
    place = Span(word.start(), word.end())
    if "KIND" in accepted:
        return _at_kind(word[0], place)
    hint = _hint_for_word(word[0], accepted)
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(word[0])}`", place, hint)


def _at_kind(word: str, place: Span) -> OqlError:
    """The error at a word that is no kind of field."""
    return unknown(Code.PARSE_ERROR, "a kind of field", word, KINDS, place, f"FORMAT takes {_listed(KINDS)}")


def _hint_for_word(word: str, accepted: set[str]) -> str | None:
    capital = word.upper()
    if capital in WORDS and capital not in _first_words():
        return WORDS[capital]
    if capital in _keywords():
        return f"keywords are capitals: write `{capital}`"
    if _OPERAND & accepted and "VERB" not in accepted:
        return "put text in quotes, and `?` before a variable's name"
    guess = nearest(capital, _keywords()) if "VERB" in accepted else None
    return f"did you mean `{guess}`?" if guess else None


def _at_keyword(word: re.Match[str], capitals: str, accepted: set[str]) -> OqlError:
    """The error at a word in capitals: one of the language in the wrong place, or none of it."""
    found = next((phrase for phrase in _phrases() if f"{capitals} ".startswith(f"{phrase} ")), None)
    if found:
        return _misplaced(word, found, accepted)
    place = Span(word.start(), word.end())
    wants_value = bool(_OPERAND & accepted) and "VERB" not in accepted
    hint = WORDS.get(word[0]) or (f'put text in quotes: "{shorten(word[0])}"' if wants_value else None)
    if hint is None:
        guess = nearest(" ".join(capitals.split()[:2]), _phrases()) or nearest(word[0], _keywords())
        hint = f"did you mean `{guess}`?" if guess else None
    if wants_value or "VERB" not in accepted:
        return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(word[0])}`", place, hint)
    return OqlError(Code.PARSE_ERROR, f"`{shorten(word[0])}` is not a verb", place, hint)


def _misplaced(word: re.Match[str], found: str, accepted: set[str]) -> OqlError:
    place = Span(word.start(), word.start() + max(len(word[0]), len(found)))
    hint = WORDS.get(found)
    if found == "CLOSE NEST":
        hint = "CLOSE NEST closes no block here"
    elif found in MODIFIERS and "VERB" in accepted:
        hint = "modifiers stand behind a verb and its value, before SET"
    elif "OPEN_NEST" in accepted and "VERB" not in accepted:
        hint = "the steps of a block stand in OPEN NEST ... CLOSE NEST"
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{found}`", place, hint)


@cache
def _phrases() -> list[str]:
    from oql.parser import keywords  # the parser words its errors here

    known = {*verbs.table(), *keywords(), *MODIFIERS, *OPERATORS, *NULL_TESTS}
    return sorted(known, key=len, reverse=True)


@cache
def _keywords() -> set[str]:
    return {word for phrase in _phrases() for word in phrase.split()}


@cache
def _first_words() -> set[str]:
    return {name.split()[0] for name in verbs.table()}


def _wanted(accepted: set[str]) -> str:
    """The accepted terminals in words, a few at most."""
    wanted = []
    if accepted & _OPERAND - {"VARIABLE"}:
        wanted.append("a value")
    if "VERB" in accepted:
        wanted.append("the next step" if wanted or "AFTER" in accepted else "a verb")
    rest = accepted - _OPERAND if wanted else accepted
    if not wanted:
        wanted = sorted(filter(None, (_shown(name) for name in rest)))
    return _listed(wanted) if 0 < len(wanted) <= 5 else "something else"


def _shown(name: str) -> str:
    if name in _SHOWN:
        return _SHOWN[name]
    return (
        "" if "ALSO" in name or name.startswith(("__", "$", "VERB_", "BROKEN")) else name.strip("_").replace("_", " ")
    )


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
