"""From text to tree. After an error it goes on behind the mistake or the step, so that all errors show at once."""

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
_LANDMARK = (
    _SKIPPED_TEXT + r"|\b(?P<open>OPEN\s+NEST)\b|\b(?P<close>CLOSE\s+NEST)\b"
    r"|\b(?P<join>AFTER|(?:AND|OR)(?=\s+(?!NOT\b)[A-Z]{2}))\b"
    r"|(?<=\n)[ \t]*(?P<line>(?!(?:AFTER|AND|OR|OPEN|CLOSE)\b)[A-Z]{2,})\b"
)
_VALUE_END = re.compile(r"(?:[\"'`]|(?<!\*)\)|(?<![\w.])(?:[?!]?[A-Za-z_]\w*|-?[\d.]+))\s+\Z")
_NO_VALUE = re.compile(r"(?<![\w?!])(?!(?:true|false|null|NEST)\b)[A-Za-z_]\w*\s+\Z")

_NULL = ("NULL", "null")
_CONDITION = (_NULL, ("NULL_TEST", "IS NULL"))
_REST_OF_HEAD = {
    "IF": _CONDITION, "IF_SOME": _CONDITION, "ELSE_IF": _CONDITION, "WHILE": _CONDITION, "WHILE_SOME": _CONDITION,
    "ELSE": (), "SWITCH": (_NULL,), "CASE": (_NULL,), "FOREACH": (_NULL, ("AS", "AS"), ("VARIABLE", "?item")),
}  # fmt: skip
"""What takes the place of what could not be read between a word and its block."""


@cache
def parser() -> Lark:
    """The parser of the language; its tables are built or read once a process."""
    return grammar.load("oql", grammar.declared_terminals(), lexer="contextual", transformer=Build())


@cache
def keywords() -> list[str]:
    """The statement words, such as `OPEN NEST`, as the grammar names them."""
    return grammar.keywords(parser())


def parse(text: str, most: int = MAX_ERRORS) -> tuple[ast.Program, list[OqlError]]:
    """The tree of a program and its syntax errors in order; with errors the tree has stand-ins in their places.

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


@cache
def _landmarks() -> re.Pattern[str]:
    """What reading can go on at; `step` is one whose verb does not begin its line."""
    no_value = sorted(
        (word.replace(" ", r"\s+") for word in (*MODIFIERS, *(name.split()[0] for name in OPERATORS))),
        key=len,
        reverse=True,
    )
    names = sorted((name.replace(" ", r"\s+") for name in (*verbs.table(), "RETURN")), key=len, reverse=True)
    value = r"\s*(?:[\"'`?!]|-?\d|(?:true|false|null|OPEN\s+NEST|SET\s+\?\w+)\b)"
    heads = r"(?:IF|WHILE|FOREACH|SWITCH)\b(?=[^\n]*\bOPEN\s+NEST\b)"
    step = rf"\b(?!(?:{'|'.join(no_value)})\b)(?P<step>(?:{'|'.join(names)})\b(?={value})|{heads}|EXIT\s+ALL\b)"
    return re.compile(f"{_LANDMARK}|{step}")


_CAPITALS = re.compile(r"[A-Z]{2,}\b")
_ANYTHING = re.compile(r"\w+|[\s\S]")
_STATEMENTS = frozenset({"IF", "SWITCH", "WHILE", "FOREACH", "RETURN", "EXIT"})
_END_MEANT = re.compile(r"(?i)(?:end|close)\w*\b|\}")
_CLOSING = re.compile(r"CLOSE\s+NEST\b")
_FIRST_INSIDE = re.compile(r"OPEN\s+NEST(?:\s|\(\*[\s\S]*?\*\))*+(?P<word>[A-Z]{2,}\b)?")
_NEST_MEANT = {
    "OPEN_NEST": re.compile(r"(?i)(?!close\b)(?:[a-z]+\s+)?nests?\b|open\s+n[a-z]*t\b"),
    "CLOSE_NEST": re.compile(r"(?i)c[a-z]*\s+nests?\b|close\s+n[a-z]*t\b|close\b(?!\s+(?:all|close)\b)"),
}
_KIND_MEANT = re.compile(r"(?!AS\b)\w+|(?=AS\b)")


@cache
def _inner_words() -> frozenset[str]:
    """The words that no step begins with."""
    inner = {word for phrase in (*keywords(), *MODIFIERS, *OPERATORS, *NULL_TESTS) for word in phrase.split()}
    return frozenset(inner - _first_words())


def _begins_step(word: str | None) -> bool:
    """Whether a word in capitals is, or was perhaps meant to be, the beginning of a step."""
    return word is not None and word not in _inner_words()


class _Recovery:
    """Notes an error, and lets Lark go on behind it.

    Where the block of a broken head follows, that is read, with the head as one that has no mistakes. Else the
    unfinished step is dropped, and the next connector, step or block end is looked for.
    """

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
        found = messages.syntax_error(self.text, start, accepted, _open_blocks(error), verb, _in_field(error))
        said = found.message == messages.UNCLOSED and any(_ends_meant(self.text, error) for error in self.errors)
        if not said and (not self.errors or self.errors[-1].span != found.span):
            self.errors.append(found)
        if start >= len(self.text) or len(self.errors) >= self.most:
            return False
        readable = isinstance(error, UnexpectedToken) and start != self.resumed_at
        begin = start if readable else _behind_word(self.text, start)
        return (
            self._kind(error, start, accepted)
            or self._nest(error, start, accepted)
            or self._inside(error, begin, accepted)
            or self._behind(error, start, begin, accepted)
        )

    def _kind(self, error: UnexpectedInput, start: int, accepted: set[str]) -> bool:
        """Goes on behind a word that is no kind of field, if it stands for one."""
        from oql.messages import phrase_at

        word = _KIND_MEANT.match(self.text, start) if "KIND" in accepted else None
        if not word or start == self.resumed_at or (word[0] and phrase_at(self.text, start)):
            return False
        labelled = re.compile(r"\s*AS\b").match(self.text, word.end())
        self._go_on(error, word.end(), ("KIND", "TEXT" if labelled else "CHOICE"))
        return True

    def _nest(self, error: UnexpectedInput, start: int, accepted: set[str]) -> bool:
        """Goes on behind OPEN NEST or CLOSE NEST with a mistake in it."""
        for kind, pattern in _NEST_MEANT.items():
            meant = pattern.match(self.text, start) if kind in accepted and start != self.resumed_at else None
            if meant:
                self._go_on(error, meant.end(), (kind, kind.replace("_", " ")))
                return True
        return False

    def _inside(self, error: UnexpectedInput, begin: int, accepted: set[str]) -> bool:
        """Goes on in the block whose head is being read, if it follows."""
        kept = _head(error)
        mark = self._next_landmark(begin, blocks=True, in_head=kept is not None)
        if not mark or not mark["open"]:
            return False
        place, cases = mark.start("open"), _word_inside(self.text, mark.start("open")) in ("CASE", "DEFAULT")
        if kept is None:
            return self._inside_unknown(error, begin, place, cases, accepted)
        count, head = kept
        if head == "ELSE":
            return self._inside_else(error, place, count)
        if cases != (head == "SWITCH"):
            return False
        _drop(error, count)
        self._go_on(error, place, *_REST_OF_HEAD[head])
        return True

    def _inside_else(self, error: UnexpectedInput, place: int, count: int) -> bool:
        """Goes on in the block of ELSE, which may be meant as one of ELSE IF."""
        _drop(error, count + 1)
        more = "ELSE_IF" in _accepted(error)
        self._go_on(error, place, *((("ELSE_IF", "ELSE IF"), *_CONDITION) if more else (("ELSE", "ELSE"),)))
        return True

    def _inside_unknown(self, error: UnexpectedInput, begin: int, place: int, cases: bool, accepted: set[str]) -> bool:
        """Goes on in a block of steps or cases without a head that could be read."""
        if not cases and _word_inside(self.text, place) not in _first_words():
            return False
        behind = self._behind_block(place)
        if behind is None or _begins_rest(self.text, behind):
            return False
        if "CASE" in accepted and not cases:
            self._go_on(error, place, ("CASE", "CASE"), _NULL)
            return True
        count, blocks = (0, 0) if _is_behind_block(error) and "IF" in accepted else _read_of_step(error)
        if blocks or _is_behind_block(error) > ("IF" in accepted) or _in_body(error):
            return False
        if re.search(r"\b(?:CASE|DEFAULT)\b", self.text[begin:place]):
            return False
        _drop(error, count)
        self._go_on(error, place, *((("SWITCH", "SWITCH"), _NULL) if cases else (("IF", "IF"), *_CONDITION)))
        return True

    def _behind(self, error: UnexpectedInput, start: int, begin: int, accepted: set[str]) -> bool:
        """Goes on behind the step, with `Broken` in its place."""
        word = _CAPITALS.match(self.text, start)
        compares = "COMPARE" in accepted or _head(error) is not None
        complete = word and _begins_step(word[0]) and _step_is_complete(error)
        count, dropped = (0, 0) if complete else _read_of_step(error)
        if dropped is None:
            return False
        _drop(error, count)
        closing = _CLOSING.match(self.text, begin)
        if closing and not dropped and not _open_blocks(error):
            begin = closing.end()
        mark = self._next_landmark(begin, dropped, no_step=start if compares else -1)
        self._go_on(error, mark.start() if mark else len(self.text), ("BROKEN", ""))
        return True

    def _next_landmark(
        self, start: int, depth: int = 0, *, blocks: bool = False, in_head: bool = False, no_step: int = -1
    ) -> re.Match[str] | None:
        """The next connector, step or end of the block, and with `blocks` also the beginning of a block.

        `depth` counts the blocks whose beginning was dropped with the step. Behind the head of a block that is being
        read no step stands on the same line, and AND and OR join conditions; at `no_step` none stands either.
        """
        for match in _landmarks().finditer(self.text, start):
            if match["open"]:
                if blocks and not depth:
                    return match
                depth += 1
            elif match["close"]:
                if depth == 0:
                    return match
                depth -= 1
            elif depth:
                continue
            elif match["join"]:
                if match["join"] == "AFTER" or not in_head:
                    return match
            elif _begins_step(match["line"]) or (
                match["step"] and not in_head and match.start() != no_step and self._follows_value(match.start())
            ):
                return match
        return None

    def _follows_value(self, place: int) -> bool:
        """Whether a word stands where a step before it can be over."""
        before = self.text[max(0, place - 80) : place]
        return bool(_VALUE_END.search(before)) and not _NO_VALUE.search(before)

    def _behind_block(self, place: int) -> int | None:
        """Where the block ends that begins at a place."""
        depth = 0
        for match in _landmarks().finditer(self.text, place):
            depth += bool(match["open"]) - bool(match["close"])
            if match["close"] and not depth:
                return match.end()
        return None

    def _go_on(self, error: UnexpectedInput, resume: int, *tokens: tuple[str, str]) -> None:
        """Puts tokens in the place of what could not be read, and sets the lexer to `resume`."""
        interactive = error.interactive_parser
        place = Token("BROKEN", "", start_pos=resume, end_pos=resume)
        for kind, text in tokens:
            place = Token(kind, text, start_pos=resume, end_pos=resume)
            interactive.feed_token(place)
        lexer = interactive.lexer_thread.state
        assert lexer is not None
        lexer.line_ctr.char_pos = resume
        lexer.last_token = place
        self.resumed_at = resume


@cache
def _first_words() -> frozenset[str]:
    """The words that steps begin with."""
    return frozenset({name.split()[0] for name in verbs.table()} | _STATEMENTS)


def _word_inside(text: str, place: int) -> str | None:
    """The word in capitals that a block begins with."""
    first = _FIRST_INSIDE.match(text, place)
    return first["word"] if first else None


def _begins_rest(text: str, place: int) -> bool:
    """Whether modifiers or SET follow a block: then it belongs to a verb."""
    from oql.messages import phrase_at

    behind = re.compile(r"\s*").match(text, place)
    return behind is not None and phrase_at(text, behind.end()) in (*MODIFIERS, "SET")


def _head(error: UnexpectedInput) -> tuple[int, str] | None:
    """How much was read behind the word whose block should follow, and which word; None outside of such a head."""
    read = error.interactive_parser.parser_state.value_stack
    for count, value in enumerate(reversed(read)):
        if isinstance(value, Token) and value.type in _REST_OF_HEAD:
            return count, value.type
        if isinstance(value, ast.Block) or (isinstance(value, Token) and value.type == "OPEN_NEST"):
            return None
    return None


def _is_behind_block(error: UnexpectedInput) -> bool:
    """Whether the end of a block was read last."""
    last = error.interactive_parser.parser_state.value_stack[-1:]
    return any(isinstance(value, ast.Block) or getattr(value, "type", "") == "CLOSE_NEST" for value in last)


def _drop(error: UnexpectedInput, count: int) -> None:
    state = error.interactive_parser.parser_state
    for _ in range(count):
        state.state_stack.pop()
        state.value_stack.pop()


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


def _in_field(error: UnexpectedInput) -> bool:
    """Whether a field of a form is being read, or should begin."""
    read = error.interactive_parser.parser_state.value_stack
    types = [value.type if isinstance(value, Token) else "" for value in read]
    return ("VERB_FIELDS", "OPEN_NEST") in pairwise(types) and "CLOSE_NEST" not in _accepted(error)


def _behind_word(text: str, start: int) -> int:
    word = _ANYTHING.match(text, start)
    return word.end() if word else start + 1


def _step_is_complete(error: UnexpectedInput) -> bool:
    state = error.interactive_parser.parser_state
    return "BROKEN" in state.parse_conf.parse_table.states[state.position]


def _read_of_step(error: UnexpectedInput) -> tuple[int, int | None]:
    """How much was read of the step, and how many blocks are open in it; None when nothing can go on."""
    state = error.interactive_parser.parser_state
    table = state.parse_conf.parse_table.states
    blocks = 0
    for count in range(len(state.value_stack) + 1):
        if table[state.state_stack[-1 - count]].get("BROKEN", (None,))[0] is Shift:
            return count, blocks
        value = state.value_stack[-1 - count] if count < len(state.value_stack) else None
        blocks += isinstance(value, Token) and value.type == "OPEN_NEST"
    return 0, None


def _in_body(error: UnexpectedInput) -> bool:
    """Whether a block of a verb is open, of which more may be demanded than of others."""
    read = error.interactive_parser.parser_state.value_stack
    types = [value.type for value in read if isinstance(value, Token)]
    return "VERB_STEPS" in types and "OPEN_NEST" in types[types.index("VERB_STEPS") :]
