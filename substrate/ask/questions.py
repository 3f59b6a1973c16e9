"""Reads the text of a question into a phrase, and words what is wrong with it."""

import re
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

import grammar
from substrate.ask.phrase import (
    Computed,
    Condition,
    Count,
    Direction,
    Function,
    Latest,
    Listed,
    Operator,
    Phrase,
    Ranked,
    Subject,
    Term,
    Words,
)
from substrate.errors import Invalid, shown
from substrate.names import flaw_of

LONGEST = 1_000
"""How many characters a question may have."""

MOST_ROWS = 2**53
"""The largest number of rows to ask for; a larger one in a question means this, which every JSON can say."""

FORMS = (
    "how many X [COND]",
    "count of [V] X [COND]",
    "top|bottom N X by C [asc|desc]",
    "last|first N X [COND]",
    "list|show [N] X [COND]",
    "total|average|minimum|maximum C of X [COND]",
)
"""What can be asked: X is a table, V a status of its rows, C a column, N a number."""

CONDITION = "[where|with] C is|is not|more than|less than|at least|at most|over|under|contains V {and ...}"
"""What COND is in the forms."""

_QUOTED_OR_SPACE = re.compile(
    r"""(?:(?<=[\s,=<>])|^)(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\u2018[^\u2019]*\u2019)|\u201c[^\u201d]*\u201d|(\s+)""",
    re.DOTALL,
)
_MARKS = " ?!.\uff1f\uff01\u3002"
"""What may stand at the end of a question and says nothing: also the wide forms of other scripts."""

_BEGINNING = re.compile(r"(?:how many|count of|number of|show me|\S+)(?!\S)", re.IGNORECASE)
_ESCAPED = re.compile(r"""\\(["'\\])""")
_FOUND = re.compile(r"[^\s,]+")
_FUNCTIONS: dict[str, tuple[str, Function]] = {
    "TOTAL": ("total", "sum"),
    "AVERAGE": ("average", "avg"),
    "MINIMUM": ("minimum", "min"),
    "MAXIMUM": ("maximum", "max"),
}


def normalised(text: str) -> str:
    """A question in one way to write it: without spaces that say nothing and the mark at its end. Raises Invalid.

    Case is left alone but in the words that it begins with: values are what they are.
    """
    if len(text) > LONGEST:
        raise Invalid(f"a question has at most {LONGEST:,} characters, this one {len(text):,}")
    if flaw := flaw_of(text):
        raise Invalid(f"a question cannot hold {flaw}")
    spaced = _QUOTED_OR_SPACE.sub(lambda match: " " if match[1] else match[0], text)
    return _BEGINNING.sub(lambda match: match[0].lower(), spaced.strip().rstrip(_MARKS), count=1)


def read(text: str) -> Phrase:
    """What a normalised question says. Raises Invalid with the known `forms`."""
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise _refused(error, text) from None
    return _Build(text).transform(tree)


@cache
def _parser() -> Lark:
    return Lark(grammar.read("ask"), parser="lalr", maybe_placeholders=True)


class _Build(Transformer[Token, Phrase]):
    """Lark calls these with a rule's children, from the leaves up."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def count(self, children: list[Any]) -> Count:
        return Count(*children)

    def ranked(self, children: list[Any]) -> Ranked:
        rank, n, noun, key, direction, conditions = children
        given = direction or ("desc" if rank[0] in "tT" else "asc")
        return Ranked(n, Subject(noun, conditions or ()), key, _direction(given))

    def latest(self, children: list[Any]) -> Latest:
        end, n, subject = children
        return Latest(n, subject, "desc" if end[0] in "lL" else "asc")

    def listed(self, children: list[Any]) -> Listed:
        return Listed(*children)

    def computed(self, children: list[Any]) -> Computed:
        (word, function), measure, subject = children
        return Computed(word, function, measure, subject)

    def subject(self, children: list[Any]) -> Subject:
        noun, conditions = children
        return Subject(noun, conditions or ())

    def unmarked_subject(self, children: list[Any]) -> Subject:
        noun, (operator, value), *others = children
        return Subject(noun, (Condition((), operator, value), *others), unmarked=True)

    def conditions(self, children: list[Condition]) -> tuple[Condition, ...]:
        return tuple(children)

    def condition(self, children: list[Any]) -> Condition:
        column, (operator, value) = children
        return Condition(column, operator, value)

    def comparison(self, children: list[Any]) -> tuple[Operator, Term]:
        operator, value = children
        return operator, value

    def operator(self, children: list[Token]) -> Operator:
        return Operator[children[0].type]

    def function(self, children: list[Token]) -> tuple[str, Function]:
        return _FUNCTIONS[children[0].type]

    def noun(self, children: list[Token]) -> Words:
        return tuple(
            Term(_unquoted(token), quoted=True) if token.type == "QUOTED" else Term(str(token)) for token in children
        )

    key = measure = column = noun

    def quoted(self, children: list[Token]) -> Term:
        return Term(_unquoted(children[0]), quoted=True)

    def bare(self, children: list[Token]) -> Term:
        # As it was written: `Paris, France` has its comma.
        return Term(self._text[children[0].start_pos : children[-1].end_pos])

    def N(self, token: Token) -> int:  # noqa: N802 -- the terminal's name
        return min(int(token.replace(",", "")), MOST_ROWS)


def _direction(word: str) -> Direction:
    return "desc" if word.lower().startswith("d") else "asc"


def _unquoted(token: Token) -> str:
    return _ESCAPED.sub(r"\1", token[1:-1])


def _refused(error: UnexpectedInput, text: str) -> Invalid:
    accepted: set[str] = set()
    at: int = error.pos_in_stream or 0  # type: ignore[redundant-expr]  # lark's stubs say int, its end of input has None
    if isinstance(error, UnexpectedToken):
        accepted = set(error.expected)
        at = len(text) if error.token.type == "$END" else at
    elif isinstance(error, UnexpectedCharacters):
        accepted = set(error.allowed or ())
    match = _FOUND.search(text, at)
    found = shown(match[0]) if match else "the end"
    return unreadable(f"expected {_wanted(accepted)}, found {found}")


def _wanted(accepted: set[str]) -> str:
    for terminal, words in _WANTED.items():
        if terminal in accepted:
            return words
    return "the end"


def unreadable(message: str) -> Invalid:
    """The refusal of a question that is none of the known forms."""
    forms = "; ".join(f"`{form}`" for form in FORMS)
    return Invalid(f"{message}; what can be asked is {forms}, where COND is `{CONDITION}`", forms=list(FORMS))


_WANTED = {
    "_COUNT": "the beginning of a question",
    "_BY": "`by` and a column",
    "_OF": "`of` and a table",
    "_AND": "`and` or the end",
    "_WHERE": "a condition or the end",
    "IS": "a comparison",
    "QUOTED": "a name or a value",
    "WORD": "a name",
    "N": "a number",
}
"""What to call the terminals of a state: the first of these that it accepts says most."""
