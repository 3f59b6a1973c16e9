"""The one layout of programs: a step a line, connectors in front, blocks indented, texts and comments as they are.

    CACHE "k" SET ?c
    AFTER IF ?c IS NOT NULL OPEN NEST
      EMIT ?c
    CLOSE NEST
    OR FETCH ?url SET ?a
      AND FETCH ?other SET ?b

Steps joined by AND are indented, since AND binds tightest. Blocks of values stay on the line of their step when they
fit. A blank line stays, several become one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from oql import ast, walk
from oql.errors import ProgramError
from oql.parser import parse
from oql.tokens import COMMENT, Token, pieces, read

WIDTH = 100
"""Up to this column a block of values stays on one line."""

_INDENT = 2
_CONNECTORS = frozenset({"AFTER", "OR", "_AND"})


def format_text(text: str) -> str:
    """The program in its layout; ProgramError with all syntax errors when it has any."""
    tree, errors = parse(text)
    if errors:
        raise ProgramError(errors)
    tokens = read(text).tokens
    written = _Layout(text, tokens, tree).written()
    if pieces(written, read(written).tokens) != pieces(text, tokens):
        raise AssertionError("the layout would change the program")
    return written


@dataclass(slots=True)
class _Block:
    """An open block: the indent of the line that opened it, and whether its content stands on lines of its own."""

    outside: int
    broken: bool

    @property
    def inside(self) -> int:
        return self.outside + _INDENT


class _Layout:
    def __init__(self, text: str, found: list[Token], tree: ast.Program) -> None:
        self.text = text
        self.tokens = found
        self.lines: list[str] = []
        self.line = ""
        self.indent = 0
        self.blocks: list[_Block] = []
        steps = list(walk.steps(tree.chains))
        self.steps = {step.span.start for step in steps}
        self.values = {
            step.block.span.start: step
            for step in steps
            if isinstance(step, ast.VerbStep) and step.block and not isinstance(step.block, ast.Block)
        }
        places = {token.start: place for place, token in enumerate(found)}
        starts = (start for step in self.values.values() for start in _elements(step.block))
        self.elements = {self._with_its_words(places[start]) for start in starts}

    def written(self) -> str:
        """The whole program."""
        end = 0
        for place, token in enumerate(self.tokens):
            opening = place and self.tokens[place - 1].kind == "OPEN_NEST"
            inside = self._inside()
            indent = self._new_line(place, token)
            blank = self._comments(self.text[end : token.start], indent, inside, opening=bool(opening))
            if indent is not None:
                self._break(indent, blank=blank and token.kind != "CLOSE_NEST")
            self._put(token.written, place)
            if token.kind == "OPEN_NEST":
                self.blocks.append(_Block(self.indent, self._is_broken(place, token)))
            end = token.end
        self._comments(self.text[end:], 0, 0, opening=False)
        self._break(0)
        return "".join(f"{line}\n" for line in self.lines)

    # where lines begin

    def _inside(self) -> int:
        return self.blocks[-1].inside if self.blocks else 0

    def _new_line(self, place: int, token: Token) -> int | None:
        """The indent of the line that begins with this token, None when it goes on with the line."""
        if token.kind == "CLOSE_NEST":
            block = self.blocks.pop()
            self.indent = block.outside
            return block.outside if block.broken else None
        if token.kind == "_AND":
            return self._inside() + _INDENT
        before = self.tokens[place - 1].kind if place else ""
        starts = token.start in self.steps and before not in _CONNECTORS
        if place in self.elements:
            return self._inside() if self.blocks[-1].broken else None
        return self._inside() if starts or token.kind in ("AFTER", "OR", "CASE", "DEFAULT") else None

    def _with_its_words(self, place: int) -> int:
        """The place of the AND or SET that stands before a value of a block."""
        for word in ("SET", "_ALSO"):
            if self.tokens[place - 1].kind == word:
                place -= 1
        return place

    def _is_broken(self, place: int, token: Token) -> bool:
        """Whether what stands in the block that opens here gets lines of its own."""
        following = self.tokens[place + 1]
        if following.kind == "CLOSE_NEST" and not COMMENT.search(self.text, token.end, following.start):
            return False
        step = self.values.get(token.start)
        if step is None or step.block is None:
            return True
        rest = list(takewhile(lambda t: t.end <= step.span.end, islice(self.tokens, place + 1, None)))
        gaps = zip([token, *rest], rest, strict=False)
        commented = any(COMMENT.search(self.text, left.end, right.start) for left, right in gaps)
        length = len(self.line) + sum(len(t.written) + 1 for t in rest)
        return commented or length > WIDTH or any("\n" in t.text for t in rest)

    # what is written

    def _put(self, text: str, place: int | None = None) -> None:
        """Adds a token (by its place) or a comment to the line."""
        before = self.tokens[place - 1].kind if place else ""
        tight = place is not None and (self.tokens[place].kind == "RPAR" or before == "LPAR")
        joined = not self.line.strip() or (tight and not self.line.endswith("*)"))
        self.line += text if joined else f" {text}"

    def _break(self, indent: int, *, blank: bool = False) -> None:
        """Ends the line, and begins one."""
        if self.line.strip():
            self.lines.append(self.line)
        if blank and self.lines:
            self.lines.append("")
        self.indent = indent
        self.line = " " * indent

    def _comments(self, gap: str, indent: int | None, inside: int, *, opening: bool) -> bool:
        """Writes the comments between two tokens; whether a blank line follows them."""
        end = 0
        for comment in COMMENT.finditer(gap):
            breaks = gap.count("\n", end, comment.start())
            alone = indent is not None and (breaks or not (self.lines or self.line.strip()))
            if alone:
                here = self.indent
                self._break(max(inside, indent or 0), blank=breaks > 1 and not opening)
                self._put(comment[0])
                self.indent = here
            else:
                self._put(comment[0])
            opening = False
            end = comment.end()
        return gap.count("\n", end) > 1 and not opening


def _elements(block: ast.AnyBlock | None) -> Iterator[int]:
    """Where the values of a block begin."""
    match block:
        case ast.Items():
            yield from (operand.span.start for operand in block.operands)
        case ast.Pairs():
            yield from (key.span.start for key, _ in block.pairs)
        case ast.Fields():
            yield from (field.span.start for field in block.fields)
        case ast.Entries():
            yield from (entry.span.start for entry in block.entries)
