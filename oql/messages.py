"""Words a syntax error: what was expected at a place, what stands there, and what to write instead."""

import re
from collections.abc import Iterable

from lark import Token

from oql import verbs
from oql.errors import Code, OqlError, Span, expected, nearest

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]{0,40}(?:\s{1,9}[A-Z][A-Z0-9_]{0,40}){0,3}")
_CHUNK = re.compile(r""""[^"]*"?|'[^']*'?|`[^`]*`?|[?!]?[A-Za-z0-9_.]+|\S""")

_OPERAND = {"TEXT", "NUMBER", "TRUE", "FALSE", "NULL", "VARIABLE", "SYSTEM"}
_SHOWN = {"LPAR": "`(`", "RPAR": "`)`", "COMPARE": "a comparison such as `IS EQUAL TO`", "NULL_TEST": "",
          "VARIABLE": "a variable", "KIND": "TEXT, EMAIL, NUMBER, DATE, BOOLEAN or CHOICE"}  # fmt: skip

_HABITS = {
    ";": "steps are joined by AFTER; there are no semicolons",
    "{": "blocks are written OPEN NEST ... CLOSE NEST",
    "}": "blocks are written OPEN NEST ... CLOSE NEST",
    "[": "write NEW ARRAY OPEN NEST 1 AND 2 CLOSE NEST, and ?a(0) for an element",
    "=": "write IS EQUAL TO to compare, and SET ?name behind a step to keep its value",
    ">": "write IS GREATER THAN",
    "<": "write IS LESS THAN",
    ",": "values of a list are joined by AND",
    "+": 'arithmetic is written CALCULATE "?a + 1"; texts are joined by &',
    "*": 'arithmetic is written CALCULATE "?a * 2"',
    "/": 'comments are written (* like this *); arithmetic is written CALCULATE "?a / 2"',
    "#": "comments are written (* like this *)",
    "$": "variables are written ?name",
    "|": "OR is written as a word",
    "\u201c": 'texts stand in straight quotes: "..."',
    "\u201d": 'texts stand in straight quotes: "..."',
    "\u2018": "texts stand in straight quotes: '...'",
    "\u2019": "texts stand in straight quotes: '...'",
}
_OTHER_WORDS = {
    "THEN": "AFTER", "END": "CLOSE NEST", "PRINT": "EMIT", "ECHO": "EMIT", "LET": "SET", "ELSEIF": "ELSE IF",
    "ELIF": "ELSE IF", "BEGIN": "OPEN NEST", "SELECT": "QUERY", "CALL": "EXECUTE OPERATION", "FOR": "FOREACH",
    "EACH": "FOREACH", "NIL": "null", "NONE": "null", "TRUE": "true", "FALSE": "false", "NULL": "null",
    "DROP": "DELETE TABLE", "LEN": "LENGTH", "PARALLEL": "AND", "EQUALS": "IS EQUAL TO",
}  # fmt: skip
"""Words of other languages and what they are called here."""


def syntax_error(text: str, start: int, accepted: set[str], open_blocks: list[Token]) -> OqlError:
    """The error at a place where none of the accepted terminals stands."""
    if start >= len(text):
        return _at_end(text, accepted, open_blocks)
    character = text[start]
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
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(found)}`", place, _HABITS.get(character))


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
    if word[0].isupper() and capitals:
        return _at_keyword(word, capitals[0], accepted)
    place = Span(word.start(), word.end())
    hint = _small_word_hint(word[0].upper(), word[0], accepted)
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(word[0])}`", place, hint)


def _small_word_hint(capital: str, word: str, accepted: set[str]) -> str | None:
    if not word.isupper() and capital in _keywords():
        return f"keywords are capitals: write `{capital}`"
    if _OPERAND & accepted and "VERB" not in accepted:
        return "put text in quotes, and `?` before a variable's name"
    guess = nearest(capital, _keywords()) if "VERB" in accepted else None
    return f"did you mean `{guess}`?" if guess else None


def _at_keyword(word: re.Match[str], capitals: str, accepted: set[str]) -> OqlError:
    known = _keywords()
    place = Span(word.start(), word.end())
    if word[0] in known:
        closing = "CLOSE NEST closes no block here" if capitals.startswith("CLOSE NEST") else None
        found = next((k for k in _phrases() if " ".join(capitals.split()).startswith(k)), word[0])
        place = Span(word.start(), word.start() + (len(found) if capitals.startswith(found) else len(word[0])))
        return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{found}`", place, closing)
    guess = _OTHER_WORDS.get(word[0]) or nearest(" ".join(capitals.split()[:2]), _phrases()) or nearest(word[0], known)
    meant = f"did you mean `{guess}`?" if guess else None
    kind = "a verb" if "VERB" in accepted else "a word of the language"
    return OqlError(Code.PARSE_ERROR, f"`{shorten(word[0])}` is not {kind}", place, meant)


def _phrases() -> list[str]:
    from oql.parser import keywords  # the parser words its errors here

    return sorted([*verbs.table(), *keywords()], key=len, reverse=True)


def _keywords() -> set[str]:
    return {word for phrase in _phrases() for word in phrase.split()}


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
