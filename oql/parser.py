"""From text to tree. After an error it goes on behind the broken step, so that all errors show at once."""

import re
from functools import cache
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from oql import ast, grammar, messages, verbs
from oql.build import Build
from oql.errors import Code, OqlError, Span

MAX_ERRORS = 50
"""How many errors one program reports; more would only bury the first."""

_SKIPPED_TEXT = "|".join(
    [rf"{quote}[^{quote}\\]*(?:\\[\s\S][^{quote}\\]*)*{quote}" for quote in "\"'`"] + [r"\(\*[\s\S]*?\*\)"]
)
_LANDMARK = re.compile(
    _SKIPPED_TEXT + r"|\b(?P<open>OPEN\s+NEST)\b|\b(?P<close>CLOSE\s+NEST)\b"
    r"|\b(?P<join>AFTER|(?:AND|OR)(?=\s+(?!NOT\b)[A-Z]{2}))\b|(?<=\n)[ \t]*(?P<verb>[A-Z]{2,})\b"
)


@cache
def parser() -> Lark:
    """The parser of the language; its tables are built or read once a process."""
    return grammar.load("oql", grammar.declared_terminals(), lexer="contextual", transformer=Build())


@cache
def keywords() -> list[str]:
    """The statement words, such as `OPEN NEST`, as the grammar names them."""
    return grammar.keywords(parser())


def parse(text: str) -> tuple[ast.Program, list[OqlError]]:
    """The tree of a program and its syntax errors in order; with errors the tree has `Broken` steps in their places."""
    recovery = _Recovery(text)
    unreadable = re.search("[\ud800-\udfff]", text)
    if unreadable:
        place = Span(unreadable.start(), unreadable.end())
        return ast.Program(), [OqlError(Code.PARSE_ERROR, "half of a surrogate pair is not a character", place)]
    try:
        tree: Any = parser().parse(text, on_error=recovery)
    except UnexpectedInput:
        tree = ast.Program()
    return tree, recovery.errors


@cache
def _first_words() -> frozenset[str]:
    """The words that a step may begin with; one at the beginning of a line is where reading goes on."""
    statements = {"IF", "SWITCH", "WHILE", "FOREACH", "RETURN", "EXIT"}
    return frozenset(name.split()[0] for name in verbs.table()) | statements


class _Recovery:
    """Notes an error, drops the unfinished step, and lets Lark go on at the next connector or block end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.errors: list[OqlError] = []
        self.resumed_at = -1

    def __call__(self, error: UnexpectedInput) -> bool:
        start = _place(error, self.text)
        found = messages.syntax_error(self.text, start, _accepted(error), _open_blocks(error))
        if not self.errors or self.errors[-1].span != found.span:
            self.errors.append(found)
        if start >= len(self.text) or len(self.errors) >= MAX_ERRORS:
            return False
        resume = self._next_landmark(max(start, self.resumed_at + 1))
        self.resumed_at = resume
        return _go_on(error, resume)

    def _next_landmark(self, start: int) -> int:
        """Where a connector, a line with a step or the end of the block stands, nested blocks passed over."""
        depth = 0
        for match in _LANDMARK.finditer(self.text, start):
            if match["open"]:
                depth += 1
            elif match["close"]:
                if depth == 0:
                    return match.start()
                depth -= 1
            elif depth == 0 and (match["join"] or match["verb"] in _first_words()):
                return match.start()
        return len(self.text)


def _place(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    position = error.token.start_pos if isinstance(error, UnexpectedToken) else error.pos_in_stream
    return position or 0


def _accepted(error: UnexpectedInput) -> set[str]:
    """The terminals that the parser's state knows at the place of the error."""
    interactive = error.interactive_parser
    return {name for name in interactive.choices() if name.isupper() or name.startswith("_")}


def _open_blocks(error: UnexpectedInput) -> list[Token]:
    """The OPEN NEST tokens that have no CLOSE NEST yet, outermost first."""
    state = error.interactive_parser.parser_state
    return [value for value in state.value_stack if isinstance(value, Token) and value.type == "OPEN_NEST"]


def _go_on(error: UnexpectedInput, resume: int) -> bool:
    """Unwinds to where a step may begin, puts BROKEN there, and sets the lexer to `resume`."""
    interactive = error.interactive_parser
    state = interactive.parser_state
    table = state.parse_conf.parse_table.states
    while table[state.position].get("BROKEN", (None,))[0] is not Shift:
        state.state_stack.pop()
        if not state.value_stack or not state.state_stack:
            return False
        state.value_stack.pop()
    place = Token("BROKEN", "", start_pos=resume, end_pos=resume)
    interactive.feed_token(place)
    lexer = interactive.lexer_thread.state
    assert lexer is not None
    lexer.line_ctr.char_pos = resume
    lexer.last_token = place
    return True
