"""Colours for programs: a Pygments lexer made from the grammar's terminals, so that no word is listed twice."""

from functools import cache
from typing import Any

from pygments.lexer import RegexLexer, default
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from oql.parser import parser

_KINDS = {
    "COMMENT": Comment.Multiline,
    "SPACE": Whitespace,
    "TEXT": String,
    "NUMBER": Number,
    "VARIABLE": Name.Variable,
    "SYSTEM": Name.Variable.Magic,
    "NAME": Name.Constant,
    "COMPARE": Operator.Word,
    "NULL_TEST": Operator.Word,
    "VERB_OR_COMPARE": Operator.Word,
    "NOT": Operator.Word,
    "TRUE": Keyword.Constant,
    "FALSE": Keyword.Constant,
    "NULL": Keyword.Constant,
    "AMPERSAND": Operator,
    "LPAR": Punctuation,
    "RPAR": Punctuation,
}
"""How the grammar's terminals look; all others are keywords."""

_UNFINISHED = [(r"\(\*[\s\S]*", Comment.Multiline), (r"[\"'`][\s\S]*", String), (r"[?!]\w*", Name.Variable)]
"""What is still being typed."""

Rules = list[Any]


@cache
def lexer_class() -> type[RegexLexer]:
    """The lexer of the language. A verb that is a comparison too counts as a verb where a step may begin."""
    rules = {terminal.name: terminal.pattern.to_regexp() for terminal in _by_priority()}
    blank = [(rules[name], _KINDS[name]) for name in ("COMMENT", "SPACE")]
    verbs = [(rule, Name.Function, "rest") for name, rule in rules.items() if name.startswith("VERB")]
    others = [_rule(name, rule) for name, rule in rules.items()]
    states = {
        "root": [*blank, *verbs, default("rest")],
        "rest": [*blank, *others, *_UNFINISHED, (r"[\s\S]", Error, "#pop")],
    }
    names = {"name": "OQL", "aliases": ["oql"], "filenames": ["*.oql"]}
    return type("OqlLexer", (RegexLexer,), {**names, "tokens": states})


def _by_priority() -> list[Any]:
    """The terminals in the order in which the parser would try them."""
    return sorted(parser().terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))


def _rule(name: str, pattern: str) -> tuple[Any, ...]:
    """What a terminal looks like; behind a connector or the bound of a block a step may begin."""
    if name in ("AFTER", "_AND", "OR", "OPEN_NEST", "CLOSE_NEST"):
        return pattern, Keyword, "#pop"
    if name.startswith("VERB") and name not in _KINDS:
        return pattern, Name.Function
    return pattern, _KINDS.get(name, Keyword)
