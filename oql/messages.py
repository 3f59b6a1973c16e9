"""Words a syntax error: what was expected at a place, what stands there, and what to write instead."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice

from lark import Token

from oql import verbs
from oql.conditions import NULL_TESTS, OPERATORS
from oql.errors import Code, Fix, OqlError, Span, expected, nearest, unknown
from oql.habits import FIELDS, SIGNS, WORDS, is_habit, synonym
from oql.people.answers import KINDS
from oql.verbs.declare import MODIFIERS, Verb

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = re.compile(r"\b[A-Za-z_]+\b")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]{0,40}(?:\s{1,9}[A-Z][A-Z0-9_]{0,40}){0,3}")
_CHUNK = re.compile(r""""[^"]*"?|'[^']*'?|`[^`]*`?|[?!]?[A-Za-z0-9_.]+|\S""")

_TEXT_OR_COMMENT = re.compile(
    "|".join([rf"{quote}[^{quote}\\]*(?:\\[\s\S][^{quote}\\]*)*{quote}" for quote in "\"'`"] + [r"\(\*[\s\S]*?\*\)"])
)

_NESTS = re.compile(rf"{_TEXT_OR_COMMENT.pattern}|\b(?P<open>OPEN\s+NEST)\b|\b(?P<close>CLOSE\s+NEST)\b")

_BEFORE_END = "write it before CLOSE NEST"

_OPERAND = {"TEXT", "NUMBER", "TRUE", "FALSE", "NULL", "VARIABLE", "SYSTEM"}
_SHOWN = {"LPAR": "`(`", "RPAR": "`)`", "VERB_OR_COMPARE": "", "AMPERSAND": "", "NULL_TEST": "",
          "COMPARE": "a comparison such as `IS EQUAL TO`",
          "VARIABLE": "a variable", "KIND": "a kind of field such as TEXT"}  # fmt: skip


UNCLOSED = "the block that begins here has no end"

_FIELD = 'a field is written ?name FORMAT TEXT AS "Name"'


def syntax_error(
    text: str,
    start: int,
    accepted: set[str],
    open_blocks: list[Token],
    verb: Verb | None = None,
    in_field: bool = False,
) -> OqlError:
    """The error at a place where none of the accepted terminals stands.

    `verb`: whose step it is in; `in_field`: whether it is in a form, where a field is not complete.
    """
    error = _syntax_error(text, start, accepted, open_blocks, verb)
    if accepted == {"FORMAT"} and not error.ideas:
        error.hint = f"{_FIELD}; {_kinds()}"
    elif in_field and error.hint == _BEFORE_END:
        error.hint = _FIELD
    return error


def _syntax_error(text: str, start: int, accepted: set[str], open_blocks: list[Token], verb: Verb | None) -> OqlError:
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
        return _at_word(text, word, accepted, open_blocks, verb)
    chunk = _CHUNK.match(text, start)
    found = chunk[0] if chunk else character
    place = Span(start, start + len(found))
    shown = f"`{shorten(found)}`" if character.isprintable() else f"the character U+{ord(character):04X}"
    return expected(Code.PARSE_ERROR, _wanted(accepted), shown, place, SIGNS.get(character))


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
        place, end = _unclosed_block(text, open_blocks[-1])
        behind = f"\n{_indent(text, place.start)}" if "\n" in text[place.start : end].strip() else " "
        ideas = (Fix(Span(end, end), f"{behind}CLOSE NEST"),)
        return OqlError(Code.PARSE_ERROR, UNCLOSED, place, "add CLOSE NEST behind its last step", ideas=ideas)
    end = len(text.rstrip())
    return expected(Code.PARSE_ERROR, _wanted(accepted), "the end of the program", Span(end, end))


def _unclosed_block(text: str, outermost: Token) -> tuple[Span, int]:
    """Where the block begins that lacks its end, and where the end is to stand.

    A CLOSE NEST that begins its line further left than the line of the block it would close, tells which one it is.
    """
    waiting: list[re.Match[str]] = []
    for mark in _NESTS.finditer(text):
        if mark["open"]:
            waiting.append(mark)
        elif mark["close"] and waiting:
            indent = _indent(text, mark.start())
            if (
                _begins_line(text, mark.start())
                and len(waiting) > 1
                and len(indent) < len(_indent(text, waiting[-1].start()))
            ):
                return Span(waiting[-1].start(), waiting[-1].end()), _behind_block(text, waiting[-1], mark.start())
            waiting.pop()
    if not waiting:
        return Span(outermost.start_pos or 0, outermost.end_pos or 0), len(text.rstrip())
    return Span(waiting[-1].start(), waiting[-1].end()), _behind_block(text, waiting[-1], len(text))


def _behind_block(text: str, begin: re.Match[str], end: int) -> int:
    """The end of the last line that is indented more than the one with the beginning of the block."""
    outside = len(_indent(text, begin.start()))
    at = text.find("\n", begin.end(), end)
    while at != -1:
        line = text[at + 1 : end].split("\n", 1)[0]
        if line.strip() and len(line) - len(line.lstrip()) <= outside:
            return len(text[:at].rstrip())
        at = text.find("\n", at + 1, end)
    return len(text[:end].rstrip())


def _begins_line(text: str, place: int) -> bool:
    """Whether only blanks stand before a place on its line."""
    return not text[:place].rpartition("\n")[2].strip()


def _indent(text: str, place: int) -> str:
    """The blanks that the line of a place begins with."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line[: len(line) - len(line.lstrip())]


def _at_word(
    text: str, word: re.Match[str], accepted: set[str], open_blocks: list[Token], verb: Verb | None
) -> OqlError:
    capitals = _CAPITALS.match(text, word.start())
    if word[0].isupper() and capitals and "KIND" not in accepted:
        found = phrase_at(text, word.start())
        if found:
            return _misplaced(word, found, accepted, bool(open_blocks))
        return _at_keyword(text, word, " ".join(capitals[0].split()), accepted, verb)
    place = Span(word.start(), word.end())
    if "KIND" in accepted:
        return _at_kind(word[0], place)
    hint = _hint_for_word(word[0], accepted)
    guesses = _guesses(text, word.start(), verb) + _in_capitals(text, word.start())
    if hint is None and guesses and "VERB" in accepted:
        hint = f"did you mean `{guesses[0].text}`?"
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(word[0])}`", place, hint, guesses)


def _in_capitals(text: str, start: int) -> tuple[Fix, ...]:
    """The keywords that stand at a place in small letters."""
    words = list(islice(_WORDS.finditer(text, start, start + 200), 6))
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        written = " ".join(text[start:end].upper().split())
        if written in _phrases():
            return (Fix(Span(start, end), written, f"keywords are capitals: write `{written}`"),)
    return ()


def _at_kind(word: str, place: Span) -> OqlError:
    """The error at a word that is no kind of field."""
    error = unknown(Code.PARSE_ERROR, "a kind of field", word, KINDS, place, _kinds())
    meant = nearest(word, KINDS) or FIELDS.get(word.upper())
    error.ideas = (Fix(place, meant, f"did you mean `{meant}`?"),) if meant else ()
    return error


def _kinds() -> str:
    return f"FORMAT takes {_listed(KINDS)}"


def _hint_for_word(word: str, accepted: set[str]) -> str | None:
    capital = word.upper()
    if capital in WORDS and capital not in _first_words():
        return WORDS[capital]
    if "VERB" in accepted and synonym(capital):
        return f"write `{synonym(capital)}`"
    if capital in _keywords():
        return f"keywords are capitals: write `{capital}`"
    if _OPERAND & accepted and "VERB" not in accepted:
        return "put text in quotes, and `?` before a variable's name"
    return None


def _at_keyword(text: str, word: re.Match[str], capitals: str, accepted: set[str], verb: Verb | None) -> OqlError:
    """The error at a word in capitals that is none of the language."""
    place = Span(word.start(), word.end())
    wants_value = bool(_OPERAND & accepted) and "VERB" not in accepted
    hint = (
        WORDS.get(word[0])
        or _written(capitals, accepted)
        or (f'put text in quotes: "{shorten(word[0])}"' if wants_value else None)
    )
    guesses = _guesses(text, word.start(), verb)
    if hint is None and guesses:
        hint = f"did you mean `{guesses[0].text}`?"
    hint = hint or "see `oql verbs` for all verbs"
    if wants_value or "VERB" not in accepted:
        return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{shorten(word[0])}`", place, hint, guesses)
    others = [] if _begins_line(text, word.start()) else [name for name in ("MODIFIER", "COMPARE") if name in accepted]
    kinds = _listed(["verb", *({"MODIFIER": "modifier", "COMPARE": "comparison"}[name] for name in others)])
    return OqlError(Code.PARSE_ERROR, f"`{shorten(word[0])}` is not a {kinds}", place, hint, ideas=guesses)


def _written(capitals: str, accepted: set[str]) -> str | None:
    """The hint for a verb that other languages have."""
    words = capitals.split()
    meant = next(filter(None, (synonym(" ".join(words[:count])) for count in (2, 1))), None)
    return f"write `{meant}`" if meant and "VERB" in accepted else None


def _guesses(text: str, start: int, verb: Verb | None) -> tuple[Fix, ...]:
    """The phrases of the language that the words at a place resemble.

    First the modifiers that the verb must have, then its others, unless a line begins here: there a step is likelier.
    """
    modifiers = verb.modifiers if verb else {}
    required = [keyword for keyword, parameter in modifiers.items() if parameter.required]
    likely, others = _resembling(text, start, list(modifiers)), _resembling(text, start, _phrases())
    rest = others + likely if _begins_line(text, start) else likely + others
    return _resembling(text, start, required) + rest


def _resembling(text: str, start: int, phrases: Sequence[str]) -> tuple[Fix, ...]:
    """Some of the phrases that the words at a place resemble, those of most words first."""
    words = list(islice(_WORDS.finditer(text, start, start + 200), 4))
    found = []
    for count in range(len(words), 0, -1):
        end = words[count - 1].end()
        written = text[start:end].upper().split()
        if len(written) != count or (count == 1 and is_habit(written[0])):
            continue
        guess = _resembled(written, phrases)
        if guess:
            found.append(Fix(Span(start, end), guess, f"did you mean `{guess}`?"))
    return tuple(found)


def _resembled(written: list[str], phrases: Sequence[str]) -> str | None:
    """The phrase of as many words that are all alike, of one word more, or of the same letters without blanks."""
    if len(written) == 1:
        joined = {phrase.replace(" ", ""): phrase for phrase in phrases}
        guess = joined.get(written[0].replace("_", "")) or nearest(written[0], joined)
        return joined.get(guess, guess) if guess and joined.get(guess) != written[0] else None
    longer = [one for one in phrases if len(one.split()) == len(written) + 1 and set(written) < set(one.split())]
    alike = (one for one in phrases if len(one.split()) == len(written) and _alike(written, one.split()))
    return next(alike, None) or next(iter(longer), None)


def _alike(written: list[str], phrase: list[str]) -> bool:
    pairs = list(zip(written, phrase, strict=True))
    return written != phrase and all(one == other or nearest(one, [other]) for one, other in pairs)


def _misplaced(word: re.Match[str], found: str, accepted: set[str], in_block: bool) -> OqlError:
    """The error at a phrase of the language in the wrong place."""
    place = Span(word.start(), word.start() + max(len(word[0]), len(found)))
    hint = WORDS.get(found)
    if found == "CLOSE NEST":
        hint = _BEFORE_END if in_block else "CLOSE NEST closes no block here"
    elif found in MODIFIERS and "VERB" in accepted:
        hint = "modifiers stand behind a verb and its value, before SET"
    elif found in OPERATORS or found in NULL_TESTS:
        hint = "comparisons stand behind IF, WHILE and WHERE"
    elif "OPEN_NEST" in accepted and "VERB" not in accepted:
        hint = "the steps of a block stand in OPEN NEST ... CLOSE NEST"
    return expected(Code.PARSE_ERROR, _wanted(accepted), f"`{found}`", place, hint)


def phrase_at(text: str, start: int) -> str | None:
    """The verb or keyword, as a whole, that stands at a place."""
    capitals = _CAPITALS.match(text, start)
    words = " ".join(capitals[0].split()) if capitals else ""
    return next((phrase for phrase in _phrases() if f"{words} ".startswith(f"{phrase} ")), None)


def is_keyword(word: str) -> bool:
    """Whether a word in capitals belongs to the language."""
    return word in _keywords()


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
    if "COMPARE" in accepted:
        wanted.append(_SHOWN["COMPARE"])
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
