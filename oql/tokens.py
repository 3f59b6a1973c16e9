"""The tokens of a program as the parser reads them, the comments between them, and what may come next."""

import re
from dataclasses import dataclass
from functools import cache

from lark.exceptions import UnexpectedInput, UnexpectedToken

from oql.parser import parser

COMMENT = re.compile(r"\(\*[\s\S]*?\*\)")

_LAST_CONNECTOR = re.compile(r"(AND|OR)\b(?:\s|\(\*[\s\S]*?\*\))*\Z")

VERBATIM = frozenset({"TEXT", "VARIABLE", "SYSTEM"})
"""Kinds of tokens whose inside is not to be touched."""

END = "$END"
"""Among what is accepted: the program may end here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: the grammar's name for it, its text, and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def written(self) -> str:
        """The token as it is best written: words of a keyword with one blank between them."""
        return self.text if self.kind in VERBATIM else " ".join(self.text.split())


@dataclass(frozen=True, slots=True)
class Reading:
    """A text read as far as it is a program: its tokens, the kinds that may follow, and where reading broke off."""

    tokens: list[Token]
    accepted: frozenset[str]
    broken_at: int | None = None


def read(text: str) -> Reading:
    """Reads a program, or the beginning of one."""
    reading = _read(text)
    joined_at = reading.broken_at
    if reading.tokens and reading.tokens[-1].kind in ("_ALSO", "_OR_ALSO"):
        joined_at = reading.tokens[-1].start
    connector = _LAST_CONNECTOR.match(text, joined_at) if joined_at is not None else None
    return _joining(text, connector, reading) if connector else reading


def _read(text: str) -> Reading:
    found: list[Token] = []
    reading = parser().parse_interactive(text)
    try:
        found.extend(
            Token(token.type, str(token), token.start_pos or 0, token.end_pos or 0) for token in reading.iter_parse()
        )
        return Reading(found, frozenset(reading.accepts()))
    except UnexpectedToken as error:
        return Reading(found[:-1], frozenset(), error.token.start_pos)
    except UnexpectedInput as error:
        return Reading(found, frozenset(), error.pos_in_stream)


def _joining(text: str, connector: re.Match[str], reading: Reading) -> Reading:
    """A text that ends with AND or OR: the lexer takes it for a list's, though a step may be meant to follow."""
    before = _read(text[: connector.start()])
    kind = "_AND" if connector[1] == "AND" else "OR"
    if kind not in before.accepted:
        return reading
    token = Token(kind, connector[1], connector.start(), connector.end(1))
    return Reading([*before.tokens, token], reading.accepted | _read("").accepted - {END})


def unfinished(text: str) -> bool:
    """Whether a text is the beginning of a program: an open block, text or comment, or a step still to come."""
    reading = read(text)
    if reading.broken_at is None:
        return END not in reading.accepted
    return text.startswith(("(*", '"', "'", "`"), reading.broken_at) and not _closed(text, reading.broken_at)


def _closed(text: str, start: int) -> bool:
    """Whether the text or comment that begins here ends; then it only stands in a wrong place."""
    return any(re.compile(terminal).match(text, start) for terminal in patterns("TEXT", "COMMENT"))


@cache
def patterns(*kinds: str) -> tuple[str, ...]:
    """The regular expressions of the grammar's terminals of these kinds."""
    return tuple(terminal.pattern.to_regexp() for terminal in parser().terminals if terminal.name in kinds)


def pieces(text: str, tokens: list[Token]) -> list[tuple[str, str]]:
    """The tokens of a text and its comments in order, each as kind and text: what a layout must not change."""
    found = []
    end = 0
    for token in tokens:
        found += [("COMMENT", comment) for comment in COMMENT.findall(text, end, token.start)]
        found.append((token.kind, token.written))
        end = token.end
    return found + [("COMMENT", comment) for comment in COMMENT.findall(text, end)]
