"""From text to tree. After an error it goes on behind the broken step, so that all errors show at once."""

import re
from functools import cache
from itertools import pairwise
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_analysis import Shift

from oql import ast, grammar, verbs
from oql.build import Build, words
from oql.conditions import NULL_TESTS, OPERATORS
from oql.errors import Code, OqlError, Span
from oql.verbs.declare import MODIFIERS, Verb

MAX_ERRORS = 50
"""How many errors one program reports; more would only bury the first."""

_SKIPPED_TEXT = "|".join(
    [rf"{quote}[^{quote}\\]*(?:\\[\s\S][^{quote}\\]*)*(?:{quote}|\Z)" for quote in "\"'`"]
    + [r"\(\*(?:[\s\S]*?\*\)|[\s\S]*)"]  # one without an end reaches to the end: no second look at the same text
)
_LANDMARK = re.compile(
    _SKIPPED_TEXT + r"|\b(?P<open>OPEN\s+NEST)\b|\b(?P<close>CLOSE\s+NEST)\b"
    r"|\b(?P<join>AFTER|(?:AND|OR)(?=\s+(?!NOT\b)[A-Z]{2}))\b"
    r"|(?<=\n)[ \t]*(?P<verb>(?!(?:AFTER|AND|OR|OPEN|CLOSE)\b)[A-Z]{2,})\b"
)


@cache
def parser() -> Lark:
    """The parser of the language; its tables are built or read once a process."""
    return grammar.load("oql", grammar.declared_terminals(), lexer="contextual", transformer=Build())


@cache
def keywords() -> list[str]:
    """The statement words, such as `OPEN NEST`, as the grammar names them."""
    return grammar.keywords(parser())


def parse(text: str, most: int = MAX_ERRORS) -> tuple[ast.Program, list[OqlError]]:
    """The tree of a program and its syntax errors in order; with errors the tree has `Broken` steps in their places.

    It is read up to the error of the number `most`.
    """
    recovery = _Recovery(text, most)
    unreadable = re.search("[\ud800-\udfff]", text)
    if unreadable:
        place = Span(unreadable.start(), unreadable.end())
        return ast.Program(), [OqlError(Code.PARSE_ERROR, "half of a surrogate pair is not a character", place)]
    try:
        tree: Any = parser().parse(text, on_error=recovery)
    except UnexpectedInput:
        tree = ast.Program()
    return tree, recovery.errors


_CAPITALS = re.compile(r"[A-Z]{2,}\b")
_ANYTHING = re.compile(r"\w+|[\s\S]")
_END_MEANT = re.compile(r"(?i)(?:end|close)\w*\b|\}")
_CLOSING = re.compile(r"CLOSE\s+NEST\b")


@cache
def _inner_words() -> frozenset[str]:
    """The words that no step begins with."""
    inner = {word for phrase in (*keywords(), *MODIFIERS, *OPERATORS, *NULL_TESTS) for word in phrase.split()}
    steps = {"IF", "SWITCH", "WHILE", "FOREACH", "RETURN", "EXIT"}
    return frozenset(inner - steps - {name.split()[0] for name in verbs.table()})


def _begins_step(word: str | None) -> bool:
    """Whether a word in capitals is, or was perhaps meant to be, the beginning of a step."""
    return word is not None and word not in _inner_words()


class _Recovery:
    """Notes an error, drops the unfinished step, and lets Lark go on at the next connector or block end."""

    def __init__(self, text: str, most: int) -> None:
        self.text = text
        self.most = most
        self.errors: list[OqlError] = []
        self.resumed_at = -1

    def __call__(self, error: UnexpectedInput) -> bool:
        from oql import messages

        start = _place(error, self.text)
        accepted = _accepted(error)
        verb = _verb_of_step(error) if "MODIFIER" in accepted else None
        found = messages.syntax_error(self.text, start, accepted, _open_blocks(error), verb)
        said = found.message == messages.UNCLOSED and any(_ends_meant(self.text, error) for error in self.errors)
        if not said and (not self.errors or self.errors[-1].span != found.span):
            self.errors.append(found)
        if start >= len(self.text) or len(self.errors) >= self.most:
            return False
        word = _CAPITALS.match(self.text, start)
        dropped = 0 if word and _begins_step(word[0]) and _step_is_complete(error) else _unwind(error)
        if dropped is None:
            return False
        readable = isinstance(error, UnexpectedToken) and start != self.resumed_at
        begin = start if readable else _behind_word(self.text, start)
        self.resumed_at = self._next_landmark(begin, dropped)
        _go_on(error, self.resumed_at)
        return True

    def _next_landmark(self, start: int, depth: int) -> int:
        """Where a connector, a line with a step or the end of the block stands, blocks inside passed over.

        `depth` counts the blocks whose beginning was dropped with the step.
        """
        closing = _CLOSING.match(self.text, start)
        if closing and not depth:
            start = closing.end()  # one that closes nothing, else it would not be an error
        for match in _LANDMARK.finditer(self.text, start):
            if match["open"]:
                depth += 1
            elif match["close"]:
                if depth == 0:
                    return match.start()
                depth -= 1
            elif depth == 0 and (match["join"] or _begins_step(match["verb"])):
                return match.start()
        return len(self.text)


def _ends_meant(text: str, error: OqlError) -> bool:
    """Whether an error stands at a word or sign that ends blocks elsewhere."""
    return error.span is not None and bool(_END_MEANT.match(text, error.span.start))


def _place(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text)
    position = error.token.start_pos if isinstance(error, UnexpectedToken) else error.pos_in_stream
    return position or 0


def _accepted(error: UnexpectedInput) -> set[str]:
    """The terminals that may stand at the place of the error."""
    return set(error.interactive_parser.accepts())


def _verb_of_step(error: UnexpectedInput) -> Verb | None:
    """The verb whose step is being read. Behind a value, a word that is also a verb stands as a comparison."""
    read = [None, *error.interactive_parser.parser_state.value_stack]
    for before, value in reversed(list(pairwise(read))):
        if isinstance(value, Token) and value.type.startswith("VERB") and not isinstance(before, ast.Operand):
            return verbs.table()[words(value)]
    return None


def _open_blocks(error: UnexpectedInput) -> list[Token]:
    """The OPEN NEST tokens that have no CLOSE NEST yet, outermost first."""
    state = error.interactive_parser.parser_state
    return [value for value in state.value_stack if isinstance(value, Token) and value.type == "OPEN_NEST"]


def _behind_word(text: str, start: int) -> int:
    word = _ANYTHING.match(text, start)
    return word.end() if word else start + 1


def _step_is_complete(error: UnexpectedInput) -> bool:
    state = error.interactive_parser.parser_state
    return "BROKEN" in state.parse_conf.parse_table.states[state.position]


def _unwind(error: UnexpectedInput) -> int | None:
    """Drops what was read of the step; the number of blocks that were open in it, None when nothing can go on."""
    state = error.interactive_parser.parser_state
    table = state.parse_conf.parse_table.states
    dropped = 0
    while table[state.position].get("BROKEN", (None,))[0] is not Shift:
        state.state_stack.pop()
        if not state.value_stack or not state.state_stack:
            return None
        value = state.value_stack.pop()
        dropped += isinstance(value, Token) and value.type == "OPEN_NEST"
    return dropped


def _go_on(error: UnexpectedInput, resume: int) -> None:
    """Puts BROKEN in the place of the step, and sets the lexer to `resume`."""
    interactive = error.interactive_parser
    place = Token("BROKEN", "", start_pos=resume, end_pos=resume)
    interactive.feed_token(place)
    lexer = interactive.lexer_thread.state
    assert lexer is not None
    lexer.line_ctr.char_pos = resume
    lexer.last_token = place
